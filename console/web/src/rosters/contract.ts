// What the console says of rosters, by the names that these screens use.
import type { components } from '../api.d.ts'
import type { Thing } from '../contract'

type Schemas = components['schemas']

export type Turn = Schemas['Duty']
export type Cell = Schemas['Cell']
export type Board = Schemas['Board']
export type Table = Schemas['Table']
export type Findings = Schemas['Findings']
export type Draft = Schemas['Draft']
export type Edited = Schemas['Edited']
export type Edit = Schemas['Edit']
export type Laid = Schemas['Laid']
export type Violation = Schemas['Violation']
export type Fix = Schemas['Fix']
export type Fixes = Schemas['Fixes']
export type Score = Schemas['Score']
export type Tally = Schemas['Tally']
export type Demand = Schemas['Demand']
export type Leave = Schemas['Leave']
export type Request = Schemas['Request']
export type Difference = Schemas['Difference']
export type Change = Schemas['Change']
export type Preview = Schemas['Preview']
export type Publication = Schemas['Publication']
export type Register = Schemas['Register']
export type Officer = Schemas['Officer']
export type Post = Schemas['RostersPost']
export type ShiftType = Schemas['ShiftType']
export type RosterRule = Schemas['RostersRule']
export type Holiday = Schemas['Holiday']
export type Candidate = Schemas['Candidate']
export type Reason = Schemas['Reason']
export type Conflict = Schemas['Conflict']
export type Alternative = Schemas['Alternative']
export type Reliefs = Schemas['Reliefs']
export type Planning = Schemas['Planning'] & Thing
export type Imported = Schemas['Imported']
export type Absences = Schemas['Absences']
export type RosterRules = Schemas['RosterRules']
export type KindInfo = Schemas['KindInfo']

/** A thing with the version that was seen; 0 for what is new. */
export interface Kept<T> {
  version: number
  item: T
}

/** Two editors met in a cell: what it holds now, and what was wanted. */
export interface CellConflict {
  officer: string
  date: string
  version: number
  duties: Turn[]
  yours: Turn[]
}

/** What the live stream says of a draft. */
export interface DraftNews extends Thing {
  station: string
  name: string
  version: number
  changed_by: string
  changes: { officer: string; date: string; version: number; becomes: Turn[] }[] | null
}

/** What it says of a station's rosters: read anew what is older. */
export interface RosterNews extends Thing {
  station: string
  version: number
  publication: number
}

export const ranks = ['recruit', 'officer', 'senior_officer', 'sergeant', 'lieutenant', 'captain', 'inspector'] as const
export const leaveKinds = ['annual', 'sick', 'training', 'duty_travel', 'home', 'compensatory', 'special'] as const
/** What a board may show of leave: sickness is for those with the right, others see "absent". */
export const leaveShown = (medical: boolean): string[] =>
  leaveKinds.map((kind) => (kind === 'sick' && !medical ? 'absent' : kind))
export const shiftClasses = ['day', 'evening', 'night', 'long', 'split', 'standby'] as const

export const rankAt = (rank: string): number => (ranks as readonly string[]).indexOf(rank)
export const cellKey = (officer: string, date: string): string => `${officer}|${date}`
export const sameTurns = (a: readonly Turn[], b: readonly Turn[]): boolean =>
  a.length === b.length && a.every((x) => b.some((y) => x.shift === y.shift && x.post === y.post))
