// The Daily Detail: one page that says who stands at which post from when to when,
// who comes next, what is empty, who is in reserve and who is away.
import './rosters.css'
import './panels.css'
import './detail.css'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { type CSSProperties, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { withUTC } from '../i18n/time'
import { clock, useThings } from '../live'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { useKeys } from '../shell/keys'
import { Failed, Loading } from '../shell/states'
import type { RosterNews } from './contract'
import { addDays, dayOf, dayWords } from './days'
import { type Bar, type DailyDetail, type DetailLine, emptyPlaces, linesOf, type MealMark } from './detail-lines'
import { type Rolls, shortName, useRolls } from './register'
import { leaveWords, rankShort, refusedWords, shiftName, wall } from './words'

export default function DetailPage() {
  const { t, i18n } = useTranslation()
  const desk = useDesk()
  const { station, zone, name } = useOneStation()
  const search = useSearch({ from: '/rosters/detail' })
  const navigate = useNavigate({ from: '/rosters/detail' })
  const { rolls, error, again } = useRolls(station)
  const today = dayOf(clock.now(), zone)
  const date = /^\d{4}-\d{2}-\d{2}$/.test(search.date ?? '') ? (search.date as string) : today
  const version = useThings<RosterNews>('roster').find((r) => r.station === station)?.version ?? 0
  const path = `/rosters/${station}/detail`
  const got = useQuery({
    queryKey: ['rosters', station, 'detail', search.draft ?? '', date, version],
    queryFn: ({ signal }) => ask<DailyDetail>(path, { query: { date, draft: search.draft }, signal, timeout: 20_000 }),
    enabled: station !== '',
    placeholderData: (old) => old,
  })
  const detail = got.data
  const lines = useMemo(() => (detail && rolls ? linesOf(detail, rolls) : []), [detail, rolls])
  const lacking = detail ? emptyPlaces(detail) : 0
  const file = (format: string) =>
    `/api/v1${path}/export?${new URLSearchParams({ date, format, ...(search.draft && { draft: search.draft }) })}`
  const go = (day: string) => void navigate({ search: (old) => ({ ...old, date: day === today ? undefined : day }) })
  useKeys({ ArrowLeft: () => go(addDays(date, -1)), ArrowRight: () => go(addDays(date, 1)) })
  const demo = desk.session.demo || desk.stations.some((s) => s.id === station && s.demo)
  return (
    <div className="quiet rosters detail-page" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('rosters.detail')} data-panel>
        <div className="ph no-print">
          <button
            type="button"
            className="btn ghost sm"
            aria-label={t('rosters.day_before')}
            onClick={() => go(addDays(date, -1))}
          >
            <IconChevronLeft size={18} className="turned" aria-hidden />
          </button>
          <input
            className="input detail-date"
            type="date"
            aria-label={t('rosters.day')}
            value={date}
            onChange={(e) => e.target.value && go(e.target.value)}
          />
          <button
            type="button"
            className="btn ghost sm"
            aria-label={t('rosters.day_after')}
            onClick={() => go(addDays(date, 1))}
          >
            <IconChevronRight size={18} className="turned" aria-hidden />
          </button>
          <OneStation />
          {search.draft && <span className="chip">{t('rosters.of_draft')}</span>}
          <span className="grow" />
          <Link className="btn sm" to="/duty" search={{}}>
            {t('page.duty')}
          </Link>
          <Link className="btn sm" to="/rosters" search={{}}>
            {t('page.rosters')}
          </Link>
          <a className="btn sm" href={file('xlsx')} download>
            XLSX
          </a>
          <button type="button" className="btn sm pri" onClick={() => window.print()}>
            {t('rosters.print')}
          </button>
        </div>
        {error || got.error ? (
          <Failed
            fault={error ?? got.error}
            again={() => {
              again()
              void got.refetch()
            }}
          />
        ) : !detail || !rolls ? (
          <Loading />
        ) : (
          <div className="scroll detail-scroll" tabIndex={0} role="group" aria-label={t('rosters.detail')}>
            <article className="detail-sheet" data-detail={date}>
              <header className="detail-title">
                <h1>
                  {t('rosters.detail')} · {dayWords(date, i18n.language, true)}
                  {rolls.holidays.get(date) && ` · ${rolls.holidays.get(date)}`}
                </h1>
                <span>
                  <bdi>{name}</bdi> {demo && <b className="chip demo">{t('shell.demo')}</b>}
                </span>
                <span className="grow" />
                <span className={lacking > 0 ? 'duty-lack' : undefined}>
                  {lacking > 0 ? t('rosters.places_empty', { count: lacking }) : t('rosters.all_manned')}
                </span>
              </header>
              {lines.length === 0 ? (
                <p className="empty">{t('rosters.no_demand')}</p>
              ) : (
                <Sheet lines={lines} hours={detail.hours} rolls={rolls} />
              )}
              <Below
                detail={detail}
                rolls={rolls}
                write={desk.may('rosters.amend', station)}
                onSaved={() => void got.refetch()}
              />
              <footer className="detail-foot">
                {t('rosters.printed', {
                  at: withUTC(clock.now(), zone),
                  by: desk.session.user.name,
                  number: detail.publication,
                })}
              </footer>
            </article>
          </div>
        )}
      </section>
    </div>
  )
}

/** Posts down, hours across: bars for those who see it, names and times in order for those who hear it. */
function Sheet({ lines, hours, rolls }: { lines: DetailLine[]; hours: string[]; rolls: Rolls }) {
  const { t } = useTranslation()
  return (
    <table className="detail-table" style={{ '--hours': hours.length } as CSSProperties}>
      <colgroup>
        <col className="detail-post-col" />
        <col />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">{t('rosters.post')}</th>
          <th scope="col" className="detail-hours">
            <span className="sr">{t('rosters.who_when')}</span>
            <span className="detail-scale" aria-hidden>
              {hours.map((at) => (
                <i key={at}>{wall(at).slice(0, 2)}</i>
              ))}
            </span>
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.post.id} className={line.first ? 'area' : undefined} data-post={line.post.id}>
            <th scope="row">
              <bdi>{line.post.name}</bdi>
              <small>{marksOf(t, line)}</small>
            </th>
            <td>
              <div className="detail-lanes" style={{ blockSize: `calc(${line.lanes} * var(--lane))` }}>
                {line.bars.map((bar) => (
                  <DetailBar key={`${bar.officer} ${bar.from} ${bar.lane}`} bar={bar} rolls={rolls} />
                ))}
                {line.meals.map((meal) => (
                  <Meal key={`${meal.officer} ${meal.at}`} meal={meal} rolls={rolls} />
                ))}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function marksOf(t: TFunction, { post }: DetailLine): string {
  return [
    post.report > 0 ? t('rosters.report_n', { count: post.report }) : '',
    post.rotation > 0 ? t('rosters.rotation_n', { count: post.rotation }) : '',
    post.check_call > 0 ? t('rosters.check_n', { count: post.check_call }) : '',
  ]
    .filter(Boolean)
    .join(' · ')
}

function DetailBar({ bar, rolls }: { bar: Bar; rolls: Rolls }) {
  const { t } = useTranslation()
  const officer = rolls.officers.get(bar.officer)
  return (
    <div
      className={bar.officer === '' ? 'detail-bar vacant' : 'detail-bar'}
      style={{
        insetInlineStart: `${bar.from * 100}%`,
        inlineSize: `${(bar.to - bar.from) * 100}%`,
        insetBlockStart: `calc(${bar.lane} * var(--lane))`,
      }}
    >
      {bar.officer === '' ? (
        <b>{t('rosters.vacant', { count: bar.missing })}</b>
      ) : (
        <>
          <span className="detail-rank">{rankShort(t, officer?.rank ?? '')}</span>{' '}
          <b>
            <bdi>{shortName(officer?.name ?? bar.officer)}</bdi>
          </b>
        </>
      )}{' '}
      <bdi className="detail-times">{bar.times}</bdi>
    </div>
  )
}

/** When the meal is and who stands in for it. */
function Meal({ meal, rolls }: { meal: MealMark; rolls: Rolls }) {
  const { t } = useTranslation()
  const by = meal.by === '' ? t('rosters.nobody') : shortName(rolls.officers.get(meal.by)?.name ?? meal.by)
  return (
    <span
      className={meal.by === '' ? 'detail-meal alone' : 'detail-meal'}
      style={{ insetInlineStart: `${meal.at * 100}%`, insetBlockStart: `calc(${meal.lane} * var(--lane))` }}
      title={t('rosters.meal_title', { at: meal.time, by })}
    >
      {t('rosters.meal_mark', { at: meal.time, by })}
    </span>
  )
}

function Below(props: { detail: DailyDetail; rolls: Rolls; write: boolean; onSaved: () => void }) {
  const { detail, rolls, write, onSaved } = props
  const { t } = useTranslation()
  const name = (o: string) => shortName(rolls.officers.get(o)?.name ?? o)
  const spare = [...detail.reserve, ...detail.stand_by]
  return (
    <div className="detail-below">
      <section>
        <h2>{t('rosters.reserve')}</h2>
        <p>
          {spare
            .map((r) => `${name(r.officer)} (${shiftName(rolls, r.shift)} ${wall(r.from)}–${wall(r.to)})`)
            .join(', ') || t('rosters.nobody')}
        </p>
      </section>
      <section>
        <h2>{t('rosters.away_today')}</h2>
        <p>
          {detail.away.map((l) => `${name(l.officer)} (${leaveWords(t, l.kind)})`).join(', ') || t('rosters.nobody')}
        </p>
      </section>
      <Remarks key={`${detail.date} ${detail.remarks.version}`} detail={detail} write={write} onSaved={onSaved} />
    </div>
  )
}

function Remarks({ detail, write, onSaved }: { detail: DailyDetail; write: boolean; onSaved: () => void }) {
  const { t } = useTranslation()
  const kept = detail.remarks
  const [text, setText] = useState(kept.item.text)
  const [fault, setFault] = useState<unknown>(null)
  const save = async () => {
    setFault(null)
    try {
      await ask(`/rosters/${detail.station}/detail`, {
        method: 'PUT',
        body: { date: detail.date, version: kept.version, text },
      })
      onSaved()
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <section className="detail-remarks">
      <h2>{t('rosters.remarks')}</h2>
      {write && detail.draft === '' ? (
        <>
          <textarea
            className="input no-print"
            aria-label={t('rosters.remarks')}
            rows={2}
            maxLength={4000}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
          <p className="detail-print">{text}</p>
          {text !== kept.item.text && (
            <button type="button" className="btn sm no-print" onClick={() => void save()}>
              {t('shell.save')}
            </button>
          )}
        </>
      ) : (
        <p>{kept.item.text}</p>
      )}
      {fault !== null && (
        <p className="fault no-print" role="alert">
          {refusedWords(t, fault)}
        </p>
      )}
    </section>
  )
}
