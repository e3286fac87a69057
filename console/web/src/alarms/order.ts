// Which alarm stands above which, in which band, and which are hidden by none.
import type { Alarm, Priority } from '../contract'

export type Band = 'unacknowledged' | 'acknowledged' | 'returned' | 'other'

export const bands: readonly Band[] = ['unacknowledged', 'acknowledged', 'returned', 'other']

const removals = new Set(['shelved', 'suppressed', 'out_of_service'])

/** The state to show. Life safety has no states that hide it: it shows what lies beneath. */
export function stateOf(alarm: Pick<Alarm, 'state' | 'beneath' | 'life_safety' | 'kind'>): string {
  if (!removals.has(alarm.state) || !isLifeSafety(alarm)) return alarm.state
  return alarm.beneath && !removals.has(alarm.beneath) ? alarm.beneath : 'unacknowledged'
}

/** Whether the alarm is shelved, suppressed by design or out of service: in its own counted list, not in this one. */
export function isRemoved(alarm: Alarm): boolean {
  return removals.has(stateOf(alarm))
}

/** A state that these screens do not know keeps its row, in a band of its own. */
export function bandOf(alarm: Pick<Alarm, 'state'> & Partial<Alarm>): Band {
  const state = removals.has(alarm.state) ? stateOf(alarm as Alarm) : alarm.state
  switch (state) {
    case 'unacknowledged':
    case 'acknowledged':
    case 'returned':
      return state
    default:
      return 'other'
  }
}

/** The priority as a glyph can show it; what is out of range is drawn to the nearest. */
export function priorityOf(alarm: Pick<Alarm, 'priority'>): Priority {
  const p = Math.round(Number(alarm.priority))
  return (p >= 1 && p <= 4 ? p : p > 4 ? 4 : 1) as Priority
}

/** Band, then priority, then fire before other things of the same priority, then the oldest. */
export function compareAlarms(a: Alarm, b: Alarm): number {
  return rank(a) - rank(b) || inOrder(a.raised_at ?? '', b.raised_at ?? '') || inOrder(a.id, b.id)
}

const ranks = new WeakMap<Alarm, number>()

function rank(alarm: Alarm): number {
  let held = ranks.get(alarm)
  if (held === undefined) {
    held = bands.indexOf(bandOf(alarm)) * 100 + priorityOf(alarm) * 10 + (fire.has(alarm.kind) ? 0 : 1)
    ranks.set(alarm, held)
  }
  return held
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const fire = new Set(['fire.alarm', 'fire.evacuation'])
const neverHidden = new Set(['fire.alarm', 'fire.evacuation', 'duress', 'panic', 'medical.alarm'])

/** Fire, duress, hold-up and medical: pinned above the list and hidden by no filter. */
export function isLifeSafety(alarm: Pick<Alarm, 'life_safety' | 'kind'>): boolean {
  return alarm.life_safety || neverHidden.has(alarm.kind)
}

/** Alarms that still want something from somebody: not acknowledged, cleared or not. */
export function wantsAcknowledgement(alarm: Pick<Alarm, 'state'> & Partial<Alarm>): boolean {
  const band = bandOf(alarm)
  return band === 'unacknowledged' || band === 'returned'
}

/** Over, answered, and waiting for somebody to say what it was. */
export function wantsClosing(alarm: Alarm): boolean {
  return alarm.state === 'normal' && Boolean(alarm.close_needed) && !alarm.closed
}

/** Somebody has picked it up, though it is not acknowledged: it stands out, and does not flash. */
export function isHandled(alarm: Alarm): boolean {
  return Boolean(alarm.owner) && bandOf(alarm) === 'unacknowledged'
}

/**
 * The alarms that stand for themselves. One that another open alarm speaks for
 * (a device behind a lost gateway) is counted on that one's row and not listed;
 * where that other alarm is not on the board, or life is concerned, it is.
 */
export function standingAlone(alarms: readonly Alarm[]): Alarm[] {
  const roots = new Set<string>()
  for (const a of alarms) if (!a.cause && !isRemoved(a)) roots.add(a.point)
  return alarms.filter((a) => !isUnder(a, roots))
}

export function isUnder(alarm: Alarm, roots: { has: (point: string) => boolean }): boolean {
  return Boolean(alarm.cause) && !isLifeSafety(alarm) && roots.has(alarm.cause ?? '')
}
