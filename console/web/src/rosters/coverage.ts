// Who is wanted where, and who is lacking: by post and shift, minute by minute,
// because a long shift covers parts of two.
import type { Demand, ShiftType, Turn } from './contract'
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
  places: readonly Place[]
  /** By shift code ("" for mere times) and day. */
  rows: ReadonlyMap<string, ReadonlyMap<string, DayCover>>
  /** What is wanted of a shift on a day. */
  wanted: (shift: string, date: string) => readonly Place[]
}

/** What is shown before anything has been reckoned. */
export const uncounted: Coverage = { places: [], rows: new Map(), wanted: () => [] }

export const placeKey = (d: Pick<Demand, 'post' | 'date' | 'shift' | 'from' | 'to'>): string =>
  `${d.post}|${d.date}|${d.shift || `${d.from}-${d.to}`}`

interface Standing {
  officer: string
  shift: string
  spans: Span[]
}

/** Coverage that is kept up with the cells: a change is reckoned where it is, and nowhere else. */
export class Cover {
  private places: Place[] = []
  private rows = new Map<string, Map<string, DayCover>>()
  private types: ReadonlyMap<string, ShiftType>
  private spans: Map<string, Span[]>
  private standing = new Map<string, Standing[]>() // by post and day
  private on = new Map<string, number>() // by shift and day
  private wants = new Map<string, number[]>() // numbers of places by post and day
  private byShift = new Map<string, number[]>() // by shift and day
  private due = new Set<number>()
  private moved = new Set<string>() // shifts and days of which more or fewer are on duty
  private beside = new Map<string, [string, string]>()
  private now: Coverage | undefined // none: every place is still due

  constructor(demands: readonly Demand[], types: ReadonlyMap<string, ShiftType>) {
    this.types = types
    this.spans = new Map([...types].map(([code, type]) => [code, spansOf(type)]))
    for (const [i, demand] of demands.entries()) {
      const spans = demand.shift ? (this.spans.get(demand.shift) ?? []) : clockSpan(demand)
      this.places.push({ demand, spans, have: 0, here: [] })
      push(this.wants, `${demand.post}|${demand.date}`, i)
      push(this.byShift, `${demand.shift}|${demand.date}`, i)
      const day = this.day(demand.shift, demand.date)
      day.need += demand.headcount
      day.lack += demand.headcount
    }
  }

  /** An officer gets duties on a day. */
  seat(officer: string, date: string, turns: readonly Turn[]): void {
    for (const { shift, post } of turns) {
      this.count(shift, date, 1)
      if (!this.stands(shift, post)) continue
      push(this.standing, `${post}|${date}`, { officer, shift, spans: this.spans.get(shift) ?? [] })
      this.reckon(post, date)
    }
  }

  /** An officer's duties on a day are taken away. */
  rise(officer: string, date: string, turns: readonly Turn[]): void {
    for (const { shift, post } of turns) {
      this.count(shift, date, -1)
      if (!this.stands(shift, post)) continue
      const list = this.standing.get(`${post}|${date}`) ?? []
      const i = list.findIndex((s) => s.officer === officer && s.shift === shift)
      if (i >= 0) list.splice(i, 1)
      this.reckon(post, date)
    }
  }

  /** The coverage after all changes; the same object while nothing changed. */
  settle(): Coverage {
    if (this.now && this.due.size === 0 && this.moved.size === 0) return this.now
    for (const i of this.now ? this.due : this.places.keys()) {
      const was = this.places[i] as Place
      const { demand } = was
      const place = this.reckoned(was)
      this.places[i] = place
      const day = this.day(demand.shift, demand.date)
      const least = (p: Place) => Math.min(p.have, demand.headcount)
      day.have += least(place) - least(was)
      day.lack -= least(place) - least(was)
    }
    for (const key of this.moved) {
      const [shift = '', date = ''] = key.split('|')
      const day = this.rows.get(shift)?.get(date)
      if (day) day.on = this.on.get(key) ?? 0
    }
    this.due.clear()
    this.moved.clear()
    this.now = {
      places: this.places,
      rows: this.rows,
      wanted: (shift, date) => (this.byShift.get(`${shift}|${date}`) ?? []).map((i) => this.places[i] as Place),
    }
    return this.now
  }

  private stands(shift: string, post: string): boolean {
    return post !== '' && this.types.get(shift)?.class !== 'standby'
  }

  private day(shift: string, date: string): DayCover {
    const row = this.rows.get(shift) ?? new Map<string, DayCover>()
    this.rows.set(shift, row)
    const day = row.get(date) ?? { need: 0, have: 0, on: 0, lack: 0 }
    row.set(date, day)
    return day
  }

  private count(shift: string, date: string, by: number): void {
    const key = `${shift}|${date}`
    this.on.set(key, (this.on.get(key) ?? 0) + by)
    this.moved.add(key)
  }

  /** The days before and after. */
  private around(date: string): [string, string] {
    let days = this.beside.get(date)
    if (!days) {
      days = [addDays(date, -1), addDays(date, 1)]
      this.beside.set(date, days)
    }
    return days
  }

  private reckon(post: string, date: string): void {
    if (!this.now) return
    for (const day of [date, ...this.around(date)])
      for (const i of this.wants.get(`${post}|${day}`) ?? []) this.due.add(i)
  }

  private reckoned({ demand, spans }: Place): Place {
    const near: { officer: string; from: number; to: number }[] = []
    const here: string[] = []
    const [before, after] = this.around(demand.date)
    const look = (date: string, shift: number) => {
      for (const duty of this.standing.get(`${demand.post}|${date}`) ?? [])
        for (const span of duty.spans) {
          const one = { officer: duty.officer, from: span.from + shift, to: span.to + shift }
          if (!spans.some((w) => one.from < w.to && one.to > w.from)) continue
          near.push(one)
          if (!here.includes(duty.officer)) here.push(duty.officer)
        }
    }
    look(before, -1440)
    look(demand.date, 0)
    look(after, 1440)
    return { demand, spans, have: fewest(spans, near), here }
  }
}

/** How many are there at the minute at which the fewest are. */
function fewest(wanted: readonly Span[], near: readonly Span[]): number {
  if (near.length === 0) return 0
  let have = Number.POSITIVE_INFINITY
  for (const want of wanted) {
    const edges = [want.from, ...near.flatMap((n) => [n.from, n.to]).filter((m) => m > want.from && m < want.to)]
    for (const edge of edges) have = Math.min(have, near.filter((n) => n.from <= edge && n.to > edge).length)
  }
  return Number.isFinite(have) ? have : 0
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

function clockSpan(demand: Demand): Span[] {
  const from = minuteOf(demand.from)
  const to = minuteOf(demand.to)
  return [{ from, to: to <= from ? to + 1440 : to }]
}

/** The coverage of cells that do not change. */
export function cover(
  demands: readonly Demand[],
  filled: Iterable<Wanted>,
  types: ReadonlyMap<string, ShiftType>,
): Coverage {
  const cover = new Cover(demands, types)
  for (const { officer, date, duties } of filled) cover.seat(officer, date, duties)
  return cover.settle()
}
