// The plan of a level as it is now: symbols by live state, call-outs at alarms,
// areas tinted by what is wrong in them.
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOpenAlarms } from '../alarms/open'
import { bandOf, isLifeSafety, priorityOf } from '../alarms/order'
import type { Alarm, Device, Point } from '../contract'
import { alarmsByPoint } from '../devices/standing'
import { type Called, CallOuts } from './callouts'
import { distance, middle } from './geometry'
import { AreaNames, areaLooks, Background, CameraMark, Ground, Labels, Mark } from './marks'
import type { CameraInfo, Plan, Vertex } from './schema'
import { type Sheet, Surface } from './surface'

interface LivePlanProps {
  plan: Plan
  name: string
  points: Map<string, Point>
  devices: Map<string, Device> // by point
  cameras: CameraInfo[]
  selected: string | undefined // a point
  camera?: string | undefined
  area?: string | undefined
  onPoint: (point: string) => void
  onCamera?: (camera: string) => void
}

export const LivePlan = memo(function LivePlan(props: LivePlanProps) {
  const { plan, name, points, devices, cameras, selected, camera, area, onPoint, onCamera } = props
  const { t } = useTranslation()
  const alarms = useOpenAlarms()
  const sheet = useRef<Sheet>(null)
  const list = plan.points ?? []
  const views = plan.cameras ?? []

  const inAlarm = useStable(useMemo(() => alarmsOn(plan, alarms), [plan, alarms]))
  const called = useMemo<Called[]>(() => {
    const at = new Map((plan.points ?? []).map((p) => [p.point as string, p]))
    return inAlarm.map((alarm) => {
      const mark = at.get(alarm.point)
      return {
        alarm,
        name: points.get(alarm.point)?.name || alarm.point_name || alarm.point,
        x: mark?.x ?? 0,
        y: mark?.y ?? 0,
      }
    })
  }, [inAlarm, plan, points])
  const byPoint = useMemo(() => new Map(inAlarm.map((a) => [a.point as string, a])), [inAlarm])
  const tones = useMemo(() => tonesOf(plan, inAlarm), [plan, inAlarm])
  const areas = useMemo(() => areaLooks(plan.areas ?? [], tones), [plan, tones])

  // Whatever is selected comes into sight; only then does the sheet move by itself.
  useEffect(() => {
    const mark = (plan.points ?? []).find((p) => p.point === selected)
    const view = (plan.cameras ?? []).find((c) => c.camera === camera)
    if (mark) sheet.current?.show(mark.x, mark.y)
    else if (view) sheet.current?.show(view.x, view.y)
    else {
      const shape = (plan.areas ?? []).find((a) => a.place === area)?.shape as Vertex[] | undefined
      if (shape) sheet.current?.show(...middle(shape))
    }
  }, [selected, camera, area, plan])

  const [tab, setTab] = useState<string | undefined>(undefined)
  const first = tab ?? selected ?? list[0]?.point ?? views[0]?.camera
  const pick = useCallback(
    (point: string) => {
      setTab(point)
      onPoint(point)
    },
    [onPoint],
  )
  const look = useCallback((id: string) => onCamera?.(id), [onCamera])
  const crowd = useCallback(
    (ids: string[]) => {
      const marks = (plan.points ?? []).filter((p) => ids.includes(p.point))
      const mark = marks[0]
      if (mark) pick(mark.point)
    },
    [plan, pick],
  )
  const onKeyDown = (event: React.KeyboardEvent<HTMLDivElement>) => {
    const step = steps[event.key]
    const here = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('.mark') : null
    if (!step || !here) return
    const next = neighbour(plan, here.dataset.mark ?? here.dataset.camera ?? '', step)
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    setTab(next)
    const css = CSS.escape(next)
    sheet.current?.element()?.querySelector<HTMLElement>(`[data-mark="${css}"], [data-camera="${css}"]`)?.focus()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go from mark to mark, which are buttons
    <div className="live-plan" onKeyDown={onKeyDown}>
      <Surface
        key={plan.level}
        width={plan.width}
        height={plan.height}
        label={t('sites.plan_of', { name })}
        sheet={sheet}
      >
        {(k) => (
          <>
            <Background drawing={plan.drawing} station={plan.station} />
            <Ground width={plan.width} height={plan.height} areas={areas} cameras={views} chosen={camera ?? area} />
            <AreaNames areas={areas} k={k} />
            <Labels labels={plan.labels ?? []} />
            {views.map((v) => (
              <CameraMark
                key={v.camera}
                view={v}
                camera={cameras.find((c) => c.id === v.camera)}
                selected={camera === v.camera}
                tab={first === v.camera}
                onPick={look}
              />
            ))}
            {list.map((m) => (
              <Mark
                key={m.point}
                mark={m}
                point={points.get(m.point)}
                device={devices.get(m.point)}
                alarm={byPoint.get(m.point)}
                selected={selected === m.point}
                tab={first === m.point}
                onPick={pick}
              />
            ))}
            <CallOuts
              called={called}
              k={k}
              width={plan.width}
              height={plan.height}
              selected={selected}
              onPick={pick}
              onCrowd={crowd}
            />
          </>
        )}
      </Surface>
    </div>
  )
})

const steps: Record<string, [number, number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
}

/** The nearest mark in a direction. */
function neighbour(plan: Plan, from: string, [dx, dy]: [number, number]): string | undefined {
  const all = [
    ...(plan.points ?? []).map((p) => ({ id: p.point as string, x: p.x, y: p.y })),
    ...(plan.cameras ?? []).map((c) => ({ id: c.camera, x: c.x, y: c.y })),
  ]
  const here = all.find((m) => m.id === from)
  if (!here) return undefined
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const m of all) {
    const along = (m.x - here.x) * dx + (m.y - here.y) * dy
    if (m.id === from || along <= 0) continue
    const aside = Math.abs((m.x - here.x) * dy) + Math.abs((m.y - here.y) * dx)
    const cost = distance([m.x, m.y], [here.x, here.y]) + aside
    if (cost < least) {
      least = cost
      best = m.id
    }
  }
  return best
}

/** The gravest open alarm of each point of the plan, life safety first, then in the order of the list. */
export function alarmsOn(plan: Plan, alarms: readonly Alarm[]): Alarm[] {
  const gravest = alarmsByPoint(alarms)
  const found: Alarm[] = []
  for (const p of plan.points ?? []) {
    const alarm = gravest.get(p.point)
    if (alarm) found.push(alarm)
  }
  const rank = new Map(alarms.map((a, i) => [a.id, i]))
  return found.sort(
    (a, b) => Number(isLifeSafety(b)) - Number(isLifeSafety(a)) || (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0),
  )
}

/** The tint of each area: by the gravest alarm in it; fire before everything else. */
export function tonesOf(plan: Plan, inAlarm: readonly Alarm[]): Map<string, string> {
  const place = new Map((plan.points ?? []).map((p) => [p.point as string, p.place]))
  const tones = new Map<string, string>()
  const fires = inAlarm.filter((a) => a.kind.startsWith('fire.'))
  for (const alarm of [...fires, ...inAlarm]) {
    const at = place.get(alarm.point)
    if (at === undefined || tones.has(at)) continue
    const burning = alarm.kind === 'fire.alarm' || alarm.kind === 'fire.evacuation'
    tones.set(at, `q${priorityOf(alarm)} ${bandOf(alarm)}${burning ? ' burning' : ''}`)
  }
  return tones
}

/** The same list as before while it holds the same alarms, so that nothing is drawn anew for others. */
function useStable(list: Alarm[]): Alarm[] {
  const held = useRef(list)
  const same = list.length === held.current.length && list.every((a, i) => a === held.current[i])
  if (!same) held.current = list
  return held.current
}
