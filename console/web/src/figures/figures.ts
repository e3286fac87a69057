// The figures of a station's alarms, and how they stand to their targets.
import type { components } from '../api.d.ts'

type Schemas = components['schemas']
export type Figures = Schemas['Figures']
export type BadActor = Schemas['BadActor']
export type RateSlot = Schemas['RateSlot']
export type FloodChoice = Schemas['FloodChoice']

/** How a figure stands to its target; nothing is green, for nothing needs to be. */
export type Standing = 'within' | 'over' | 'far_over'

export function standing(value: number, target: number, most = target * 2): Standing {
  if (value <= target) return 'within'
  return value <= most ? 'over' : 'far_over'
}

/** The month that holds the moment, in the station's zone: "2026-11". */
export function monthOf(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit' }).formatToParts(at)
  const get = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${get('year')}-${get('month')}`
}

/** The months before and with the one given, the newest first. */
export function monthsBefore(month: string, count: number): string[] {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return Array.from({ length: count }, (_, back) => {
    const at = new Date(Date.UTC(year, number - 1 - back, 1))
    return `${at.getUTCFullYear()}-${String(at.getUTCMonth() + 1).padStart(2, '0')}`
  })
}

export const sumOf = (slot: RateSlot): number => slot.p1 + slot.p2 + slot.p3 + slot.p4

/** A round number for the top of a scale. */
export function topOf(most: number): number {
  for (const step of [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]) if (most <= step) return step
  return Math.ceil(most / 10_000) * 10_000
}
