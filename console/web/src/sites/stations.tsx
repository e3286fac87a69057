// The stations side by side, the worst first: for those who look after many.
// Nothing is done here; a tile leads to the station.
import './sites.css'
import { IconMapPin } from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { useOpenAlarms } from '../alarms/open'
import { bandOf, priorityOf } from '../alarms/order'
import type { Alarm, Gateway, Priority, Station, Thing } from '../contract'
import { clockTime } from '../i18n/time'
import { kindWords } from '../i18n/words'
import { useEachSecond, useGateways, useLink, useThings } from '../live'
import { useDesk } from '../session/desk'
import { NotAllowed } from '../shell/states'
import { Age } from '../shell/times'

interface WatchThing extends Thing {
  station: string
  manned?: boolean
  state?: string
}

interface PostureThing extends Thing {
  station: string
  title?: string
  scope?: { kind?: string }
}

/** How a station stands, for the overview. */
export interface Standing {
  station: Station
  worst: Alarm | undefined
  counts: Record<Priority, number>
  unacknowledged: number
  gateways: number
  lost: number
  watch: string // kept, prompting, missed, unmanned, or '' when nobody says
  postures: string[]
  alarmsKnown: boolean // whoever may not see the alarms must not read "none"
}

/** The worst first: unacknowledged alarms by priority, then active ones, then what cannot be seen, then an empty watch. */
export function compareStandings(a: Standing, b: Standing): number {
  return gravity(b) - gravity(a) || b.unacknowledged - a.unacknowledged || a.station.name.localeCompare(b.station.name)
}

function gravity(s: Standing): number {
  let g = 0
  if (s.worst) g += (bandOf(s.worst) === 'unacknowledged' ? 10_000 : 1_000) + (5 - priorityOf(s.worst)) * 100
  if (s.lost > 0) g += 500
  if (s.watch === 'unmanned' || s.watch === 'missed') g += 50
  return g
}

export function standings(
  stations: readonly Station[],
  alarms: readonly Alarm[],
  gateways: readonly Gateway[],
  watches: readonly WatchThing[],
  postures: readonly PostureThing[],
  known: (station: string) => boolean,
): Standing[] {
  const list = stations.map((station) => {
    const mine = alarms.filter((a) => a.station === station.id)
    const own = gateways.filter((g) => g.station === station.id)
    const counts: Record<Priority, number> = { 1: 0, 2: 0, 3: 0, 4: 0 }
    for (const a of mine) counts[priorityOf(a)]++
    return {
      station,
      worst: mine[0], // they come in order
      counts,
      unacknowledged: mine.filter((a) => bandOf(a) === 'unacknowledged').length,
      gateways: own.length,
      lost: own.filter((g) => g.state !== 'online').length,
      watch: watches.find((w) => w.station === station.id)?.state ?? '',
      postures: postures.filter((p) => p.station === station.id && p.title).map((p) => p.title as string),
      alarmsKnown: known(station.id),
    }
  })
  return list.sort(compareStandings)
}

const priorities: Priority[] = [1, 2, 3, 4]

export default function Stations() {
  const { t } = useTranslation()
  const { stations, may } = useDesk()
  const { view } = useSearch({ from: '/stations' })
  const navigate = useNavigate({ from: '/stations' })
  const link = useLink()
  const alarms = useOpenAlarms()
  const gateways = useGateways()
  const watches = useThings<WatchThing>('watch')
  const postures = useThings<PostureThing>('posture')
  const list = useMemo(
    () => standings(stations, alarms, gateways, watches, postures, (id) => may('alarms.read', id)),
    [stations, alarms, gateways, watches, postures, may],
  )
  if (!may('sites.read') && !may('alarms.read')) return <NotAllowed permission="sites.read" />
  const table = view === 'table'
  return (
    <div className="page-one">
      <section className="panel" aria-label={t('page.stations')} data-panel>
        <div className="ph">
          <h2>{t('page.stations')}</h2>
          <span className="chip">{t('sites.stations_count', { count: list.length })}</span>
          {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}
          <div className="grow" />
          <div className="seg">
            <button
              type="button"
              aria-pressed={!table}
              onClick={() => void navigate({ search: (s) => ({ ...s, view: undefined }) })}
            >
              {t('sites.tiles')}
            </button>
            <button
              type="button"
              aria-pressed={table}
              onClick={() => void navigate({ search: (s) => ({ ...s, view: 'table' }) })}
            >
              {t('sites.table')}
            </button>
          </div>
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t('page.stations')}>
          {list.length === 0 ? (
            <p className="empty">{t('sites.no_stations')}</p>
          ) : table ? (
            <StationTable list={list} />
          ) : (
            <ul className="station-tiles">
              {list.map((s) => (
                <StationTile key={s.station.id} standing={s} />
              ))}
            </ul>
          )}
        </div>
      </section>
    </div>
  )
}

function StationTile({ standing: s }: { standing: Standing }) {
  const { t } = useTranslation()
  const worst = s.worst
  return (
    <li className={`station-tile${worst ? ` q${priorityOf(worst)} ${bandOf(worst)}` : ''}`} data-station={s.station.id}>
      <div className="station-head">
        {worst ? (
          <AlarmGlyph priority={priorityOf(worst)} band={bandOf(worst)} size={26} />
        ) : (
          <IconMapPin size={24} stroke={1.5} className="faint" aria-hidden />
        )}
        <div>
          <h3>
            <Link to="/stations/$id" params={{ id: s.station.id }}>
              <bdi>{s.station.name}</bdi>
            </Link>
          </h3>
          <LocalTime zone={s.station.time_zone} />
        </div>
        {s.station.demo && <span className="chip demo">{t('shell.demo')}</span>}
      </div>
      <p className="station-worst">
        {worst ? (
          <>
            <bdi>{worst.point_name || worst.point}</bdi>: {kindWords(t, worst.kind)} · <Age at={worst.last_at} />
          </>
        ) : s.alarmsKnown ? (
          t('sites.no_alarms')
        ) : (
          t('sites.alarms_not_yours')
        )}
      </p>
      {s.alarmsKnown && (
        <ul className="station-counts">
          {priorities.map((p) => (
            <li key={p} className={s.counts[p] === 0 ? 'none' : undefined}>
              <AlarmGlyph priority={p} band="acknowledged" size={15} named={false} />
              <span className="sr">{t(`priority.${p}`)}</span> <bdi>{s.counts[p]}</bdi>
            </li>
          ))}
          <li className="unack">{t('sites.unacknowledged', { count: s.unacknowledged })}</li>
        </ul>
      )}
      <dl className="pairs">
        <Facts standing={s} />
      </dl>
    </li>
  )
}

function Facts({ standing: s }: { standing: Standing }) {
  const { t } = useTranslation()
  return (
    <>
      <dt>{t('sites.watch')}</dt>
      <dd className={s.watch === 'kept' ? undefined : 'strong'}>{watchWords(t, s.watch)}</dd>
      <dt>{t('sites.gateways')}</dt>
      <dd className={s.lost > 0 ? 'strong' : undefined}>
        {s.lost > 0
          ? t('sites.gateways_lost', { lost: s.lost, count: s.gateways })
          : t('sites.gateways_up', { count: s.gateways })}
      </dd>
      <dt>{t('sites.posture')}</dt>
      <dd>{s.postures.length > 0 ? s.postures.join(', ') : t('sites.posture_none')}</dd>
      <dt>{t('sites.security_level')}</dt>
      <dd>{levelWords(t, s.station.security_level)}</dd>
    </>
  )
}

const watchWords = (t: TFunction, state: string): string =>
  state === '' ? t('sites.watch_unknown') : t(`sites.watch_state.${state}`, { defaultValue: state })

export const levelWords = (t: TFunction, level: number): string =>
  level >= 1 && level <= 6 ? `${level} · ${t(`sites.unsl.${level}`)}` : t('sites.unsl.unset')

function LocalTime({ zone }: { zone: string }) {
  const words = useEachSecond((now) => clockTime(now, zone).slice(0, 5))
  return (
    <span className="faint">
      <bdi>{words}</bdi> · <bdi>{zone}</bdi>
    </span>
  )
}

function StationTable({ list }: { list: Standing[] }) {
  const { t } = useTranslation()
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t('sites.station')}</th>
          <th scope="col">{t('sites.worst')}</th>
          {priorities.map((p) => (
            <th key={p} scope="col" className="num">
              {t(`priority.${p}`)}
            </th>
          ))}
          <th scope="col" className="num">
            {t('sites.unacknowledged_head')}
          </th>
          <th scope="col">{t('sites.watch')}</th>
          <th scope="col">{t('sites.gateways')}</th>
          <th scope="col">{t('sites.posture')}</th>
          <th scope="col">{t('sites.security_level')}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((s) => (
          <tr key={s.station.id} data-station={s.station.id}>
            <td>
              <Link to="/stations/$id" params={{ id: s.station.id }}>
                <bdi>{s.station.name}</bdi>
              </Link>
            </td>
            <td>
              {s.worst ? (
                <span className="inline">
                  <AlarmGlyph priority={priorityOf(s.worst)} band={bandOf(s.worst)} size={18} />{' '}
                  {kindWords(t, s.worst.kind)}
                </span>
              ) : s.alarmsKnown ? (
                t('sites.no_alarms')
              ) : (
                t('sites.alarms_not_yours')
              )}
            </td>
            {priorities.map((p) => (
              <td key={p} className="num">
                {s.alarmsKnown ? s.counts[p] : '–'}
              </td>
            ))}
            <td className="num">{s.alarmsKnown ? s.unacknowledged : '–'}</td>
            <td>{watchWords(t, s.watch)}</td>
            <td>
              {s.lost > 0
                ? t('sites.gateways_lost', { lost: s.lost, count: s.gateways })
                : t('sites.gateways_up', { count: s.gateways })}
            </td>
            <td>{s.postures.length > 0 ? s.postures.join(', ') : t('sites.posture_none')}</td>
            <td>{levelWords(t, s.station.security_level)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
