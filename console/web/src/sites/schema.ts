// What the console says of places and plans.
import type { components } from '../api.d.ts'

type Schemas = components['schemas']

export type Site = Schemas['SiteOverview']
export type Place = Schemas['Place']
export type PlaceKind = Place['kind']
export type CameraInfo = Schemas['Camera']
export type Plan = Schemas['Plan']
export type PlanArea = Schemas['PlanArea']
export type PlanPoint = Schemas['PlanPoint']
export type CameraView = Schemas['CameraView']
export type PlanLabel = Schemas['PlanLabel']
export type PlanDrawing = Schemas['PlanDrawing']
export type PlanVersion = Schemas['PlanVersion']
export type Picture = Schemas['Picture']
export type Found = Schemas['SiteFound']
export type ImportReport = Schemas['ImportReport']

export type Vertex = [number, number]

/** One thing that somebody else changed since a plan was read. It comes in a refusal, which the console's document does not describe. */
export interface PlanDifference {
  what: 'area' | 'point' | 'camera' | 'label' | 'drawing' | 'size' | 'scale'
  id: string
  name: string
  how: 'added' | 'removed' | 'changed'
}

/** What a stale save answers with: the plan as it is now, and what others did. */
export interface PlanConflict {
  plan: Plan
  differences: PlanDifference[]
}
