// Call-outs at alarms: the priority's glyph and words, with a line to the thing.
import { memo, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { bandOf, isLifeSafety, priorityOf } from '../alarms/order'
import type { Alarm } from '../contract'
import { kindWords } from '../i18n/words'
import { Age } from '../shell/times'
import { type Layout, layOut, type Wish } from './layout'

/** An alarm and where its point stands, in plan units. */
export interface Called {
  alarm: Alarm
  name: string
  x: number
  y: number
}

const HEIGHT = 28
const LETTER = 6.7 // pixels, about, at 12 px

export const CallOuts = memo(function CallOuts(props: {
  called: Called[] // in order of importance
  k: number
  width: number // of the plan, in its units
  height: number
  selected: string | undefined // a point
  onPick: (point: string) => void
  onCrowd: (points: string[]) => void
}) {
  const { called, k, width, height, selected, onPick, onCrowd } = props
  const { t } = useTranslation()
  const layout = useMemo<Layout>(
    () =>
      layOut(
        called.map(
          (c): Wish => ({
            id: c.alarm.id,
            x: c.x * k,
            y: c.y * k,
            width: 78 + LETTER * Math.min(34, Math.max(c.name.length, kindWords(t, c.alarm.kind).length + 8)),
            height: HEIGHT + 12,
            vital: isLifeSafety(c.alarm),
          }),
        ),
        undefined,
        { x: 0, y: 0, width: width * k, height: height * k },
      ),
    [called, k, width, height, t],
  )
  const byId = useMemo(() => new Map(called.map((c) => [c.alarm.id, c])), [called])
  return (
    <>
      <svg className="leaders" aria-hidden="true">
        {layout.placed.map((p) => {
          const c = byId.get(p.id)
          if (!c) return null
          const [ax, ay] = p.anchor
          const bx = Math.max(p.x, Math.min(ax, p.x + p.width))
          const by = Math.max(p.y, Math.min(ay, p.y + p.height))
          return <line key={p.id} className={`q${priorityOf(c.alarm)}`} x1={ax} y1={ay} x2={bx} y2={by} />
        })}
      </svg>
      {layout.placed.map((p) => {
        const c = byId.get(p.id)
        if (!c) return null
        const { alarm } = c
        const priority = priorityOf(alarm)
        return (
          <button
            type="button"
            key={p.id}
            className={`callout q${priority} ${bandOf(alarm)}${isLifeSafety(alarm) ? ' vital' : ''}`}
            style={{ transform: `translate(${p.x}px, ${p.y}px)`, inlineSize: p.width, blockSize: p.height }}
            data-callout={alarm.point}
            data-alarm-id={alarm.id}
            aria-pressed={selected === alarm.point}
            onClick={() => onPick(alarm.point)}
          >
            <AlarmGlyph priority={priority} band={bandOf(alarm)} size={20} />
            <span className="callout-words">
              <b>
                <bdi>{c.name}</bdi>
              </b>
              <span>
                {kindWords(t, alarm.kind)} · <Age at={alarm.last_at} />
              </span>
            </span>
          </button>
        )
      })}
      {layout.clusters.map((cluster) => {
        const first = byId.get(cluster.ids[0] ?? '')
        if (!first) return null
        const words = t('sites.crowd', { count: cluster.ids.length })
        return (
          <button
            type="button"
            key={cluster.ids.join()}
            className={`callout crowd q${priorityOf(first.alarm)}`}
            style={{
              transform: `translate(${cluster.x}px, ${cluster.y}px)`,
              inlineSize: cluster.width,
              blockSize: cluster.height,
            }}
            aria-label={words}
            title={cluster.ids.map((id) => byId.get(id)?.name).join(', ')}
            onClick={() => onCrowd(cluster.ids.map((id) => byId.get(id)?.alarm.point ?? ''))}
          >
            <AlarmGlyph priority={priorityOf(first.alarm)} band={bandOf(first.alarm)} size={18} named={false} />
            <bdi>+{cluster.ids.length}</bdi>
          </button>
        )
      })}
    </>
  )
})
