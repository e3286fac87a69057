// Hours, overtime, fair shares and coverage of a period, as bars in tables: what a
// chief shows to whoever asks why it is always the same people.
import './rosters.css'
import './panels.css'
import './figures.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import { clock } from '../live'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { addDays, dayOf, dayWords, monday, spanWords, weekday } from './days'
import { type Rolls, useRolls } from './register'
import { hoursWords } from './words'

type Statistics = components['schemas']['Statistics']
type OfficerFigures = Statistics['officers'][number]

const measures = ['minutes', 'overtime', 'nights', 'weekends', 'holidays', 'unpopular'] as const
type Measure = (typeof measures)[number]

export default function FiguresPage() {
  const { t, i18n } = useTranslation()
  const { station, zone } = useOneStation()
  const search = useSearch({ from: '/rosters/figures' })
  const navigate = useNavigate({ from: '/rosters/figures' })
  const may = useDesk().may('rosters.plan', station)
  const { rolls, error } = useRolls(station)
  const today = dayOf(clock.now(), zone)
  // The weeks of the board: what was, and what is planned.
  const from = search.from ?? addDays(monday(today), -7)
  const until = search.until ?? addDays(from, 34)
  const got = useQuery({
    queryKey: ['rosters', station, 'statistics', from, until],
    queryFn: ({ signal }) =>
      ask<Statistics>(`/rosters/${station}/statistics`, { query: { from, until }, signal, timeout: 30_000 }),
    enabled: station !== '' && may,
    placeholderData: (old) => old,
  })
  const file = (format: string) =>
    `/api/v1/rosters/${station}/statistics/export?${new URLSearchParams({ from, until, format })}`
  return (
    <div className="quiet rosters roster-figures" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('rosters.figures')} data-panel>
        <div className="ph">
          <h1>{t('rosters.figures')}</h1>
          <span className="dim">
            <bdi>{spanWords(from, until, i18n.language)}</bdi>
          </span>
          <OneStation />
          {(['from', 'until'] as const).map((name) => (
            <input
              key={name}
              className="input figures-day no-print"
              type="date"
              aria-label={t(name === 'from' ? 'rosters.first_day' : 'rosters.last_day')}
              value={name === 'from' ? from : until}
              onChange={(e) =>
                e.target.value &&
                void navigate({ search: (old) => ({ ...old, [name]: e.target.value }), replace: true })
              }
            />
          ))}
          <span className="grow" />
          {may &&
            ['xlsx', 'csv'].map((format) => (
              <a key={format} className="btn sm no-print" href={file(format)} download>
                {format.toUpperCase()}
              </a>
            ))}
          <Link className="btn sm no-print" to="/rosters" search={{}}>
            {t('page.rosters')}
          </Link>
        </div>
        {!may ? (
          <p className="empty">{t('rosters.figures_right')}</p>
        ) : error || got.error ? (
          <Failed fault={error ?? got.error} again={() => void got.refetch()} />
        ) : !got.data || !rolls ? (
          <Loading />
        ) : got.data.officers.length === 0 ? (
          <p className="empty">{t('rosters.no_figures')}</p>
        ) : (
          <div className="scroll" tabIndex={0} role="group" aria-label={t('rosters.figures')}>
            <CoverDays days={got.data.days} rolls={rolls} />
            <OfficerBars list={got.data.officers} rolls={rolls} />
          </div>
        )}
      </section>
    </div>
  )
}

/** Places taken and empty, day by day. */
function CoverDays({ days, rolls }: { days: Statistics['days']; rolls: Rolls }) {
  const { t, i18n } = useTranslation()
  const most = Math.max(1, ...days.map((d) => d.wanted))
  const off = (day: string) => rolls.holidays.has(day) || !rolls.register.working_week.includes(weekday(day))
  return (
    <section aria-label={t('rosters.cover_by_day')}>
      <h2 className="h3">{t('rosters.cover_by_day')}</h2>
      <ol className="cover-days">
        {days.map((d) => (
          <li
            key={d.date}
            className={off(d.date) ? 'off' : undefined}
            title={t('rosters.cover_day', {
              day: dayWords(d.date, i18n.language),
              share: d.wanted > 0 ? Math.round(((d.wanted - d.missing) / d.wanted) * 100) : 100,
              missing: hoursWords(t, d.missing),
            })}
          >
            <span aria-hidden className="cover-bar" style={{ blockSize: `${Math.round((d.wanted / most) * 80)}px` }}>
              <i style={{ blockSize: `${d.wanted > 0 ? Math.min(100, (d.missing / d.wanted) * 100) : 0}%` }} />
            </span>
            <b>{d.missing > 0 ? `−${Math.round(d.missing / 60)}` : ''}</b>
            <small>{dayWords(d.date, i18n.language).split(' ').slice(0, 2).join(' ')}</small>
            <span className="sr">
              {t('rosters.cover_day', {
                day: dayWords(d.date, i18n.language),
                share: d.wanted > 0 ? Math.round(((d.wanted - d.missing) / d.wanted) * 100) : 100,
                missing: hoursWords(t, d.missing),
              })}
            </span>
          </li>
        ))}
      </ol>
      <p className="dim pad cover-note">{t('rosters.cover_note')}</p>
    </section>
  )
}

/** One measure for all officers, the most first; the share beyond what is fair in figures. */
function OfficerBars({ list, rolls }: { list: OfficerFigures[]; rolls: Rolls }) {
  const { t } = useTranslation()
  const [measure, setMeasure] = useState<Measure>('minutes')
  const value = (o: OfficerFigures): number => o.tally[measure]
  const sorted = useMemo(() => [...list].sort((a, b) => b.tally[measure] - a.tally[measure]), [list, measure])
  const most = Math.max(1, ...list.map(value))
  const timed = measure === 'minutes' || measure === 'overtime'
  const words = (n: number) => (timed ? hoursWords(t, n) : String(n))
  const beyond = (o: OfficerFigures) =>
    measure === 'minutes' ? o.tally.minutes + o.tally.credit - o.tally.target : o.beyond[measure]
  return (
    <section aria-label={t('rosters.by_officer')}>
      <h2 className="h3">
        {t('rosters.by_officer')}
        <fieldset className="seg no-print" aria-label={t('rosters.measure_of')}>
          {measures.map((name) => (
            <button key={name} type="button" aria-pressed={measure === name} onClick={() => setMeasure(name)}>
              {t(`rosters.measure.${name}`)}
            </button>
          ))}
        </fieldset>
      </h2>
      <table className="table figures-table">
        <thead>
          <tr>
            <th scope="col">{t('rosters.officer')}</th>
            <th scope="col">{t('rosters.head.unit')}</th>
            <th scope="col">{t(`rosters.measure.${measure}`)}</th>
            <th scope="col" className="num">
              {t(measure === 'minutes' ? 'rosters.beyond_contract' : 'rosters.beyond_share')}
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((o) => {
            const more = beyond(o)
            return (
              <tr key={o.officer}>
                <td>
                  <bdi>{rolls.officers.get(o.officer)?.name ?? o.officer}</bdi>
                </td>
                <td className="dim">{o.unit}</td>
                <td>
                  <span className="figures-bar">
                    <i aria-hidden style={{ inlineSize: `${(value(o) / most) * 100}%` }} />
                    <span>{words(value(o))}</span>
                  </span>
                </td>
                <td className="num">
                  {more === undefined ? '–' : more > 0 ? `+${figure(more, measure)}` : figure(more, measure)}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

/** Hours from minutes; what is beyond a fair share comes in hundredths. */
const figure = (n: number, measure: Measure): string =>
  new Intl.NumberFormat('en-u-nu-latn', { maximumFractionDigits: 1, signDisplay: 'auto' })
    .format(measure === 'minutes' ? n / 60 : n / 100)
    .replace('-', '−')
