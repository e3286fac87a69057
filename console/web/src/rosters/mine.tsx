// An officer's own page, good on a phone: the next shifts, leave and wishes, swaps
// and recalls to answer, and the link for one's own calendar.
import './rosters.css'
import './panels.css'
import './mine.css'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import { withUTC } from '../i18n/time'
import { clock, useThings } from '../live'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import type { RosterNews } from './contract'
import { addDays, dayOf, daysBetween, dayWords, spanWords } from './days'
import { type Rolls, useRolls } from './register'
import { decisionWords, leaveWords, rankWords } from './words'

const AskLeave = lazy(() => import('./ask-leave'))
const AskWish = lazy(() => import('./ask-wish'))
const Asked = lazy(() => import('./asked'))
const Swaps = lazy(() => import('./swaps'))
const CalendarLink = lazy(() => import('./calendar-link'))

export type Mine = components['schemas']['Mine']
type Asking = 'leave' | 'wish' | null

export default function MinePage() {
  const { t } = useTranslation()
  const desk = useDesk()
  const { station, zone } = useOneStation()
  const { rolls, error } = useRolls(station)
  const version = useThings<RosterNews>('roster').find((r) => r.station === station)?.version ?? 0
  const got = useQuery({
    queryKey: ['rosters', station, 'mine', version],
    queryFn: ({ signal }) => ask<Mine>(`/rosters/${station}/mine`, { signal, timeout: 20_000 }),
    enabled: station !== '',
    placeholderData: (old) => old,
  })
  const [asking, setAsking] = useState<Asking>(null)
  const today = dayOf(clock.now(), zone)
  const mine = got.data
  return (
    <div className="quiet rosters mine" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('rosters.mine')} data-panel>
        <div className="ph">
          <h1>{t('rosters.mine')}</h1>
          {mine?.officer && (
            <span className="dim">
              <bdi>{mine.officer.name}</bdi> · {rankWords(t, mine.officer.rank)}
            </span>
          )}
          <OneStation />
          <span className="mine-paper">
            {desk.stations.find((s) => s.id === station)?.name ?? station} ·{' '}
            {t('rosters.printed', {
              at: withUTC(clock.now(), zone),
              by: desk.session.user.name,
              number: rolls?.register.publication ?? 0,
            })}
          </span>
        </div>
        {error || got.error ? (
          <Failed fault={error ?? got.error} again={() => void got.refetch()} />
        ) : !mine || !rolls ? (
          <Loading />
        ) : !mine.officer ? (
          <div className="empty">
            <h2>{t('rosters.no_officer')}</h2>
            <p>{t('rosters.no_officer_next')}</p>
          </div>
        ) : (
          <div className="scroll mine-scroll" tabIndex={0} role="group" aria-label={t('rosters.mine')}>
            <Suspense fallback={null}>
              <Asked station={station} rolls={rolls} me={mine.officer.id} />
            </Suspense>
            <Shifts mine={mine} rolls={rolls} today={today} />
            <Absent mine={mine} onAsk={() => setAsking('leave')} />
            <Wishes mine={mine} rolls={rolls} onAsk={() => setAsking('wish')} />
            <Suspense fallback={null}>
              <Swaps station={station} rolls={rolls} mine={mine} today={today} />
              <CalendarLink station={station} />
            </Suspense>
          </div>
        )}
      </section>
      <Suspense fallback={null}>
        {asking === 'leave' && mine?.officer && (
          <AskLeave
            station={station}
            officer={mine.officer.id}
            today={today}
            onClose={() => setAsking(null)}
            onDone={() => void got.refetch()}
          />
        )}
        {asking === 'wish' && mine?.officer && rolls && (
          <AskWish
            station={station}
            rolls={rolls}
            officer={mine.officer.id}
            today={today}
            onClose={() => setAsking(null)}
            onDone={() => void got.refetch()}
          />
        )}
      </Suspense>
    </div>
  )
}

/** The next five weeks, the next shift first and large. */
function Shifts({ mine, rolls, today }: { mine: Mine; rolls: Rolls; today: string }) {
  const { t, i18n } = useTranslation()
  // Of yesterday only what runs past midnight is still to be seen.
  const overnight = (code: string) => rolls.types.get(code)?.parts.some((p) => p.end <= p.start) ?? false
  const list = mine.duties
    .filter((d) => d.date >= today || (d.date === addDays(today, -1) && overnight(d.shift)))
    .sort((a, b) => a.date.localeCompare(b.date))
  const next = list.find((d) => d.date >= today)
  const hours = (code: string) =>
    rolls.types
      .get(code)
      ?.parts.map((p) => `${p.start}–${p.end}`)
      .join(', ') ?? ''
  const ahead = (day: string) => {
    const n = daysBetween(today, day)
    return n === 0 ? t('rosters.today') : n === 1 ? t('rosters.tomorrow') : t('rosters.in_days', { count: n })
  }
  return (
    <section aria-label={t('rosters.my_shifts')}>
      <h2 className="h3">{t('rosters.my_shifts')}</h2>
      {next ? (
        <div className="mine-next" data-next={next.date}>
          <span className={`rt ${rolls.types.get(next.shift)?.class ?? 'other'}`}>{next.shift}</span>
          <div>
            <b>
              {ahead(next.date)}, {dayWords(next.date, i18n.language)}
            </b>
            <p>
              <bdi>{hours(next.shift)}</bdi> · {rolls.types.get(next.shift)?.name || next.shift}
            </p>
            <p>{next.post ? (rolls.posts.get(next.post)?.name ?? next.post) : t('rosters.reserve')}</p>
            <Report post={next.post} rolls={rolls} />
          </div>
        </div>
      ) : (
        <p className="empty">{t('rosters.no_shifts')}</p>
      )}
      <ol className="mine-list">
        {list
          .filter((d) => d !== next)
          .slice(0, 40)
          .map((d) => (
            <li key={`${d.date} ${d.shift}`} className={d.date < today ? 'past' : undefined}>
              <span className={`rt ${rolls.types.get(d.shift)?.class ?? 'other'}`}>{d.shift}</span>
              <span>
                <b>{dayWords(d.date, i18n.language)}</b> <bdi className="dim">{hours(d.shift)}</bdi>
                <span className="dim mine-post">
                  {d.post ? (rolls.posts.get(d.post)?.name ?? d.post) : t('rosters.reserve')}
                </span>
              </span>
            </li>
          ))}
      </ol>
    </section>
  )
}

function Report({ post, rolls }: { post: string; rolls: Rolls }) {
  const { t } = useTranslation()
  const minutes = rolls.posts.get(post)?.report ?? 0
  return minutes > 0 ? <p className="dim">{t('rosters.report_n', { count: minutes })}</p> : null
}

function Absent({ mine, onAsk }: { mine: Mine; onAsk: () => void }) {
  const { t, i18n } = useTranslation()
  return (
    <section aria-label={t('rosters.my_leave')}>
      <h2 className="h3">
        {t('rosters.my_leave')}
        <span className="grow" />
        <button type="button" className="btn sm" onClick={onAsk}>
          {t('rosters.ask_leave')}
        </button>
      </h2>
      <ol className="mine-list">
        {mine.leave.map(({ item: l }) => (
          <li key={l.id}>
            <span>
              <b>
                <bdi>{spanWords(l.from, l.until, i18n.language)}</bdi>
              </b>
              <span className="dim mine-post">{leaveWords(t, l.kind)}</span>
            </span>
            <span className="grow" />
            <span className="chip">{decisionWords(t, l.decision)}</span>
          </li>
        ))}
        {mine.leave.length === 0 && <li className="dim">{t('rosters.none')}</li>}
      </ol>
    </section>
  )
}

function Wishes({ mine, rolls, onAsk }: { mine: Mine; rolls: Rolls; onAsk: () => void }) {
  const { t, i18n } = useTranslation()
  return (
    <section aria-label={t('rosters.my_wishes')}>
      <h2 className="h3">
        {t('rosters.my_wishes')}
        <span className="grow" />
        <button type="button" className="btn sm" onClick={onAsk}>
          {t('rosters.ask_wish')}
        </button>
      </h2>
      <ol className="mine-list">
        {mine.requests.map(({ item: q }) => (
          <li key={q.id}>
            <span>
              <b>
                <bdi>{spanWords(q.from, q.until, i18n.language)}</bdi>
              </b>
              <span className="dim mine-post">
                {t(`rosters.wish.${q.wish}`)}{' '}
                {[
                  ...q.shifts.map((s) => rolls.types.get(s)?.name || s),
                  ...q.posts.map((p) => rolls.posts.get(p)?.name ?? p),
                ].join(', ')}
              </span>
            </span>
            <span className="grow" />
            <span className="chip">{decisionWords(t, q.decision)}</span>
          </li>
        ))}
        {mine.requests.length === 0 && <li className="dim">{t('rosters.none')}</li>}
      </ol>
    </section>
  )
}
