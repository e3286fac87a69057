// What stands on a plan: areas, points, cameras, labels. Calm is grey; a colour
// is an alarm. Each mark watches its own point, so that a change draws one mark.
import {
  IconAlertTriangle,
  IconBellRinging,
  IconBolt,
  IconDoor,
  IconDoorEnter,
  IconFlame,
  IconHandStop,
  IconLock,
  IconLockOff,
  IconLockOpen,
  IconQuestionMark,
  IconRadar2,
  IconShieldLock,
  IconTemperature,
  IconVideo,
} from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { type CSSProperties, memo } from 'react'
import { useTranslation } from 'react-i18next'
import { bandOf, priorityOf } from '../alarms/order'
import type { Alarm, Device, Point, Reading } from '../contract'
import { doorOf, isDoor, standing } from '../devices/standing'
import { qualityWords, readingWords, stateWords } from '../i18n/words'
import { useDeviceLife, useReading } from '../live'
import { pictureAddress } from './data'
import { middle, sector } from './geometry'
import type { CameraInfo, CameraView, PlanArea, PlanDrawing, PlanLabel, PlanPoint, Vertex } from './schema'

/** Where something stands on the sheet: plan units times the pixels of a unit. */
export const spot = (x: number, y: number): CSSProperties => ({
  transform: `translate(calc(var(--k) * ${x}px), calc(var(--k) * ${y}px))`,
})

export function Background({ drawing, station }: { drawing: PlanDrawing | null; station: string }) {
  if (!drawing) return null
  return (
    <img
      className={drawing.invert ? 'plan-picture inverted' : 'plan-picture'}
      src={pictureAddress(station, drawing.hash)}
      alt=""
      draggable={false}
      style={{
        ...spot(drawing.x, drawing.y),
        inlineSize: `calc(var(--k) * ${drawing.width}px)`,
        blockSize: `calc(var(--k) * ${drawing.height}px)`,
      }}
    />
  )
}

export const outline = (shape: readonly Vertex[]): string => `M${shape.map(([x, y]) => `${x} ${y}`).join('L')}Z`

/** How an area looks: tinted when something in it is in alarm, and most of all by fire. */
export interface AreaLook {
  place: string
  name: string
  path: string
  at: Vertex
  size: [number, number] // of its box, in plan units
  tone: string // '' or "q1 unacknowledged fire"
}

export function areaLooks(areas: readonly PlanArea[], tones: ReadonlyMap<string, string>): AreaLook[] {
  return areas.map((a) => {
    const shape = (a.shape ?? []) as Vertex[]
    const xs = shape.map(([x]) => x)
    const ys = shape.map(([, y]) => y)
    return {
      place: a.place,
      name: a.name,
      path: outline(shape),
      at: middle(shape),
      size: [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)],
      tone: tones.get(a.place) ?? '',
    }
  })
}

/** Outlines and fields of view, in one drawing of plan units. */
export const Ground = memo(function Ground(props: {
  width: number
  height: number
  areas: AreaLook[]
  cameras: CameraView[]
  chosen?: string | undefined // a camera, an area
}) {
  const { width, height, areas, cameras, chosen } = props
  return (
    <svg
      className="ground"
      viewBox={`0 0 ${width} ${height}`}
      style={{ inlineSize: `calc(var(--k) * ${width}px)`, blockSize: `calc(var(--k) * ${height}px)` }}
      aria-hidden="true"
    >
      {/* Those in alarm are drawn last, so that no calm outline lies over theirs. */}
      {[...areas]
        .sort((a, b) => a.tone.length - b.tone.length)
        .map((a) => (
          <path
            key={a.place}
            className={`area ${a.tone}${chosen === a.place ? ' chosen' : ''}`}
            d={a.path}
            data-area={a.place}
          />
        ))}
      {cameras.map((c) => (
        <path
          key={c.camera}
          className={chosen === c.camera ? 'view chosen' : 'view'}
          d={sector(c.x, c.y, c.direction, c.angle, c.range)}
        />
      ))}
    </svg>
  )
})

export const AreaNames = memo(function AreaNames({ areas, k }: { areas: AreaLook[]; k: number }) {
  return (
    <>
      {areas.map((a) => {
        const room = a.size[0] * k
        if (room < 34 || a.size[1] * k < 22) return null
        return (
          <span
            key={a.place}
            className={a.tone ? 'area-name loud' : 'area-name'}
            style={{ ...spot(a.at[0], a.at[1] - Math.min(a.size[1] * 0.28, 40 / k)), maxInlineSize: room - 8 }}
            aria-hidden="true"
          >
            <bdi>{a.name}</bdi>
          </span>
        )
      })}
    </>
  )
})

export const Labels = memo(function Labels({ labels }: { labels: PlanLabel[] }) {
  return (
    <>
      {labels.map((l) => (
        <span
          key={l.id}
          className="plan-label"
          style={{ ...spot(l.x, l.y), fontSize: `calc(var(--k) * ${l.size}px)` }}
          dir="auto"
        >
          {l.text}
        </span>
      ))}
    </>
  )
})

/** The state of a point in words, as the plan and its table say it. */
export function pointWords(t: TFunction, point: Point, reading: Reading | null | undefined): string {
  const quality = reading && reading.quality !== 'good' ? ` · ${qualityWords(t, reading.quality)}` : ''
  if (isDoor(point)) {
    const { contact, mode } = doorOf(point, reading)
    if (!reading) return t('quality.unknown')
    return `${t(`devices.contact.${contact}`)}${mode === 'unknown' ? '' : ` · ${stateWords(t, mode)}`}${quality}`
  }
  return `${readingWords(t, reading, point.unit)}${quality}`
}

interface MarkProps {
  mark: PlanPoint
  point: Point | undefined
  device: Device | undefined
  alarm: Alarm | undefined
  selected: boolean
  tab: boolean // one mark of the plan is in the order of Tab; arrow keys reach the others
  held?: boolean // the editor drags it
  onPick: (point: string, event: React.MouseEvent | React.KeyboardEvent) => void
}

export const Mark = memo(function Mark(props: MarkProps) {
  const { mark, point, device, alarm, selected, tab, held, onPick } = props
  const { t } = useTranslation()
  const reading = useReading(mark.point) ?? point?.reading
  const life = useDeviceLife(device?.id ?? '') ?? device
  const how = point ? standing(point, reading, life, alarm) : 'no_data'
  const name = point?.name || mark.point
  const words = point ? pointWords(t, point, reading) : t('sites.unknown_point')
  const tone = alarm ? ` q${priorityOf(alarm)} ${bandOf(alarm)}` : ''
  return (
    <button
      type="button"
      className={`mark ${how}${tone}`}
      style={spot(mark.x, mark.y)}
      tabIndex={tab ? 0 : -1}
      data-mark={mark.point}
      data-standing={how}
      data-held={held || undefined}
      aria-pressed={selected}
      aria-label={`${name}, ${words}`}
      title={`${name} · ${words}`}
      onClick={(event) => onPick(mark.point, event)}
    >
      <span className="mark-sign" style={{ rotate: mark.rotation ? `${mark.rotation}deg` : undefined }}>
        <PointSign point={point} device={device} reading={reading} blind={how === 'no_data'} />
      </span>
    </button>
  )
})

export function PointSign(props: {
  point: Point | undefined
  device: Device | undefined
  reading: Reading | null | undefined
  blind: boolean
  size?: number
}) {
  const { point, device, reading, blind, size = 15 } = props
  const looks = { size, stroke: 1.7, 'aria-hidden': true } as const
  if (!point || blind) return <IconQuestionMark {...looks} />
  if (isDoor(point)) {
    const { contact, mode } = doorOf(point, reading)
    if (contact === 'open') return <IconDoorEnter {...looks} />
    if (mode === 'unlocked' || mode === 'locked_open' || mode === 'accessed') return <IconLockOpen {...looks} />
    if (mode === 'blocked' || mode === 'locked_down') return <IconLockOff {...looks} />
    return contact === 'closed' ? <IconDoor {...looks} /> : <IconLock {...looks} />
  }
  const kinds = point.kinds ?? []
  if (kinds.some((k) => k === 'panic' || k === 'duress' || k === 'medical.alarm')) return <IconHandStop {...looks} />
  if (device?.category === 'fire') return <IconFlame {...looks} />
  if (device?.category === 'power') return <IconBolt {...looks} />
  if (device?.category === 'intrusion')
    return kinds.includes('intrusion.alarm') ? <IconRadar2 {...looks} /> : <IconShieldLock {...looks} />
  if (kinds.some((k) => k.startsWith('call.'))) return <IconBellRinging {...looks} />
  if (kinds.length === 0) return <IconTemperature {...looks} />
  return <IconAlertTriangle {...looks} />
}

export const CameraMark = memo(function CameraMark(props: {
  view: CameraView
  camera: CameraInfo | undefined
  selected: boolean
  tab: boolean
  held?: boolean
  onPick: (camera: string, event: React.MouseEvent | React.KeyboardEvent) => void
}) {
  const { view, camera, selected, tab, held, onPick } = props
  const { t } = useTranslation()
  const name = camera ? `${camera.id} ${camera.name}` : view.camera
  return (
    <button
      type="button"
      className="mark camera"
      style={spot(view.x, view.y)}
      tabIndex={tab ? 0 : -1}
      data-camera={view.camera}
      data-held={held || undefined}
      aria-pressed={selected}
      aria-label={t('sites.camera_named', { name })}
      title={name}
      onClick={(event) => onPick(view.camera, event)}
    >
      <span className="mark-sign">
        <IconVideo size={15} stroke={1.7} aria-hidden />
      </span>
    </button>
  )
})
