// Doors and zones of the station: what is not as it should be comes first, and
// what is as it should be is grey.
import {
  IconBolt,
  IconDoor,
  IconDoorEnter,
  IconExternalLink,
  IconFlame,
  IconLock,
  IconLockOff,
  IconLockOpen,
  IconQuestionMark,
  IconShieldLock,
  IconTemperature,
} from '@tabler/icons-react'
import { memo, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { bandOf, priorityOf } from '../alarms/order'
import type { Alarm, Device, Gateway, Point } from '../contract'
import { categoryWords, qualityWords, readingWords, stateWords } from '../i18n/words'
import { board, useCalmly, useDevicesVersion, useGateways, useLink, useReading } from '../live'
import { useDesk } from '../session/desk'
import { LockdownButton } from '../shell/slots'
import { Failed, Loading } from '../shell/states'
import { Age, useClockTime } from '../shell/times'
import { useCatalogue, useNewcomers } from './catalogue'
import {
  alarmsByPoint,
  compareStandees,
  doorOf,
  isDoor,
  isOwnPoint,
  nearness,
  type Standee,
  standing,
} from './standing'

interface BoardProps {
  selected: string | undefined
  onSelect: (point: string) => void
  table: boolean
  onTable: (on: boolean) => void
  near: Alarm | undefined // what is near this alarm comes first
  beside: boolean // doors and zones beside each other, where a plan stands above
  onWindow: (() => void) | undefined
}

export function Board(props: BoardProps) {
  const { t } = useTranslation()
  const catalogue = useCatalogue()
  useNewcomers(catalogue)
  const link = useLink()
  const { may } = useDesk()
  const { doors, sections } = useStandees(catalogue.devices, props.near)
  const old = !link.up && link.known && <span className="chip old">{t('live.old')}</span>
  if (!may('devices.read')) return <div className="point-board" />
  return (
    <div className={props.beside ? 'point-board beside' : 'point-board'}>
      <Notices devices={catalogue.devices} />
      <section className="panel doors" aria-label={t('devices.doors')} data-panel>
        <div className="ph">
          <h2>{t('devices.doors')}</h2>
          <span className="chip">{t('devices.doors_count', { count: doors.length })}</span>
          {old}
          <div className="grow" />
          <div className="seg">
            <button type="button" aria-pressed={!props.table} onClick={() => props.onTable(false)}>
              {t('devices.tiles')}
            </button>
            <button type="button" aria-pressed={props.table} onClick={() => props.onTable(true)}>
              {t('devices.table')}
            </button>
          </div>
          <LockdownButton station={props.near?.station} place={props.near?.area || props.near?.building} compact />
          {props.onWindow && (
            <button
              type="button"
              className="btn sm ghost icon"
              aria-label={t('windows.open_doors')}
              title={t('windows.open_doors')}
              onClick={props.onWindow}
            >
              <IconExternalLink size={16} aria-hidden />
            </button>
          )}
        </div>
        {catalogue.error ? (
          <Failed fault={catalogue.error} again={catalogue.again} />
        ) : catalogue.loading ? (
          <Loading />
        ) : (
          <div className="scroll" tabIndex={0} role="group" aria-label={t('devices.doors')}>
            {doors.length === 0 ? (
              <p className="empty">{t('devices.no_doors')}</p>
            ) : props.table ? (
              <DoorTable doors={doors} {...props} />
            ) : (
              <Nearby standees={doors} alarm={props.near} {...props} />
            )}
          </div>
        )}
      </section>
      <section className="panel zones" aria-label={t('devices.zones')} data-panel>
        <div className="ph">
          <h2>{t('devices.zones')}</h2>
          {old}
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t('devices.zones')}>
          {sections.map((section) => (
            <section key={section.device.id} aria-label={section.device.name}>
              <SectionHead {...section} />
              <Tiles standees={section.standees} category={section.device.category} {...props} />
            </section>
          ))}
          {sections.length === 0 && !catalogue.loading && !catalogue.error && (
            <p className="empty">{t('devices.no_zones')}</p>
          )}
        </div>
      </section>
    </div>
  )
}

interface Section {
  device: Device
  standees: Standee[]
}

const CALMER = 200 // ms between two arrangements of the board in a flood; the first change is drawn at once

const categories = ['fire', 'intrusion', 'power', 'sensor']

function useStandees(devices: Device[], near: Alarm | undefined): { doors: Standee[]; sections: Section[] } {
  const readings = useCalmly('points', CALMER)
  const lives = useCalmly('devices', CALMER)
  const alarms = useCalmly('alarms', CALMER)
  const place = near && nearness(near)
  const about = near && [near.id, near.point, near.area, near.building, near.location].join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the versions stand for the content of the board
  return useMemo(() => {
    const inAlarm = alarmsByPoint([...board.alarms.values()])
    const doors: Standee[] = []
    const sections: Section[] = []
    for (const device of devices) {
      const life = board.devices.get(device.id) ?? device
      const rest: Standee[] = []
      for (const point of device.points ?? []) {
        if (point.type === 'event' && !inAlarm.has(point.id)) continue
        if (isOwnPoint(point)) continue
        const reading = board.points.get(point.id) ?? point.reading
        const alarm = inAlarm.get(point.id)
        if (reading?.quality === 'not_programmed' && !alarm) continue
        const near = place?.(point, device) ?? 0
        const standee = { point, alarm, near, standing: standing(point, reading, life, alarm) }
        if (isDoor(point)) doors.push(standee)
        else rest.push(standee)
      }
      if (rest.length > 0) sections.push({ device, standees: rest.sort(compareStandees) })
    }
    const rank = (s: Section) => {
      const i = categories.indexOf(s.device.category)
      return i < 0 ? categories.length : i
    }
    const nearest = (s: Section) => Math.max(...s.standees.map((one) => one.near))
    sections.sort((a, b) => nearest(b) - nearest(a) || rank(a) - rank(b) || a.device.name.localeCompare(b.device.name))
    return { doors: doors.sort(compareStandees), sections }
  }, [devices, alarms, readings, lives, about])
}

/** The doors round the alarm under a head of their own, then the others. */
function Nearby(props: BoardProps & { standees: Standee[]; alarm: Alarm | undefined }) {
  const { standees, alarm } = props
  const { t } = useTranslation()
  const close = standees.filter((s) => s.near > 0)
  if (!alarm || close.length === 0 || close.length === standees.length)
    return <Tiles {...props} door standees={standees} />
  const where = [alarm.building_name, alarm.area_name].filter(Boolean).join(' · ') || alarm.location
  return (
    <>
      <div className="h3 name">
        {t('devices.near')} <bdi className="plain">{where}</bdi>
      </div>
      <Tiles {...props} door standees={close} />
      <div className="h3 name">{t('devices.elsewhere')}</div>
      <Tiles {...props} door standees={standees.filter((s) => s.near === 0)} />
    </>
  )
}

function SectionHead({ device, standees }: Section) {
  const { t } = useTranslation()
  const life = board.devices.get(device.id) ?? device
  const calm = standees.filter((s) => s.standing === 'calm').length
  return (
    <div className="h3 name">
      <Sign category={device.category} /> <bdi>{device.name || device.device}</bdi>
      <span className="plain">
        {categoryWords(t, device.category)} · {t('devices.calm', { count: calm, all: standees.length })}
      </span>
      {life.state !== 'up' && (
        <span className="chip old plain">
          {t('devices.no_answer')} <Age at={life.since} />
        </span>
      )}
    </div>
  )
}

function Tiles(props: BoardProps & { standees: Standee[]; door?: boolean; category?: string }) {
  const { standees, door, category, selected, onSelect } = props
  return (
    <ul className={door ? 'point-tiles door-tiles' : 'point-tiles'}>
      {standees.map((s) => (
        <Tile
          key={s.point.id}
          standee={s}
          alarmState={s.alarm?.state ?? ''}
          standing={s.standing}
          category={category ?? 'access'}
          door={door ?? false}
          selected={s.point.id === selected}
          onSelect={onSelect}
        />
      ))}
    </ul>
  )
}

const Tile = memo(
  function Tile(props: {
    standee: Standee
    alarmState: string
    standing: Standee['standing']
    category: string
    door: boolean
    selected: boolean
    onSelect: (point: string) => void
  }) {
    const { standee, category, door, selected, onSelect } = props
    const { t } = useTranslation()
    const { point, alarm } = standee
    const live = useReading(point.id)
    const reading = live ?? point.reading
    const blind = standee.standing === 'no_data'
    const name = point.name || point.id
    return (
      <li>
        <button
          type="button"
          className={`tile ${standee.standing}${alarm ? ` q${priorityOf(alarm)} ${alarm.state}` : ''}`}
          data-point={point.id}
          data-standing={standee.standing}
          aria-pressed={selected}
          title={[name, point.location, point.id].filter(Boolean).join(' · ')}
          onClick={() => onSelect(point.id)}
        >
          {alarm ? (
            <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={20} />
          ) : door ? (
            <DoorSign point={point} blind={blind} />
          ) : (
            <Sign category={category} blind={blind} />
          )}
          <span className="tile-words">
            <b>
              <bdi>{name}</bdi>
            </b>
            <span>
              {door ? <DoorWords point={point} /> : <bdi>{readingWords(t, reading, point.unit)}</bdi>}
              {reading && reading.quality !== 'good' && <> · {qualityWords(t, reading.quality)}</>}
              {!reading && door && <> · {t('quality.unknown')}</>}
            </span>
          </span>
        </button>
      </li>
    )
  },
  (a, b) =>
    a.standee.point === b.standee.point &&
    a.standee.alarm === b.standee.alarm &&
    a.standing === b.standing &&
    a.alarmState === b.alarmState &&
    a.selected === b.selected &&
    a.onSelect === b.onSelect &&
    a.door === b.door,
)

function DoorWords({ point }: { point: Point }) {
  const { t } = useTranslation()
  const reading = useReading(point.id) ?? point.reading
  const { contact, mode } = doorOf(point, reading)
  return (
    <>
      {t(`devices.contact.${contact}`)}
      {mode !== 'unknown' && <> · {stateWords(t, mode)}</>}
    </>
  )
}

function DoorSign({ point, blind }: { point: Point; blind: boolean }) {
  const { contact, mode } = doorOf(point, useReading(point.id) ?? point.reading)
  if (blind) return <IconQuestionMark size={18} stroke={1.6} aria-hidden />
  if (contact === 'open') return <IconDoorEnter size={18} stroke={1.6} aria-hidden />
  if (mode === 'unlocked' || mode === 'locked_open' || mode === 'accessed')
    return <IconLockOpen size={18} stroke={1.6} aria-hidden />
  if (mode === 'blocked' || mode === 'locked_down') return <IconLockOff size={18} stroke={1.6} aria-hidden />
  return contact === 'closed' ? (
    <IconDoor size={18} stroke={1.6} aria-hidden />
  ) : (
    <IconLock size={18} stroke={1.6} aria-hidden />
  )
}

export function Sign({ category, blind, size = 18 }: { category: string; blind?: boolean; size?: number }) {
  const looks = { size, stroke: 1.6, 'aria-hidden': true, style: { flex: 'none' } } as const
  if (blind) return <IconQuestionMark {...looks} />
  if (category === 'fire') return <IconFlame {...looks} />
  if (category === 'intrusion') return <IconShieldLock {...looks} />
  if (category === 'power') return <IconBolt {...looks} />
  if (category === 'access') return <IconDoor {...looks} />
  return <IconTemperature {...looks} />
}

function DoorTable({ doors, selected, onSelect }: BoardProps & { doors: Standee[] }) {
  const { t } = useTranslation()
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t('devices.door')}</th>
          <th scope="col">{t('devices.place')}</th>
          <th scope="col">{t('devices.contact_head')}</th>
          <th scope="col">{t('devices.mode')}</th>
          <th scope="col">{t('devices.quality')}</th>
          <th scope="col">{t('devices.alarm')}</th>
        </tr>
      </thead>
      <tbody>
        {doors.map((s) => (
          <DoorRow key={s.point.id} standee={s} on={s.point.id === selected} onSelect={onSelect} />
        ))}
      </tbody>
    </table>
  )
}

function DoorRow({ standee, on, onSelect }: { standee: Standee; on: boolean; onSelect: (point: string) => void }) {
  const { t } = useTranslation()
  const { point, alarm } = standee
  const reading = useReading(point.id) ?? point.reading
  const { contact, mode } = doorOf(point, reading)
  return (
    <tr className={on ? 'on' : undefined}>
      <td>
        <button type="button" className="rowlink" onClick={() => onSelect(point.id)}>
          <bdi>{point.name || point.id}</bdi>
        </button>
      </td>
      <td className="dim">{point.location}</td>
      <td>{t(`devices.contact.${contact}`)}</td>
      <td>{mode === 'unknown' ? t('quality.unknown') : stateWords(t, mode)}</td>
      <td>{qualityWords(t, reading?.quality ?? 'unknown')}</td>
      <td>{alarm && <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={18} />}</td>
    </tr>
  )
}

/** What the console cannot see at the moment, and since when. */
function Notices({ devices }: { devices: Device[] }) {
  const { t } = useTranslation()
  const gateways = useGateways()
  useDevicesVersion()
  const clockTime = useClockTime()
  const gone = gateways.filter((g) => g.state !== 'online')
  const away = new Set(gone.map((g) => g.id))
  const lost = devices.filter((d) => {
    const life = board.devices.get(d.id) ?? d
    return life.state === 'lost' && !away.has(d.gateway)
  })
  if (gone.length === 0 && lost.length === 0) return null
  const name = (g: Gateway) => g.name || g.id
  return (
    <section className="panel notices" aria-label={t('devices.not_seen')} data-panel>
      {gone.map((g) => (
        <div key={g.id} className="notice p2" role="status" data-gateway-lost={g.id}>
          <IconQuestionMark size={18} aria-hidden />
          <span>
            {g.state === 'never_seen'
              ? t('devices.gateway_never', { name: name(g) })
              : t('devices.gateway_gone', { name: name(g), since: g.since ? clockTime(g.since) : '–' })}
          </span>
        </div>
      ))}
      {lost.slice(0, 6).map((d) => {
        const life = board.devices.get(d.id) ?? d
        return (
          <div key={d.id} className="notice" role="status" data-device-lost={d.id}>
            <IconQuestionMark size={18} aria-hidden />
            <span>
              {t('devices.device_gone', { name: d.name || d.id, since: life.since ? clockTime(life.since) : '–' })}
              {life.error && <span className="faint"> {life.error}</span>}
            </span>
          </div>
        )
      })}
      {lost.length > 6 && <div className="notice">{t('devices.more_lost', { count: lost.length - 6 })}</div>}
    </section>
  )
}
