import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Instant } from '../contract'
import { clockTime, withUTC } from '../i18n/time'
import { ageWords, kindWords, stateWords } from '../i18n/words'
import type { Evacuation, Impairment, Investigation, Panel } from './live'
import type { PlanPicture } from './sheet-plan'
import type { Zone, ZoneState } from './zones'

export interface SheetCondition {
  state: ZoneState
  kind: string
  point: string
  point_name: string
  since: Instant
  received_at: Instant | null
  alarm: string
  first_up: boolean
  confirmed: boolean
  acknowledged_at: Instant | null
  acknowledged_by: string
  reason: string
}

export interface Sheet {
  at: Instant
  by_name: string
  station: string
  station_name: string
  time_zone: string
  demo: boolean
  alarm: {
    id: string
    kind: string
    point: string
    point_name: string
    location: string
    raised_at: Instant
    received_at: Instant
    acknowledged_at: Instant | null
    acknowledged_by: string
    confirmed: boolean
    zone_name: string
    zone_number: number
  }
  where: {
    building: string
    building_name: string
    level: string
    level_name: string
    area: string
    area_name: string
    zone: string
  }
  panel: Panel | null
  zones: (Zone & { state: ZoneState; since: Instant | null; conditions: SheetCondition[] })[]
  quiet: number
  unzoned: SheetCondition[]
  doors: { point: string; name: string; location: string; states: string[]; old: boolean }[]
  impaired: Impairment[]
  evacuation: Evacuation | null
  investigated: Investigation | null
  contacts: { role: string; name: string; phone: string }[]
  missing: string[]
}

export function SheetBody({ of: s, plan }: { of: Sheet; plan: PlanPicture | null }) {
  const { t } = useTranslation()
  const zone = s.time_zone
  const time = (at: Instant | null | undefined) => (at ? clockTime(at, zone) : '–')
  const drill = s.evacuation?.drill ?? false
  const marks = [s.demo && t('shell.demo'), drill && t('fire.drill')].filter(Boolean).join(' ')
  const place = [s.where.building_name, s.where.level_name, s.where.area_name || s.alarm.location]
  return (
    <>
      <header className="fire-sheet-head">
        <div>
          <p className="fire-sheet-kicker">
            {t('fire.sheet')} {marks && <b className="fire-sheet-mark">{marks}</b>}
          </p>
          <h1>{s.alarm.confirmed ? t('alarms.confirmed_fire') : kindWords(t, s.alarm.kind)}</h1>
          <p className="where">{place.filter((p, i) => p && place.indexOf(p) === i).join(' · ')}</p>
        </div>
        <div className="stamp">
          <b>{s.station_name}</b>
          <span>{withUTC(s.at, zone)}</span>
          <span>{s.by_name}</span>
        </div>
      </header>
      {s.missing.length > 0 && (
        <p className="fire-sheet-missing">
          {t('fire.sheet_missing', {
            parts: s.missing.map((p) => t(`fire.part.${p}`, { defaultValue: p })).join(', '),
          })}
        </p>
      )}
      <div className="fire-sheet-cols">
        <Part title={t('fire.alarm_at')}>
          <Pairs
            of={[
              [t('fire.detector'), s.alarm.point_name],
              [t('fire.head.zone'), s.alarm.zone_name && `${s.alarm.zone_number} ${s.alarm.zone_name}`],
              [t('fire.at_panel'), time(s.alarm.raised_at)],
              [t('fire.at_console'), time(s.alarm.received_at)],
              [
                t('fire.answered'),
                s.alarm.acknowledged_at && `${time(s.alarm.acknowledged_at)} ${s.alarm.acknowledged_by}`,
              ],
              [t('fire.looked_into'), s.investigated && investigated(t, s.investigated, time)],
            ]}
          />
        </Part>
        <Part title={t('fire.panel_is')}>
          <Pairs
            of={[
              [t('fire.panel'), s.panel?.name],
              [t('fire.place'), s.panel?.location],
              [
                t('fire.head.state'),
                s.panel && (s.panel.lost ? `${t('fire.panel_lost')} ${time(s.panel.since)}` : t('fire.panel_up')),
              ],
            ]}
          />
          <Service of={s.evacuation} time={time} />
        </Part>
      </div>
      {plan ? <PlanDrawing of={plan} label={s.where.level_name} /> : <p className="no-plan">{t('fire.no_plan')}</p>}
      <Part title={t('fire.zones_first')}>
        <ZoneRows of={s} time={time} />
      </Part>
      <Board of={s.evacuation} time={time} />
      <div className="fire-sheet-cols">
        <Part title={t('fire.doors')}>
          <Rows
            head={[t('fire.door'), t('fire.head.state')]}
            rows={s.doors.map((d) => [
              `${d.name} · ${d.location}`,
              d.states.length === 0
                ? t('quality.unknown')
                : d.states.map((x) => stateWords(t, x)).join(', ') + (d.old ? ` (${t('fire.old')})` : ''),
            ])}
            none={t('fire.no_doors')}
          />
        </Part>
        <Part title={t('fire.impaired')}>
          <SwitchedOff of={s} time={time} />
        </Part>
      </div>
      <Part title={t('fire.contacts')}>
        <Rows head={[]} rows={s.contacts.map((c) => [c.role, c.name, c.phone])} none={t('fire.no_contacts')} />
      </Part>
    </>
  )
}

type Words = ReturnType<typeof useTranslation>['t']
type Time = (at: Instant | null | undefined) => string

function investigated(t: Words, i: Investigation, time: Time): string {
  const who = i.investigator || t('fire.nobody_looks')
  if (i.state !== 'decided') return `${who} · ${t(i.state === 'undecided' ? 'fire.ran_out' : 'fire.investigation')}`
  const outcome = t(`fire.outcome.${i.outcome}`, { defaultValue: i.outcome })
  return [who, outcome, time(i.decided_at), i.decided_by_name, i.reason].filter(Boolean).join(' · ')
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="fire-sheet-part">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function Pairs({ of: pairs }: { of: [string, string | null | undefined | false][] }) {
  return (
    <dl>
      {pairs
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
    </dl>
  )
}

function Rows({ head, rows, none }: { head: string[]; rows: string[][]; none: string }) {
  if (rows.length === 0) return <p>{none}</p>
  return (
    <table>
      {head.length > 0 && (
        <thead>
          <tr>
            {head.map((h) => (
              <th key={h} scope="col">
                {h}
              </th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map((cells) => (
          <tr key={cells.join(' ')}>
            {cells.map((cell, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: cells of a row stand in their order
              <td key={n}>
                <bdi>{cell}</bdi>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What burns stands before what only may, and both before faults; else the order of the console holds. */
const rankOf = (c: SheetCondition): number => {
  const at = ['fire', 'prealarm'].indexOf(c.state)
  return (at < 0 ? 2 : at) * 2 + (c.first_up ? 0 : 1)
}

/** What is off in this building row by row, and what is off elsewhere in one paragraph: nothing is left out. */
function SwitchedOff({ of: s, time }: { of: Sheet; time: Time }) {
  const { t } = useTranslation()
  const building = s.where.building_name
  const here = s.impaired.filter((i) => !building || i.location.includes(building))
  const elsewhere = s.impaired.filter((i) => !here.includes(i))
  const name = (i: Impairment) => `${t(`fire.mode.${i.mode}`)}: ${i.point_name}, ${i.location}`
  return (
    <>
      <Rows
        head={[t('fire.head.point'), t('fire.head.reason'), t('fire.head.since')]}
        rows={here.map((i) => [name(i), i.reason, time(i.since)])}
        none={t('fire.none_impaired')}
      />
      {elsewhere.length > 0 && (
        <p className="elsewhere">
          <b>{t('fire.elsewhere', { count: elsewhere.length })}</b> {elsewhere.map(name).join('; ')}.
        </p>
      )}
    </>
  )
}

function ZoneRows({ of: s, time }: { of: Sheet; time: Time }) {
  const { t } = useTranslation()
  const row = (zone: string, c: SheetCondition): string[] => [
    `${zone}${c.first_up ? ` · ${t('alarms.first_up')}` : ''}`,
    t(`fire.state.${c.state}`),
    [c.point_name, c.reason].filter(Boolean).join(' · '),
    time(c.since),
    c.acknowledged_at ? time(c.acknowledged_at) : '–',
  ]
  const all: [string, SheetCondition][] = [
    ...s.zones.flatMap((z) => z.conditions.map((c): [string, SheetCondition] => [`${z.number} ${z.name}`, c])),
    ...s.unzoned.map((c): [string, SheetCondition] => [t('fire.no_zone'), c]),
  ]
  const rows = all.toSorted(([, a], [, b]) => rankOf(a) - rankOf(b)).map(([zone, c]) => row(zone, c))
  return (
    <>
      <Rows
        head={[
          t('fire.head.zone'),
          t('fire.head.state'),
          t('fire.head.point'),
          t('fire.head.since'),
          t('fire.answered'),
        ]}
        rows={rows}
        none={t('fire.all_normal')}
      />
      <p>{t('fire.normal_n', { count: s.quiet })}</p>
    </>
  )
}

function Service({ of: e, time }: { of: Evacuation | null; time: Time }) {
  const { t } = useTranslation()
  if (!e) return null
  const step = (name: 'called' | 'arrived' | 'handed_over'): string | null => {
    const done = e.service[name]
    return done && [time(done.at), done.by_name, done.note].filter(Boolean).join(' · ')
  }
  const called = e.service.called ? Date.parse(e.service.called.at) : Number.NaN
  const wait = (called - Date.parse(e.received_at ?? e.started_at)) / 1000
  return (
    <Pairs
      of={[
        [t('fire.step.called'), step('called') ?? t('fire.not_yet')],
        [t('fire.clock_words'), Number.isNaN(wait) ? null : ageWords(t, wait)],
        [t('fire.step.arrived'), step('arrived')],
        [t('fire.step.handed_over'), step('handed_over')],
      ]}
    />
  )
}

function Board({ of: e, time }: { of: Evacuation | null; time: Time }) {
  const { t } = useTranslation()
  if (!e) return <Part title={t('fire.board')}>{t('fire.no_board')}</Part>
  const open = e.people.filter((p) => !p.safe)
  return (
    <>
      <Part title={`${t('fire.missing_and_help')} (${open.length})`}>
        <Rows
          head={[]}
          rows={open.map((p) => [t(`fire.person.${p.kind}`), p.name, p.where, time(p.at)])}
          none={t('fire.nobody_missing')}
        />
      </Part>
      <div className="fire-sheet-cols">
        <Part title={t('fire.floors')}>
          <Rows
            head={[]}
            rows={e.floors.map((f) => [
              f.name,
              t(`fire.floor.${f.state}`),
              [f.warden, f.remark].filter(Boolean).join(' · '),
              time(f.at),
            ])}
            none=""
          />
        </Part>
        <Part title={t('fire.assembly')}>
          <Rows
            head={[]}
            rows={e.assembly.map((a) => [
              a.name,
              a.count === null ? t('fire.not_counted') : t('fire.stand_here', { count: a.count }),
              time(a.at),
            ])}
            none={t('fire.none')}
          />
        </Part>
      </div>
    </>
  )
}

function PlanDrawing({ of: p, label }: { of: PlanPicture; label: string }) {
  const r = Math.max(p.width, p.height) / 60
  return (
    <figure className="plan" dir="ltr">
      <svg viewBox={`0 0 ${p.width} ${p.height}`} role="img" aria-label={label} xmlns="http://www.w3.org/2000/svg">
        {p.drawing && (
          <image
            href={p.drawing.href}
            x={p.drawing.x}
            y={p.drawing.y}
            width={p.drawing.width}
            height={p.drawing.height}
            preserveAspectRatio="none"
          />
        )}
        {p.areas.map((a) => (
          <path key={a.id} d={a.path} className={a.hot ? 'area hot' : 'area'} strokeWidth={r / 6} />
        ))}
        {p.areas.map((a) => (
          <text key={a.id} x={a.x} y={a.y} fontSize={r * 0.9} textAnchor="middle" className={a.hot ? 'hot' : undefined}>
            {a.name}
          </text>
        ))}
        {p.at && (
          <g className="at">
            <circle cx={p.at.x} cy={p.at.y} r={r} strokeWidth={r / 3} />
            <circle cx={p.at.x} cy={p.at.y} r={r / 3} />
          </g>
        )}
      </svg>
      <figcaption>{label}</figcaption>
    </figure>
  )
}
