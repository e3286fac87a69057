// What is drawn, as a value: every change makes a new one, so that undo is the
// one before.
import { area, inside, round } from '../geometry'
import type { CameraView, Plan, PlanArea, PlanLabel, PlanPoint, Vertex } from '../schema'

export interface Doc {
  width: number
  height: number
  scale: number
  drawing: Plan['drawing']
  areas: PlanArea[]
  points: PlanPoint[]
  cameras: CameraView[]
  labels: PlanLabel[]
}

/** "area:<id>", "point:<id>", "camera:<id>", "label:<id>". */
export type Key = string
export const keyOf = (what: 'area' | 'point' | 'camera' | 'label', id: string): Key => `${what}:${id}`
export const partsOf = (key: Key): [string, string] => {
  const at = key.indexOf(':')
  return [key.slice(0, at), key.slice(at + 1)]
}

export function docOf(plan: Plan): Doc {
  return {
    width: plan.width,
    height: plan.height,
    scale: plan.scale,
    drawing: plan.drawing,
    areas: plan.areas ?? [],
    points: plan.points ?? [],
    cameras: plan.cameras ?? [],
    labels: plan.labels ?? [],
  }
}

export const corners = (a: PlanArea): Vertex[] => (a.shape ?? []) as Vertex[]

export const keysOf = (doc: Doc): Key[] => [
  ...doc.areas.map((a) => keyOf('area', a.place)),
  ...doc.points.map((p) => keyOf('point', p.point)),
  ...doc.cameras.map((c) => keyOf('camera', c.camera)),
  ...doc.labels.map((l) => keyOf('label', l.id)),
]

/** Moves things by plan units. */
export function move(doc: Doc, keys: ReadonlySet<Key>, dx: number, dy: number): Doc {
  const by = <T extends { x: number; y: number }>(key: Key, one: T): T =>
    keys.has(key) ? { ...one, x: round(one.x + dx), y: round(one.y + dy) } : one
  return {
    ...doc,
    areas: doc.areas.map((a) =>
      keys.has(keyOf('area', a.place))
        ? { ...a, shape: corners(a).map(([x, y]) => [round(x + dx), round(y + dy)]) }
        : a,
    ),
    points: doc.points.map((p) => by(keyOf('point', p.point), p)),
    cameras: doc.cameras.map((c) => by(keyOf('camera', c.camera), c)),
    labels: doc.labels.map((l) => by(keyOf('label', l.id), l)),
  }
}

export function remove(doc: Doc, keys: ReadonlySet<Key>): Doc {
  return {
    ...doc,
    areas: doc.areas.filter((a) => !keys.has(keyOf('area', a.place))),
    points: doc.points.filter((p) => !keys.has(keyOf('point', p.point))),
    cameras: doc.cameras.filter((c) => !keys.has(keyOf('camera', c.camera))),
    labels: doc.labels.filter((l) => !keys.has(keyOf('label', l.id))),
  }
}

const patched = <T>(list: T[], is: (one: T) => boolean, change: Partial<T>): T[] =>
  list.map((one) => (is(one) ? { ...one, ...change } : one))

export const patchArea = (doc: Doc, place: string, change: Partial<PlanArea>): Doc => ({
  ...doc,
  areas: patched(doc.areas, (a) => a.place === place, change),
})
export const patchPoint = (doc: Doc, point: string, change: Partial<PlanPoint>): Doc => ({
  ...doc,
  points: patched(doc.points, (p) => p.point === point, change),
})
export const patchCamera = (doc: Doc, camera: string, change: Partial<CameraView>): Doc => ({
  ...doc,
  cameras: patched(doc.cameras, (c) => c.camera === camera, change),
})
export const patchLabel = (doc: Doc, id: string, change: Partial<PlanLabel>): Doc => ({
  ...doc,
  labels: patched(doc.labels, (l) => l.id === id, change),
})

export const setVertex = (doc: Doc, place: string, i: number, at: Vertex): Doc => ({
  ...doc,
  areas: doc.areas.map((a) =>
    a.place === place ? { ...a, shape: corners(a).map((v, n) => (n === i ? [round(at[0]), round(at[1])] : v)) } : a,
  ),
})

export const insertVertex = (doc: Doc, place: string, after: number, at: Vertex): Doc => ({
  ...doc,
  areas: doc.areas.map((a) => {
    if (a.place !== place) return a
    const shape = [...corners(a)]
    shape.splice(after + 1, 0, [round(at[0]), round(at[1])])
    return { ...a, shape }
  }),
})

/** A triangle keeps its corners. */
export const removeVertex = (doc: Doc, place: string, i: number): Doc => ({
  ...doc,
  areas: doc.areas.map((a) =>
    a.place === place && corners(a).length > 3 ? { ...a, shape: corners(a).filter((_, n) => n !== i) } : a,
  ),
})

/** The innermost area that holds a place, or the level. */
export function areaAt(doc: Doc, level: string, at: Vertex): string {
  const holding = doc.areas.filter((a) => inside(corners(a), at))
  holding.sort((a, b) => area(corners(a)) - area(corners(b)))
  return holding[0]?.place ?? level
}

/** What stands in another area than the one it is bound to: a proposal for each. */
export function proposals(doc: Doc, level: string): { key: Key; place: string }[] {
  const wrong: { key: Key; place: string }[] = []
  const look = (key: Key, one: { x: number; y: number; place: string }) => {
    const place = areaAt(doc, level, [one.x, one.y])
    const bound = doc.areas.find((a) => a.place === one.place)
    const fits = place === one.place || (bound !== undefined && inside(corners(bound), [one.x, one.y]))
    if (!fits) wrong.push({ key, place })
  }
  for (const p of doc.points) look(keyOf('point', p.point), p)
  for (const c of doc.cameras) look(keyOf('camera', c.camera), c)
  return wrong
}

export function bind(doc: Doc, bindings: readonly { key: Key; place: string }[]): Doc {
  const to = new Map(bindings.map((b) => [b.key, b.place]))
  return {
    ...doc,
    points: doc.points.map((p) => ({ ...p, place: to.get(keyOf('point', p.point)) ?? p.place })),
    cameras: doc.cameras.map((c) => ({ ...c, place: to.get(keyOf('camera', c.camera)) ?? c.place })),
  }
}

/** Nearest grid line, or a corner of an area that is nearer than reach. */
export function snapped(doc: Doc, at: Vertex, grid: number, reach: number, but?: string): Vertex {
  if (grid === 0) return [round(at[0]), round(at[1])]
  let best: Vertex | undefined
  let least = reach
  for (const a of doc.areas) {
    if (a.place === but) continue
    for (const v of corners(a)) {
      const d = Math.hypot(v[0] - at[0], v[1] - at[1])
      if (d < least) {
        least = d
        best = v
      }
    }
  }
  return best ?? [Math.round(at[0] / grid) * grid, Math.round(at[1] / grid) * grid]
}

// History.

export interface History {
  past: Doc[]
  now: Doc
  future: Doc[]
  saved: Doc
  step: string // steps of one name in a row are one undo: a drag, a run of arrow keys
}

export type Act =
  | { do: Doc; step?: string }
  | { undo: true }
  | { redo: true }
  | { saved: Doc } // the console has taken it
  | { start: Doc; saved: Doc } // another document

export const begin = (doc: Doc): History => ({ past: [], now: doc, future: [], saved: doc, step: '' })

export function history(h: History, act: Act): History {
  if ('do' in act) {
    if (act.do === h.now) return h
    const same = act.step !== undefined && act.step === h.step && h.past.length > 0
    return { ...h, past: same ? h.past : [...h.past, h.now], now: act.do, future: [], step: act.step ?? '' }
  }
  if ('undo' in act) {
    const before = h.past[h.past.length - 1]
    return before ? { ...h, past: h.past.slice(0, -1), now: before, future: [h.now, ...h.future], step: '' } : h
  }
  if ('redo' in act) {
    const [after, ...rest] = h.future
    return after ? { ...h, past: [...h.past, h.now], now: after, future: rest, step: '' } : h
  }
  if ('start' in act) return { past: [...h.past, h.now], now: act.start, future: [], saved: act.saved, step: '' }
  return { ...h, saved: act.saved, now: act.saved, step: '' }
}

export const isChanged = (h: History): boolean => h.now !== h.saved && !same(h.now, h.saved)

/** Equal in what they say; the order of fields and the console's own fields do not count. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [ka, kb] = [Object.keys(a), Object.keys(b)]
  return (
    ka.length === kb.length &&
    ka.every((k) => k in b && same((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]))
  )
}

/**
 * Joins what two people did to one plan: each thing as the one who changed it
 * has left it; where both changed it, mine.
 */
export function merge(base: Doc, mine: Doc, theirs: Doc): Doc {
  const one = <T>(b: T, m: T, t: T): T => (same(b, m) ? t : m)
  const list = <T>(key: (item: T) => string, b: T[], m: T[], t: T[]): T[] => {
    const [was, ours] = [new Map(b.map((x) => [key(x), x])), new Map(m.map((x) => [key(x), x]))]
    const other = new Map(t.map((x) => [key(x), x]))
    const joined: T[] = []
    for (const id of new Set([...t, ...m].map(key))) {
      const kept = one(was.get(id), ours.get(id), other.get(id))
      if (kept !== undefined) joined.push(kept)
    }
    return joined
  }
  return {
    width: one(base.width, mine.width, theirs.width),
    height: one(base.height, mine.height, theirs.height),
    scale: one(base.scale, mine.scale, theirs.scale),
    drawing: one(base.drawing, mine.drawing, theirs.drawing),
    areas: list((a) => a.place, base.areas, mine.areas, theirs.areas),
    points: list((p) => p.point as string, base.points, mine.points, theirs.points),
    cameras: list((c) => c.camera, base.cameras, mine.cameras, theirs.cameras),
    labels: list((l) => l.id, base.labels, mine.labels, theirs.labels),
  }
}
