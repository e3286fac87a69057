// How a point stands: in alarm, worth a look, without data, or calm. Calm is
// grey. A point without data is neither calm nor in alarm.

import { bandOf, bands, compareAlarms, isRemoved } from '../alarms/order'
import type { Alarm, Device, DeviceLife, Point, Reading } from '../contract'

export type Standing = 'alarm' | 'look' | 'no_data' | 'calm'

const calm = new Set(['normal', 'closed', 'locked', 'disarmed', 'armed', 'ok', 'controlled', 'online', 'sealed'])

export function statesOf(reading: Pick<Reading, 'state' | 'states'> | null | undefined): string[] {
  if (!reading) return []
  return reading.states?.length ? reading.states : reading.state ? [reading.state] : []
}

export function hasData(reading: Reading | null | undefined, life: DeviceLife | undefined): boolean {
  if (!reading || (life && life.state !== 'up')) return false
  return reading.quality === 'good' || reading.quality === 'uncertain'
}

export function standing(
  point: Point,
  reading: Reading | null | undefined,
  life: DeviceLife | undefined,
  alarm: Alarm | undefined,
): Standing {
  if (alarm) return 'alarm'
  if (!hasData(reading, life)) return 'no_data'
  if (reading?.quality === 'uncertain') return 'look'
  const first = point.states?.[0]
  return statesOf(reading).every((s) => s === first || calm.has(s)) ? 'calm' : 'look'
}

const order: Standing[] = ['alarm', 'look', 'no_data', 'calm']

export interface Standee {
  point: Point
  standing: Standing
  alarm: Alarm | undefined
  near: number // 0: elsewhere; the more, the nearer to the alarm that is looked at
}

/** How near a point is to an alarm: its own place, its area, its building, or elsewhere. */
export function nearness(alarm: Alarm): (point: Point, device: Device) => number {
  const own = alarm.location
  const names = [alarm.area_name, alarm.building_name].map((name) => name?.toLocaleLowerCase() ?? '')
  return (point, device) => {
    const place = point.location || device.location
    if (point.id === alarm.point) return 4
    if (!place) return 0
    if (own && place === own) return 3
    const words = place.toLocaleLowerCase()
    const [area, building] = names
    if (area && words.includes(area)) return 2
    return building && words.includes(building) ? 1 : 0
  }
}

export function compareStandees(a: Standee, b: Standee): number {
  return (
    b.near - a.near ||
    order.indexOf(a.standing) - order.indexOf(b.standing) ||
    (a.alarm && b.alarm ? compareAlarms(a.alarm, b.alarm) : 0) ||
    (a.point.name || a.point.id).localeCompare(b.point.name || b.point.id, undefined, { numeric: true })
  )
}

/** The gravest open alarm of each point. */
export function alarmsByPoint(alarms: readonly Alarm[]): Map<string, Alarm> {
  const found = new Map<string, Alarm>()
  for (const alarm of alarms) {
    if (isRemoved(alarm) || !bands.includes(bandOf(alarm))) continue
    const held = found.get(alarm.point)
    if (!held || compareAlarms(alarm, held) < 0) found.set(alarm.point, alarm)
  }
  return found
}

const doorVerbs = new Set(['access', 'lock', 'unlock', 'block', 'lockdown'])

/** A door of a door controller, or of an intrusion panel that keeps doors too. */
export function isDoor(point: Point): boolean {
  return (
    (point.verbs ?? []).some((v) => doorVerbs.has(v.verb)) ||
    ((point.kinds ?? []).some((kind) => kind.startsWith('door.')) && (point.states ?? []).some((s) => opens.has(s)))
  )
}

const opens = new Set(['open', 'opened', 'forced', 'forced_open', 'held', 'open_too_long', 'locked_open'])
const modes = ['locked_down', 'blocked', 'locked_open', 'unlocked', 'accessed', 'double_locked', 'locked'] as const

/** A door in two words: whether the leaf stands open, and what the lock does. Unknown stays unknown. */
export function doorOf(point: Point, reading: Reading | null | undefined): { contact: string; mode: string } {
  const states = statesOf(reading)
  if (states.length === 0) return { contact: 'unknown', mode: 'unknown' }
  const told = point.states ?? []
  const knows = (set: { has: (s: string) => boolean }) => told.some((s) => set.has(s)) || states.some((s) => set.has(s))
  const contact = states.some((s) => opens.has(s))
    ? 'open'
    : knows(opens) || states.includes('closed')
      ? 'closed'
      : 'unknown'
  const mode = modes.find((m) => states.includes(m))
  if (mode) return { contact, mode }
  return { contact, mode: told.includes('unlocked') || told.includes('blocked') ? 'locked' : 'unknown' }
}

/** Points that stand for the device itself; its own mark says the same. */
export function isOwnPoint(point: Point): boolean {
  const local = point.id.slice(point.id.indexOf('.', point.id.indexOf('/')) + 1)
  return local === 'comms' || local === 'life'
}
