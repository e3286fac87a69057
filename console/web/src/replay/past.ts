// The past as the console tells it, and a film played on from a still.
import type { components } from '../api.d.ts'
import type { Alarm } from '../contract'

type Schemas = components['schemas']

export type Condition = NonNullable<PastPoint['conditions']>[number]
export type PastPoint = Schemas['PastPoint']
export type Density = Schemas['Density']
export type Range = Schemas['ReplayRange']
export type Line = Schemas['Line']
export type Act = Schemas['Act']
export type Found = Schemas['Found']
export type Film = Omit<Schemas['Film'], 'items'> & { items: FilmStep[] }
export type FilmStep = Omit<Schemas['FilmStep'], 'alarm'> & { alarm: Alarm | null }
export type Still = Omit<Schemas['Still'], 'alarms'> & { alarms: Alarm[] }

/** What is true at an instant of the film. Points that are not in it are unknown. */
export interface Scene {
  alarms: Map<string, Alarm>
  points: Map<string, PastPoint>
  lost: Set<string> // gateways
}

export function sceneOf(still: Still): Scene {
  return {
    alarms: new Map((still.alarms ?? []).map((a) => [a.id, a])),
    points: new Map(Object.entries(still.points ?? {})),
    lost: new Set(still.lost ?? []),
  }
}

/** Kinds that say that somebody does not answer. */
const silences = new Set(['gateway.lost', 'comms.lost', 'lifesign.stopped'])

/** The scene after some steps; the one given stays as it is. */
export function play(scene: Scene, steps: readonly FilmStep[]): Scene {
  if (steps.length === 0) return scene
  const next: Scene = { alarms: new Map(scene.alarms), points: new Map(scene.points), lost: new Set(scene.lost) }
  for (const step of steps) {
    if (step.alarm) {
      if (step.closed) next.alarms.delete(step.alarm.id)
      else next.alarms.set(step.alarm.id, step.alarm)
    }
    if (step.signal && step.holds) hear(next, step.signal)
  }
  return next
}

function hear(scene: Scene, line: Line): void {
  const before = scene.points.get(line.point)
  const condition: Condition = {
    kind: line.kind,
    active: line.active,
    state: line.state,
    text: line.text,
    since: line.observed,
  }
  const conditions = (before?.conditions ?? []).filter((c) => c.kind !== line.kind)
  // A signal that was overtaken says nothing of now: the console knows the order, and seeking shows it.
  const known = before?.conditions?.find((c) => c.kind === line.kind)
  if (known && Date.parse(known.since) > Date.parse(line.observed)) return
  conditions.push(condition)
  conditions.sort((a, b) => (a.kind < b.kind ? -1 : 1))
  scene.points.set(line.point, {
    quality: before?.quality ?? 'known',
    state: line.state,
    since: line.observed,
    conditions,
  })
  if (silences.has(line.kind)) silence(scene, line)
}

/** What a device or a gateway that is lost, or back, means for its points. */
function silence(scene: Scene, line: Line): void {
  const gateway = line.point.split('/')[0] ?? ''
  if (line.kind === 'gateway.lost') {
    if (line.active) scene.lost.add(gateway)
    else scene.lost.delete(gateway)
  }
  const device = line.point.split('.')[0] ?? ''
  const own = line.kind === 'gateway.lost' ? `${gateway}/` : `${device}.`
  for (const [id, point] of scene.points) {
    if (!id.startsWith(own)) continue
    const lost = line.active || scene.lost.has(gateway)
    scene.points.set(id, { ...point, quality: lost ? 'lost' : 'known' })
  }
}

/** What is active at a point, the kinds in their order. */
export const activeOf = (point: PastPoint | undefined): Condition[] => (point?.conditions ?? []).filter((c) => c.active)

/** Steps at or before an instant, and those after it. */
export function cut(steps: readonly FilmStep[], at: number): [FilmStep[], FilmStep[]] {
  let i = 0
  while (i < steps.length && Date.parse(steps[i]?.at ?? '') <= at) i++
  return [steps.slice(0, i), steps.slice(i)]
}

/** How long the slider is, by name. */
export const lengths = { '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const
export type Length = keyof typeof lengths

/** The part of time that the slider shows: around the instant, and never past now. */
export function windowOf(at: number, length: Length, now: number): [from: number, to: number] {
  const span = lengths[length]
  const to = Math.min(now, at + span / 2)
  return [to - span, to]
}
