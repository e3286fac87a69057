// The lines of a list of alarms, in the order in which they are drawn, and how
// they keep still while somebody is aiming at them.
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Alarm } from '../contract'
import { type Band, bandOf, wantsClosing } from './order'

export const ROW = 50
export const HEAD = 26
const HOLD = 1_000 // ms after a key or a moving pointer
const LONGEST = 3_000 // ms that a moving pointer can hold the order

export type Grouping = 'none' | 'band' | 'area'

export interface Hold {
  until: number
  began: number
}

/** Keeps the order for a second from now; a pointer cannot keep it for ever. */
export function touch(hold: Hold, by: 'key' | 'pointer', now = performance.now()): void {
  if (now > hold.until) hold.began = now
  if (by === 'pointer' && now - hold.began > LONGEST - HOLD) return
  hold.until = now + HOLD
}

/** A header is no alarm; ids of alarms never begin like this. */
export const isHeader = (line: string): boolean => line.charCodeAt(0) === 35 // #
export const headerOf = (line: string): string => line.slice(1)

export type LineBand = Band | 'closing'
export const lineBand = (alarm: Alarm): LineBand => (wantsClosing(alarm) ? 'closing' : bandOf(alarm))

/** Where an alarm is, for grouping: its area, else its building, else what the device says of its place. */
export const areaOf = (alarm: Alarm): string => alarm.area || alarm.building || alarm.location || ''

/** Ids of alarms and headers, of alarms that are in order already. */
export function lines(sorted: readonly Alarm[], grouping: Grouping): string[] {
  if (grouping === 'none') return sorted.map((a) => a.id)
  if (grouping === 'area') return byArea(sorted)
  const drawn: string[] = []
  let last: LineBand | undefined
  for (const alarm of sorted) {
    const band = lineBand(alarm)
    if (band !== last) drawn.push(`#${band}`)
    last = band
    drawn.push(alarm.id)
  }
  return drawn
}

/** Areas stand in the order of the gravest alarm in each. */
function byArea(sorted: readonly Alarm[]): string[] {
  const areas = new Map<string, string[]>()
  for (const alarm of sorted) {
    const area = `${alarm.station}\n${areaOf(alarm)}`
    const there = areas.get(area)
    if (there) there.push(alarm.id)
    else areas.set(area, [alarm.id])
  }
  return [...areas].flatMap(([area, ids]) => [`#${area}`, ...ids])
}

/** The lines that are shown while the order is held: what is gone leaves, what is new comes last. */
export function heldLines(shown: readonly string[], fresh: readonly string[]): string[] {
  const there = new Set(fresh)
  const known = new Set(shown)
  return [
    ...shown.filter((line) => isHeader(line) || there.has(line)),
    ...fresh.filter((line) => !known.has(line) && !isHeader(line)),
  ]
}

export function useLines(alarms: readonly Alarm[], grouping: Grouping, hold: Hold): string[] {
  const shown = useRef<string[]>([])
  const about = useRef(grouping)
  const [, release] = useState(0)
  const fresh = useMemo(() => lines(alarms, grouping), [alarms, grouping])
  const held = performance.now() < hold.until && about.current === grouping
  const now = held ? heldLines(shown.current, fresh) : fresh
  const drawn = sameLines(shown.current, now) ? shown.current : now
  useEffect(() => {
    shown.current = drawn
    about.current = grouping
    if (!held) return
    const timer = setTimeout(() => release((n) => n + 1), Math.max(20, hold.until - performance.now() + 5))
    return () => clearTimeout(timer)
  })
  return drawn
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i])
}

/** Where each line begins, in pixels, and behind the last one how long the list is. */
export function tops(drawn: readonly string[]): number[] {
  const at = new Array<number>(drawn.length + 1)
  let top = 0
  for (let i = 0; i < drawn.length; i++) {
    at[i] = top
    top += isHeader(drawn[i] as string) ? HEAD : ROW
  }
  at[drawn.length] = top
  return at
}

/** The lines under a header, up to the next one. */
export function under(drawn: readonly string[], header: number): readonly string[] {
  let end = header + 1
  while (end < drawn.length && !isHeader(drawn[end] as string)) end++
  return drawn.slice(header + 1, end)
}

/** The first line that ends below y. */
export function lineAt(at: readonly number[], y: number): number {
  let low = 0
  let high = Math.max(0, at.length - 2)
  while (low < high) {
    const middle = (low + high) >> 1
    if ((at[middle + 1] ?? 0) > y) high = middle
    else low = middle + 1
  }
  return low
}
