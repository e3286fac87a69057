// What the console says of doors, and how the screens ask it.
import type { components } from '../api.d.ts'
import { ask, everything, inPath, pressKey } from '../ask'
import type { Thing } from '../contract'

type Schemas = components['schemas']

export type Door = Schemas['DoorsDoor']
export type Lockdown = Schemas['Lockdown'] & Thing
export type HeldDoor = Schemas['HeldDoor']
export type Posture = Schemas['Posture'] & Thing
export type PostureStep = Schemas['PostureStep']
export type PostureDefinition = Schemas['PostureDefinition']
export type PostureDefinitions = Schemas['PostureDefinitionsNow']
export type Approval = Schemas['Approval'] & Thing
export type Call = Schemas['Call'] & Thing
export type Passage = Schemas['DoorPassage']
export type DoorPolicy = Schemas['DoorPolicyNow']
export type Ordered = Schemas['Ordered']

export const allDoors = (station: string | undefined, signal?: AbortSignal) =>
  everything<Door>('/doors', { station }, signal)

export const oneDoor = (id: string, signal?: AbortSignal) => ask<Door>(`/doors/${inPath(id)}`, { signal })

/** Gives a command to a door; a second officer may be needed first. */
export const command = (id: string, verb: string, minutes: number, reason: string) =>
  ask<Ordered>(`/doors/${inPath(id)}/commands`, {
    method: 'POST',
    body: { verb, minutes, reason },
    headers: { 'Idempotency-Key': pressKey() },
  })

export const begin = (station: string, place: string, fire: boolean, key: string) =>
  ask<Lockdown>('/lockdowns', {
    method: 'POST',
    body: { station, place, confirm_fire: fire },
    headers: { 'Idempotency-Key': key },
  })

export const rehearse = (station: string, place: string, signal?: AbortSignal) =>
  ask<Lockdown>('/lockdowns', { method: 'POST', body: { station, place, dry_run: true }, signal })

/** Doors by how they stand, for counting. */
export function tally(lockdown: Pick<Lockdown, 'doors'>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const door of lockdown.doors ?? []) counts[door.state] = (counts[door.state] ?? 0) + 1
  return counts
}

const worst = [
  'not_obeyed',
  'not_released',
  'unknown',
  'suspended',
  'offline',
  'release_offline',
  'cannot',
  'waiting',
  'releasing',
  'left_out',
  'held_elsewhere',
  'obeyed',
  'released',
]

/** The doors of a lockdown, those first that somebody must look after. */
export function byNeed(doors: readonly HeldDoor[] | null): HeldDoor[] {
  const rank = (state: string) => (worst.indexOf(state) < 0 ? worst.length : worst.indexOf(state))
  return [...(doors ?? [])].sort((a, b) => rank(a.state) - rank(b.state) || a.name.localeCompare(b.name))
}

/** Whether a person must look after the door: it is said aloud and drawn boldly. */
export const needsSomebody = (state: string): boolean =>
  ['not_obeyed', 'not_released', 'unknown', 'suspended', 'offline', 'release_offline'].includes(state)
