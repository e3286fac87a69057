// The plan as it was then: the drawing of the level, each point by what it had said,
// each alarm as it stood. A point that had said nothing is unknown, not normal. The
// drawing itself is that of today.
import '../sites/sites.css'
import {
  IconBellRinging,
  IconDoor,
  IconDoorEnter,
  IconLockOpen,
  IconPlugOff,
  IconQuestionMark,
} from '@tabler/icons-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { bandOf, isRemoved, priorityOf } from '../alarms/order'
import type { Alarm, Point } from '../contract'
import { isDoor } from '../devices/standing'
import { dayOrClock } from '../i18n/time'
import { kindWords, stateWords } from '../i18n/words'
import { Loading } from '../shell/states'
import { type SiteIndex, usePlan, useSite, useSiteIndex, useStationDevices } from '../sites/data'
import { alarmsOn, tonesOf } from '../sites/live-plan'
import { AreaNames, areaLooks, Background, Ground, Labels, spot } from '../sites/marks'
import type { Plan } from '../sites/schema'
import { type Sheet, Surface } from '../sites/surface'
import { activeOf, type PastPoint, type Scene } from './past'

interface PastPlanProps {
  station: string
  scene: Scene
  selected: string | undefined
  zone: string
  onPoint: (point: string) => void
}

export function PastPlan(props: PastPlanProps) {
  const { station, scene, selected, zone, onPoint } = props
  const { t } = useTranslation()
  const site = useSite(station)
  const index = useSiteIndex(site.data)
  const { points } = useStationDevices(station)
  const [chosen, setChosen] = useState<string>()
  const [table, setTable] = useState(false)
  const wanted = index?.levelOf(index.placeOf.get(selected ?? ''))?.id
  useEffect(() => {
    if (wanted) setChosen(wanted)
  }, [wanted])
  const level = chosen ?? busiest(index, scene) ?? index?.levels[0]?.id
  const plan = usePlan(level, station)
  const flat = table || site.error || (index && index.levels.length === 0) || plan.error
  if (!flat && (!index || !plan.data)) return <Loading />
  return (
    <>
      <div className="replay-levels no-print">
        {index && index.levels.length > 0 && (
          <select
            className="input"
            aria-label={t('replay.level')}
            value={level}
            onChange={(event) => setChosen(event.target.value)}
          >
            {index.levels.map((l) => (
              <option key={l.id} value={l.id}>
                {index.path(l.id)}
              </option>
            ))}
          </select>
        )}
        <span className="faint">{t('replay.drawing_of_today')}</span>
        <span className="grow" />
        <div className="seg">
          <button type="button" aria-pressed={!flat} onClick={() => setTable(false)}>
            {t('replay.plan')}
          </button>
          <button type="button" aria-pressed={Boolean(flat)} onClick={() => setTable(true)}>
            {t('replay.points')}
          </button>
        </div>
      </div>
      {flat || !plan.data ? (
        <PointsThen scene={scene} points={points} selected={selected} zone={zone} onPoint={onPoint} />
      ) : (
        <Drawing plan={plan.data} scene={scene} points={points} selected={selected} onPoint={onPoint} />
      )}
    </>
  )
}

/** The level with the gravest alarm. */
function busiest(index: SiteIndex | undefined, scene: Scene): string | undefined {
  const all = [...scene.alarms.values()].filter((a) => !isRemoved(a)).sort((a, b) => a.priority - b.priority)
  for (const alarm of all) {
    const level = index?.levelOf(index.placeOf.get(alarm.point))
    if (level) return level.id
  }
  return undefined
}

function Drawing(props: {
  plan: Plan
  scene: Scene
  points: Map<string, Point>
  selected: string | undefined
  onPoint: (point: string) => void
}) {
  const { plan, scene, points, selected, onPoint } = props
  const { t } = useTranslation()
  const sheet = useRef<Sheet>(null)
  const inAlarm = useMemo(
    () =>
      alarmsOn(
        plan,
        [...scene.alarms.values()].filter((a) => !isRemoved(a)).sort((a, b) => a.priority - b.priority),
      ),
    [plan, scene],
  )
  const byPoint = useMemo(() => new Map(inAlarm.map((a) => [a.point as string, a])), [inAlarm])
  const areas = useMemo(() => areaLooks(plan.areas ?? [], tonesOf(plan, inAlarm)), [plan, inAlarm])
  useEffect(() => {
    const mark = (plan.points ?? []).find((p) => p.point === selected)
    if (mark) sheet.current?.show(mark.x, mark.y)
  }, [selected, plan])
  return (
    <div className="live-plan" data-past-plan={plan.level}>
      <Surface key={plan.level} width={plan.width} height={plan.height} label={t('replay.plan_then')} sheet={sheet}>
        {(k) => (
          <>
            <Background drawing={plan.drawing} station={plan.station} />
            <Ground width={plan.width} height={plan.height} areas={areas} cameras={[]} />
            <AreaNames areas={areas} k={k} />
            <Labels labels={plan.labels ?? []} />
            {(plan.points ?? []).map((m) => (
              <PastMark
                key={m.point}
                point={m.point}
                known={points.get(m.point)}
                past={scene.points.get(m.point)}
                alarm={byPoint.get(m.point)}
                at={spot(m.x, m.y)}
                selected={selected === m.point}
                onPoint={onPoint}
              />
            ))}
          </>
        )}
      </Surface>
    </div>
  )
}

function PastMark(props: {
  point: string
  known: Point | undefined
  past: PastPoint | undefined
  alarm: Alarm | undefined
  at: React.CSSProperties
  selected: boolean
  onPoint: (point: string) => void
}) {
  const { point, known, past, alarm, at, selected, onPoint } = props
  const { t } = useTranslation()
  const name = known?.name || alarm?.point_name || point
  const words = usePastWords()(past)
  const said = alarm ? `${kindWords(t, alarm.kind)} · ${words}` : words
  const how = !past ? 'no_data' : past.quality === 'lost' ? 'stale' : 'calm'
  return (
    <>
      <button
        type="button"
        className={`mark ${how}${alarm ? ` q${priorityOf(alarm)} ${bandOf(alarm)}` : ''}`}
        style={at}
        aria-pressed={selected}
        aria-label={`${name}, ${said}`}
        title={`${name} · ${said}`}
        data-past={point}
        onClick={() => onPoint(point)}
      >
        <span className="mark-sign">
          <PastSign known={known} past={past} />
        </span>
      </button>
      {alarm && (
        <span className={`past-callout q${priorityOf(alarm)}`} style={at} aria-hidden="true">
          <span>
            <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={14} named={false} still />
            <bdi>{name}</bdi> {kindWords(t, alarm.kind)}
          </span>
        </span>
      )}
    </>
  )
}

function PastSign({ known, past }: { known: Point | undefined; past: PastPoint | undefined }) {
  const looks = { size: 15, stroke: 1.7, 'aria-hidden': true } as const
  if (!past) return <IconQuestionMark {...looks} />
  if (past.quality === 'lost') return <IconPlugOff {...looks} />
  const active = new Set(activeOf(past).map((c) => c.kind as string))
  if ((known && isDoor(known)) || past.conditions?.some((c) => c.kind.startsWith('door.'))) {
    if (active.has('door.opened')) return <IconDoorEnter {...looks} />
    if (active.has('door.unlocked')) return <IconLockOpen {...looks} />
    return <IconDoor {...looks} />
  }
  return <IconBellRinging {...looks} opacity={active.size > 0 ? 1 : 0.45} />
}

/** What a point had said, in words. */
function usePastWords(): (past: PastPoint | undefined) => string {
  const { t } = useTranslation()
  return (past) => {
    if (!past) return t('replay.unknown')
    const active = activeOf(past).map((c) => kindWords(t, c.kind))
    const words =
      active.length > 0 ? active.join(', ') : past.state ? stateWords(t, past.state) : t('replay.nothing_active')
    return past.quality === 'lost' ? t('replay.last_known', { words }) : words
  }
}

function PointsThen(props: {
  scene: Scene
  points: Map<string, Point>
  selected: string | undefined
  zone: string
  onPoint: (point: string) => void
}) {
  const { scene, points, selected, zone, onPoint } = props
  const { t } = useTranslation()
  const words = usePastWords()
  const [active, setActive] = useState(true)
  const ids = [...new Set([...points.keys(), ...scene.points.keys()])]
    .filter((id) => !active || activeOf(scene.points.get(id)).length > 0)
    .sort()
  const most = 500
  return (
    <>
      <label className="replay-only">
        <input type="checkbox" checked={active} onChange={(event) => setActive(event.target.checked)} />
        {t('replay.only_active')}
      </label>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('replay.points')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('replay.point')}</th>
              <th scope="col">{t('replay.stood')}</th>
              <th scope="col">{t('replay.since')}</th>
            </tr>
          </thead>
          <tbody>
            {ids.slice(0, most).map((id) => {
              const past = scene.points.get(id)
              return (
                <tr key={id} className={id === selected ? 'on' : undefined}>
                  <td>
                    <button type="button" className="rowlink" onClick={() => onPoint(id)}>
                      <bdi>{points.get(id)?.name || id}</bdi>
                    </button>
                  </td>
                  <td>{words(past)}</td>
                  <td className="num">{past ? dayOrClock(past.since, zone, Date.now()) : '–'}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
        {ids.length === 0 && <p className="empty">{t('replay.none_active')}</p>}
        {ids.length > most && <p className="notice">{t('replay.more', { count: ids.length - most })}</p>}
      </div>
    </>
  )
}
