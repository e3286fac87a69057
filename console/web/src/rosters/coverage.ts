// Who is wanted where, and who is lacking: by post and shift, minute by minute,
// because a long shift covers parts of two.
import type { Demand, ShiftType } from './contract'
import { addDays, minuteOf } from './days'
import type { Wanted } from './roster'

export interface Span {
  from: number // minutes after midnight of the shift's own day
  to: number
}

/** The parts of a shift on one scale; an end that is not after its start is on the next day. */
export function spansOf(type: Pick<ShiftType, 'parts'>): Span[] {
  const spans: Span[] = []
  let end = 0
  for (const part of type.parts) {
    let from = minuteOf(part.start)
    while (from < end) from += 1440
    let to = from - (from % 1440) + minuteOf(part.end)
    if (to <= from) to += 1440
    spans.push({ from, to })
    end = to
  }
  return spans
}

/** Minutes that count as work on a day without a clock change. */
export const minutesOf = (type: Pick<ShiftType, 'parts' | 'class' | 'paid'>): number =>
  type.class === 'standby' ? 0 : type.paid || spansOf(type).reduce((sum, s) => sum + s.to - s.from, 0)

export interface Place {
  demand: Demand
  spans: Span[]
  have: number // the fewest who are there at any minute
  here: string[] // officers whose duty at the post touches it
}

export interface DayCover {
  need: number
  have: number // officers on duty where they are wanted, at most as many as are wanted
  on: number // officers on duty with that shift, wherever
  lack: number
}

export interface Coverage {
  places: Place[]
  /** By shift code ("" for mere times) and day. */
  rows: Map<string, Map<string, DayCover>>
}

export const placeKey = (d: Pick<Demand, 'post' | 'date' | 'shift' | 'from' | 'to'>): string =>
  `${d.post}|${d.date}|${d.shift || `${d.from}-${d.to}`}`

export function cover(
  demands: readonly Demand[],
  filled: Iterable<Wanted>,
  types: ReadonlyMap<string, ShiftType>,
): Coverage {
  const spans = new Map([...types].map(([code, type]) => [code, spansOf(type)]))
  const duties = new Map<string, { officer: string; shift: string; spans: Span[] }[]>()
  const on = new Map<string, number>()
  for (const { officer, date, duties: turns } of filled) {
    for (const turn of turns) {
      on.set(`${turn.shift}|${date}`, (on.get(`${turn.shift}|${date}`) ?? 0) + 1)
      if (turn.post === '' || types.get(turn.shift)?.class === 'standby') continue
      const key = `${turn.post}|${date}`
      const list = duties.get(key) ?? []
      list.push({ officer, shift: turn.shift, spans: spans.get(turn.shift) ?? [] })
      duties.set(key, list)
    }
  }
  const rows: Coverage['rows'] = new Map()
  const places: Place[] = []
  for (const demand of demands) {
    const wanted = demand.shift ? (spans.get(demand.shift) ?? []) : clockSpan(demand)
    const place = placeOf(demand, wanted, duties)
    places.push(place)
    const row = rows.get(demand.shift) ?? new Map<string, DayCover>()
    rows.set(demand.shift, row)
    const day = row.get(demand.date) ?? {
      need: 0,
      have: 0,
      on: on.get(`${demand.shift}|${demand.date}`) ?? 0,
      lack: 0,
    }
    day.need += demand.headcount
    day.have += Math.min(place.have, demand.headcount)
    day.lack += Math.max(0, demand.headcount - place.have)
    row.set(demand.date, day)
  }
  return { places, rows }
}

function clockSpan(demand: Demand): Span[] {
  const from = minuteOf(demand.from)
  const to = minuteOf(demand.to)
  return [{ from, to: to <= from ? to + 1440 : to }]
}

function placeOf(
  demand: Demand,
  wanted: Span[],
  duties: ReadonlyMap<string, { officer: string; shift: string; spans: Span[] }[]>,
): Place {
  const near: { officer: string; from: number; to: number }[] = []
  const here = new Set<string>()
  for (const [days, shift] of [
    [-1, -1440],
    [0, 0],
    [1, 1440],
  ] as const) {
    const date = days === 0 ? demand.date : addDays(demand.date, days)
    for (const duty of duties.get(`${demand.post}|${date}`) ?? [])
      for (const span of duty.spans) {
        const one = { officer: duty.officer, from: span.from + shift, to: span.to + shift }
        if (!wanted.some((w) => one.from < w.to && one.to > w.from)) continue
        near.push(one)
        here.add(duty.officer)
      }
  }
  let have = Number.POSITIVE_INFINITY
  for (const want of wanted) {
    const edges = [want.from, ...near.flatMap((n) => [n.from, n.to]).filter((m) => m > want.from && m < want.to)]
    for (const edge of edges) have = Math.min(have, near.filter((n) => n.from <= edge && n.to > edge).length)
  }
  return { demand, spans: wanted, have: Number.isFinite(have) ? have : 0, here: [...here] }
}
