// Which alarm stands above which, and in which band.
import type { Alarm, Priority } from '../contract'

export type Band = 'unacknowledged' | 'acknowledged' | 'returned' | 'other'

export const bands: readonly Band[] = ['unacknowledged', 'acknowledged', 'returned', 'other']

/** A state that these screens do not know keeps its row, in a band of its own. */
export function bandOf(alarm: Pick<Alarm, 'state'>): Band {
  switch (alarm.state) {
    case 'unacknowledged':
    case 'acknowledged':
    case 'returned':
      return alarm.state
    default:
      return 'other'
  }
}

/** The priority as a glyph can show it; what is out of range is drawn to the nearest. */
export function priorityOf(alarm: Pick<Alarm, 'priority'>): Priority {
  const p = Math.round(Number(alarm.priority))
  return (p >= 1 && p <= 4 ? p : p > 4 ? 4 : 1) as Priority
}

/** Band, then priority, then the oldest first. Instants of the console sort as text. */
export function compareAlarms(a: Alarm, b: Alarm): number {
  return rank(a) - rank(b) || inOrder(a.raised_at ?? '', b.raised_at ?? '') || inOrder(a.id, b.id)
}

const rank = (alarm: Alarm): number => bands.indexOf(bandOf(alarm)) * 10 + priorityOf(alarm)
const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const neverHidden = new Set(['fire.alarm', 'fire.evacuation', 'duress', 'panic', 'medical.alarm'])

/** Fire, duress, hold-up and medical: pinned above the list and hidden by no filter. */
export function isLifeSafety(alarm: Pick<Alarm, 'life_safety' | 'kind'>): boolean {
  return alarm.life_safety || neverHidden.has(alarm.kind)
}

/** Alarms that still want something from somebody: not acknowledged, cleared or not. */
export function wantsAcknowledgement(alarm: Pick<Alarm, 'state'>): boolean {
  return alarm.state === 'unacknowledged' || alarm.state === 'returned'
}

/**
 * Keeps rows where they are while somebody is aiming at them: rows that were
 * shown keep their order, rows that are gone leave, new rows come at the end.
 */
export function holdOrder(shown: readonly string[], sorted: readonly Alarm[]): Alarm[] {
  const byId = new Map(sorted.map((a) => [a.id, a]))
  const kept = shown.flatMap((id) => byId.get(id) ?? [])
  const known = new Set(shown)
  return [...kept, ...sorted.filter((a) => !known.has(a.id))]
}

/**
 * The alarms that stand for themselves. One that another open alarm speaks for
 * (a device behind a lost gateway) is counted on that one's row and not listed;
 * where that other alarm is not on the board, or life is concerned, it is.
 */
export function standingAlone(alarms: readonly Alarm[]): Alarm[] {
  const roots = new Set(alarms.filter((a) => !a.cause).map((a) => a.point))
  return alarms.filter((a) => !isUnder(a, roots))
}

export function isUnder(alarm: Alarm, roots: { has: (point: string) => boolean }): boolean {
  return Boolean(alarm.cause) && !isLifeSafety(alarm) && roots.has(alarm.cause ?? '')
}
