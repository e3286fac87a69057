// What the console keeps of why a point alarms and what is to be done then.
import type { components } from '../api.d.ts'

type Schemas = components['schemas']
export type Rationale = Schemas['RationaleRow']
export type RationaleSetting = Schemas['RationaleSetting']
export type RationaleImport = Schemas['RationaleImport']
export type RationaleChange = Schemas['RationaleChange']
export type DoorTime = Schemas['DoorTime']
export type DoorSetting = Schemas['DoorSetting']

/** The fields that may be set, as the form shows them: all are text until they are sent. */
export const fields = [
  'priority',
  'response',
  'cause',
  'consequence',
  'respond_within',
  'finish_within',
  'cameras',
  'procedure',
  'on_delay_ms',
  'off_delay_ms',
] as const
export type Field = (typeof fields)[number]
export type Draft = Partial<Record<Field, string>>

export const numeric: readonly Field[] = ['priority', 'respond_within', 'finish_within', 'on_delay_ms', 'off_delay_ms']
export const long: readonly Field[] = ['response', 'cause', 'consequence', 'procedure']

/** Delays are typed in seconds and kept in milliseconds. */
const thousand: readonly Field[] = ['on_delay_ms', 'off_delay_ms']

/** A field of a row as the form shows it; empty when nothing is set. */
export function shown(row: Rationale, field: Field): string {
  const value = row[field]
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'number') return value === 0 ? '' : String(thousand.includes(field) ? value / 1000 : value)
  return value ?? ''
}

/** What has been typed as the console wants it; a field that is no number is named. */
export function settingOf(
  draft: Draft,
  key: { point: string; kind: string; version: number },
): { setting: RationaleSetting; wrong: Field | null } {
  const setting: Record<string, unknown> = { ...key }
  let wrong: Field | null = null
  for (const [name, text] of Object.entries(draft) as [Field, string][]) {
    if (numeric.includes(name)) {
      const number = text.trim() === '' ? 0 : Number(text) * (thousand.includes(name) ? 1000 : 1)
      if (!Number.isFinite(number) || number < 0 || !Number.isInteger(number)) wrong = name
      setting[name] = number
    } else if (name === 'cameras') setting[name] = text.split(/[\s,;]+/).filter(Boolean)
    else setting[name] = text
  }
  return { setting: setting as unknown as RationaleSetting, wrong }
}
