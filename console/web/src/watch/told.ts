// What the console says of the watch. The types are those of its own document.
import type { components, paths } from '../api.d.ts'
import type { Thing } from '../contract'

type Schemas = components['schemas']
type Answer<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends {
  responses: { 200: { content: { 'application/json': infer A } } }
}
  ? A
  : never

export type Post = Schemas['Post'] & Thing
export type Stand = Schemas['Stand'] & Thing
export type Roll = Schemas['Roll']
export type Pack = Schemas['PackState']
export type Choices = Schemas['Choices']
export type Keeping = Schemas['Keeping']
export type Grant = Schemas['GrantView']
export type Sheet = Answer<'/api/v1/handover', 'get'>
export type Handover = Schemas['Handover']
export type Contact = Answer<'/api/v1/contacts/{id}', 'patch'>
export type DutyTurn = Schemas['DutyTurn']
export type Delivery = Schemas['Delivery']
export type ContactsRead = Schemas['ContactsRead']

/** A cover grant as the live stream tells of it, on both sides. */
export interface Cover extends Thing {
  station: string
  by_station: string
  from: string
  until: string
  daily_from: string
  daily_to: string
  reason: string
  granted_by: string
  active: boolean
}
