// What the console says and takes, under /api/v1. The types come from the
// console's own OpenAPI document (`npm run api`); every other file takes them
// from here. Only the live stream, which OpenAPI cannot describe, is written out.
import type { components } from './api.d.ts'

type Schemas = components['schemas']

export type Instant = string // RFC 3339, UTC

export type About = Schemas['About']
export type Acknowledgement = Schemas['Acknowledgement']
export type Alarm = Schemas['Alarm']
export type AlarmStep = Schemas['Entry']
export type AlarmWithHistory = Schemas['AlarmWithHistory']
export type AuditCheck = Schemas['Verdict']
export type AuditEntry = Schemas['AuditEntry']
export type Command = Schemas['Command']
export type Device = Schemas['Device']
export type Gateway = Schemas['Gateway']
export type Point = Schemas['Point']
export type PointVerb = Schemas['Verb']
/** A refusal; proxies and broken connections leave out all but these two. */
export type Problem = Partial<Schemas['Problem']> & Pick<Schemas['Problem'], 'status' | 'code'>
export type Reading = Schemas['Reading']
export type RoleAt = Schemas['Grant']
export type Session = Schemas['Session']
export type Station = Schemas['Station']
export type TokenInfo = Schemas['Token']
export type User = Schemas['User']

/** One page of a list; next is empty on the last one. */
export interface List<T> {
  items: T[] | null
  next: string
}

export type ShelfMode = 'shelved' | 'suppressed' | 'out_of_service'

/** A removal of a point's alarms, as the lists of what is not shown hold it. */
export type Shelf = Omit<Schemas['Shelf'], 'mode'> & Thing & { mode: ShelfMode }

/** How grave an alarm is, as the glyphs show it. */
export type Priority = 1 | 2 | 3 | 4

/** The rights that the screens ask about. */
export type Permission =
  | 'alarms.read'
  | 'alarms.acknowledge'
  | 'doors.command'
  | 'panels.command'
  | 'fire.command'
  | 'devices.read'
  | 'devices.configure'
  | 'gateways.manage'
  | 'users.manage'
  | 'tokens.manage'
  | 'stations.manage'
  | 'audit.read'
  | 'signals.read'
  | 'alarms.handle'
  | 'alarms.shelve'
  | 'alarms.shelve_long'
  | 'alarms.remove'
  | 'alarms.rationalise'
  | 'figures.read'
  | 'watch.supervise'
  | 'watch.manage'
  | 'cover.grant'
  | 'sites.read'
  | 'sites.edit'
  | 'people.read'
  | 'cameras.watch'
  | 'cameras.play'
  | 'cameras.move'
  | 'cameras.export'
  | 'cameras.configure'
  | 'people.import'
  | 'doors.configure'
  | 'lockdown.command'
  | 'postures.set'
  | 'postures.edit'
  | 'wardens.write'
  | 'rosters.read'
  | 'rosters.plan'
  | 'rosters.publish'
  | 'rosters.amend'
  | 'rosters.approve'
  | 'rosters.medical'
  | 'duty.write'

// The live stream.

/** How a device stands, as the stream says it. */
export type DeviceLife = Pick<Device, 'state' | 'since' | 'last_heard' | 'error'>

/**
 * Topics of whole things with an id: each change is an event of the topic's
 * name, and the snapshot holds them all by topic. A thing with gone is no more.
 */
export const topics = [
  'shelf',
  'flood',
  'desk',
  'watch',
  'cover',
  'impairment',
  'lockdown',
  'posture',
  'call',
  'approval',
  'investigation',
  'evacuation',
  'held',
  'site',
  'camera',
  'roster',
  'draft',
  'plan',
  'duty',
] as const
export type Topic = (typeof topics)[number]

export interface Thing {
  id: string
  gone?: boolean
}

export interface Snapshot {
  things?: Partial<Record<Topic, Thing[]>> | null
  alarms: Alarm[] | null
  points: Record<string, Reading> | null
  gateways: Gateway[] | null
  devices: Record<string, DeviceLife> | null
  commands: Command[] | null
  server_time: Instant
  cursor: string
}

export interface Heartbeat {
  now: Instant
  build: string
  cursor: string
}
