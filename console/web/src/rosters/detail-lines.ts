// The Daily Detail as bars: officers in lanes, what is empty beside them, meals and
// who stands in. The console works the day out; here it gets its places on the page.
import type { components } from '../api.d.ts'
import type { Post } from './contract'
import type { Rolls } from './register'
import { wall } from './words'

export type DailyDetail = components['schemas']['DailyDetail']

export interface Bar {
  officer: string // '' where nobody stands
  from: number // share of the day, 0 to 1
  to: number
  times: string // 06–14 or 06:15–14:00, by the clock of the station
  lane: number
  missing: number // officers, of a bar that is empty
  shift: string
}

export interface MealMark {
  officer: string
  by: string // '' where nobody was found to stand in
  at: number
  time: string
  lane: number
}

export interface DetailLine {
  post: Post
  first: boolean // of its area
  bars: Bar[]
  meals: MealMark[]
  lanes: number
}

/** 06–14, or 06:15–14:00 where an end is not on the hour: the scale above has the hours. */
const span = (from: string, to: string): string => {
  const ends = [wall(from), wall(to)]
  return (ends.every((end) => end.endsWith(':00')) ? ends.map((end) => end.slice(0, 2)) : ends).join('–')
}

export function linesOf(detail: DailyDetail, rolls: Rolls): DetailLine[] {
  const begin = Date.parse(detail.from)
  const long = Math.max(1, Date.parse(detail.to) - begin)
  const share = (at: string) => Math.max(0, Math.min(1, (Date.parse(at) - begin) / long))
  const lines = detail.posts.flatMap((p): DetailLine[] => {
    const post = rolls.posts.get(p.post)
    if (!post) return []
    const bar = (from: string, to: string) => ({
      from: share(from),
      to: share(to),
      times: span(from, to),
      lane: 0,
    })
    const bars = inLanes([
      ...p.stands.map((s) => ({ ...bar(s.from, s.to), officer: s.officer, missing: 0, shift: s.shift })),
      ...p.holes.map((h) => ({ ...bar(h.from, h.to), officer: '', missing: h.missing, shift: '' })),
    ])
    if (bars.length === 0) return []
    const meals = p.meals.map((m) => ({
      officer: m.officer,
      by: m.by,
      at: share(m.from),
      time: wall(m.from),
      lane: bars.find((b) => b.officer === m.officer && b.from <= share(m.from) && b.to > share(m.from))?.lane ?? 0,
    }))
    return [{ post, first: false, bars, meals, lanes: Math.max(1, ...bars.map((b) => b.lane + 1)) }]
  })
  const areas = [...new Set([...lines].sort((a, b) => a.post.id.localeCompare(b.post.id)).map((l) => l.post.area))]
  lines.sort((a, b) => areas.indexOf(a.post.area) - areas.indexOf(b.post.area) || a.post.id.localeCompare(b.post.id))
  return lines.map((line, i) => ({ ...line, first: lines[i - 1]?.post.area !== line.post.area }))
}

export const emptyPlaces = (detail: DailyDetail): number =>
  detail.posts.reduce((n, p) => n + p.holes.reduce((sum, h) => sum + h.missing, 0), 0)

/** Puts bars that meet into lanes of their own, those that follow each other into one. */
export function inLanes<T extends { officer: string; from: number; to: number; lane: number }>(
  bars: readonly T[],
): T[] {
  const ends: number[] = []
  return [...bars]
    .sort((a, b) => a.from - b.from || Number(a.officer === '') - Number(b.officer === ''))
    .map((bar) => {
      let lane = ends.findIndex((end) => end <= bar.from + 1e-9)
      if (lane < 0) lane = ends.length
      ends[lane] = bar.to
      return { ...bar, lane }
    })
}
