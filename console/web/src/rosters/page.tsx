// The roster board: officers by days or posts by days, what is wrong beside it,
// the planner, and the way to publish.
import './rosters.css'
import './board.css'
import './panels.css'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { clock, useLink } from '../live'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Guarded } from '../shell/guarded'
import { Failed, Loading } from '../shell/states'
import type { Draft } from './contract'
import { addDays, dayOf, daysBetween, monday, spanWords } from './days'
import type { What } from './exchange'
import { type Period, useDrafts, useRoster } from './open-roster'
import { type Rolls, useRolls } from './register'
import type { Roster } from './roster'
import { Workplace } from './workplace'

const Begin = lazy(() => import('./begin'))
const History = lazy(() => import('./history'))
const Exchange = lazy(() => import('./exchange'))
const Away = lazy(() => import('./away'))

export type Opened = 'begin' | 'history' | 'import' | 'away' | null

export default function RostersPage() {
  const { t } = useTranslation()
  const desk = useDesk()
  const { station, zone } = useOneStation()
  const search = useSearch({ from: '/rosters' })
  const navigate = useNavigate({ from: '/rosters' })
  const plans = desk.may('rosters.plan', station)
  const { rolls, error, again } = useRolls(station)
  const { drafts, loaded } = useDrafts(station, plans)
  const today = dayOf(clock.now(), zone)
  const period = usePeriod(search.from, search.until, today)
  // A draft that was just published or dropped stays in sight until somebody leaves it.
  const seen = useRef('')
  if (search.draft && drafts.some((d) => d.id === search.draft)) seen.current = search.draft
  // Until the list of drafts is here, the one in the address is taken to be there.
  const draft = search.draft && plans && (!loaded || search.draft === seen.current) ? search.draft : ''
  const open = useRoster(station, draft, period, plans)
  const [opened, setOpened] = useState<Opened>(null)
  const [kind, setKind] = useState<What>() // of file to bring in
  const shown: Period = open.roster
    ? { from: open.roster.board.from || period.from, until: open.roster.board.until || period.until }
    : period

  const step = (weeks: number) =>
    void navigate({
      search: (old) => ({
        ...old,
        draft: undefined,
        from: addDays(shown.from, weeks * 7),
        until: addDays(shown.from, weeks * 7 + daysBetween(shown.from, shown.until)),
      }),
    })
  return (
    <div className="quiet rosters" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <div className="rosters-desk">
        <div className="rosters-main panel" data-panel>
          <div className="ph rosters-head">
            <h1 className="sr">{t('page.rosters')}</h1>
            <button type="button" className="btn ghost sm" aria-label={t('rosters.earlier')} onClick={() => step(-1)}>
              <IconChevronLeft size={18} className="turned" aria-hidden />
            </button>
            <h2 className="rosters-period">
              <bdi>{spanWords(shown.from, shown.until)}</bdi>
            </h2>
            <button type="button" className="btn ghost sm" aria-label={t('rosters.later')} onClick={() => step(1)}>
              <IconChevronRight size={18} className="turned" aria-hidden />
            </button>
            <OneStation />
            <DraftChoice
              drafts={drafts}
              draft={draft}
              plans={plans}
              onChoose={(id) =>
                void navigate({
                  search: (old) => ({ ...old, draft: id || undefined, from: undefined, until: undefined }),
                })
              }
              onBegin={() => setOpened('begin')}
            />
            <StaleMark roster={open.roster} />
            <span className="grow" />
            <Link className="btn sm" to="/rosters/registers" search={{}}>
              {t('rosters.registers')}
            </Link>
            {plans && (
              <Link className="btn sm" to="/rosters/figures" search={{}}>
                {t('rosters.figures')}
              </Link>
            )}
            <Link className="btn sm" to="/rosters/detail" search={{}}>
              {t('rosters.detail')}
            </Link>
            <Link className="btn sm" to="/rosters/mine" search={{}}>
              {t('rosters.mine')}
            </Link>
            <span id="rosters-acts" className="rosters-acts" />
          </div>
          {error || (open.error && loaded) ? (
            <Failed
              fault={error ?? open.error}
              again={() => {
                again()
                open.again()
              }}
            />
          ) : !rolls || !open.roster ? (
            <Loading />
          ) : rolls.order.length === 0 ||
            (plans && draft === '' && rolls.register.publication === 0 && loaded && drafts.length === 0) ? (
            <FirstSteps
              rolls={rolls}
              plans={plans}
              onOpen={(name, kind) => {
                setKind(kind)
                setOpened(name)
              }}
            />
          ) : (
            <Guarded>
              <Workplace
                key={`${station} ${draft}`}
                roster={open.roster}
                rolls={rolls}
                today={today}
                closed={draft !== '' && loaded && !drafts.some((d) => d.id === draft)}
                onOpen={setOpened}
              />
            </Guarded>
          )}
        </div>
        <div className="rosters-side" id="rosters-side" />
      </div>
      <Suspense fallback={null}>
        {rolls && opened === 'begin' && (
          <Begin station={station} rolls={rolls} drafts={drafts} period={shown} onClose={() => setOpened(null)} />
        )}
        {rolls && opened === 'history' && <History station={station} rolls={rolls} onClose={() => setOpened(null)} />}
        {rolls && opened === 'import' && (
          <Exchange
            station={station}
            rolls={rolls}
            draft={draft}
            what={kind}
            onClose={() => {
              setKind(undefined)
              setOpened(null)
            }}
          />
        )}
        {rolls && opened === 'away' && <Away station={station} rolls={rolls} onClose={() => setOpened(null)} />}
      </Suspense>
    </div>
  )
}

/** The weeks that are shown: five, from the Monday before last, unless the address says others. */
function usePeriod(from: string | undefined, until: string | undefined, today: string): Period {
  return useMemo(() => {
    const day = /^\d{4}-\d{2}-\d{2}$/
    const first = from && day.test(from) ? from : addDays(monday(today), -7)
    const last = until && day.test(until) && until >= first ? until : addDays(first, 34)
    return { from: first, until: daysBetween(first, last) > 62 ? addDays(first, 62) : last }
  }, [from, until, today])
}

function DraftChoice(props: {
  drafts: Draft[]
  draft: string
  plans: boolean
  onChoose: (id: string) => void
  onBegin: () => void
}) {
  const { drafts, draft, plans, onChoose, onBegin } = props
  const { t } = useTranslation()
  if (!plans) return <span className="chip">{t('rosters.in_force')}</span>
  return (
    <select
      className="input rosters-draft"
      aria-label={t('rosters.which')}
      value={draft}
      onChange={(e) => (e.target.value === '+' ? onBegin() : onChoose(e.target.value))}
    >
      <option value="">{t('rosters.in_force')}</option>
      {draft !== '' && !drafts.some((d) => d.id === draft) && (
        <option value={draft}>{t('rosters.closed_draft')}</option>
      )}
      {drafts.map((d) => (
        <option key={d.id} value={d.id}>
          {t('rosters.draft_named', { name: d.name, period: spanWords(d.from, d.until) })}
        </option>
      ))}
      <option value="+">{t('rosters.begin')}</option>
    </select>
  )
}

/** Says that what is shown may be old while the live stream is away. */
function StaleMark({ roster }: { roster: Roster | undefined }) {
  const { t } = useTranslation()
  const link = useLink()
  const away = useRef(false)
  useEffect(() => {
    if (link.up && away.current) roster?.later(200)
    away.current = !link.up
  }, [link.up, roster])
  if (link.up) return null
  return <span className="chip old">{t('rosters.old')}</span>
}

/** What a station without a roster does first, in three steps. */
function FirstSteps(props: { rolls: Rolls; plans: boolean; onOpen: (what: Opened, kind?: What) => void }) {
  const { rolls, plans, onOpen } = props
  const { t } = useTranslation()
  if (!plans)
    return (
      <div className="empty">
        <h2>{t('rosters.no_officers')}</h2>
        <p>{t('rosters.no_officers_ask')}</p>
      </div>
    )
  const steps = [
    { name: 'officers', done: rolls.officers.size > 0, count: rolls.officers.size },
    { name: 'posts', done: rolls.posts.size > 0 && rolls.types.size > 0, count: rolls.posts.size },
    { name: 'roster', done: false, count: 0 },
  ] as const
  const next = steps.find((s) => !s.done)?.name
  return (
    <div className="rosters-first">
      <h2>{t('rosters.first')}</h2>
      <ol>
        {steps.map(({ name, done, count }) => (
          <li key={name} data-step={done ? 'done' : name === next ? 'next' : 'later'}>
            <h3>
              {t(`rosters.first_${name}`)}
              {done && <span className="chip">{t('rosters.first_done', { count })}</span>}
            </h3>
            <p className="dim">{t(`rosters.first_${name}_means`)}</p>
            <div className="acts">
              <button
                type="button"
                className={name === next ? 'btn pri sm' : 'btn sm'}
                onClick={() => onOpen('import', name)}
              >
                {t('rosters.import')}
              </button>
              {name === 'roster' ? (
                <button type="button" className="btn sm" onClick={() => onOpen('begin')}>
                  {t('rosters.begin')}
                </button>
              ) : (
                <Link
                  className="btn sm"
                  to="/rosters/registers"
                  search={name === 'officers' ? {} : { tab: rolls.types.size > 0 ? 'posts' : 'shifts' }}
                >
                  {t(`rosters.first_${name}_by_hand`)}
                </Link>
              )}
              {name === 'posts' && (
                <Link className="btn sm" to="/rosters/registers" search={{ tab: 'rules' }}>
                  {t('rosters.first_rules')}
                </Link>
              )}
            </div>
          </li>
        ))}
      </ol>
    </div>
  )
}
