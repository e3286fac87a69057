// Rules: what several signals together mean.
import type { components } from '../api.d.ts'

type Schemas = components['schemas']
export type Rule = Schemas['Rule']
export type Logic = Schemas['Logic']
export type Trial = Schemas['Trial']
export type Hit = Schemas['Hit']
export type RuleHit = Schemas['RuleHit']

/** The kinds that rules look at most, in the order of the list. */
export const kinds = [
  'access.denied',
  'access.granted',
  'access.rex',
  'door.forced',
  'door.held',
  'door.opened',
  'door.unlocked',
  'zone.alarm',
  'zone.open',
  'zone.tamper',
  'device.tamper',
  'area.armed',
  'duress',
  'panic',
  'fire.alarm',
  'fire.prealarm',
  'fire.fault',
  'power.mains_fail',
  'comms.lost',
  'env.threshold',
] as const

export const blank: Logic = {
  pattern: 'count',
  match: { kinds: ['access.denied'] },
  count: 3,
  within: 300,
  by: 'point',
  outcome: { do: 'alarm', priority: 3, text: '' },
}

/** The same logic with what its pattern does not have taken away. */
export function tidy(l: Logic): Logic {
  const next: Logic = { ...l }
  if (l.pattern === 'count') {
    delete next.second
    delete next.any_order
    next.count = l.count || 3
  } else {
    delete next.count
    next.second = l.second ?? { kinds: ['zone.alarm'] }
  }
  if (l.by === 'detail') next.field = l.field || 'card'
  else delete next.field
  return next
}

/** Whether two rules find the same; their words and grade aside. */
export function sameLogic(a: Logic, b: Logic): boolean {
  const found = (l: Logic) => {
    const { pattern, match, second, count, within, by, field, any_order } = tidy(l)
    const sorted = (m: Logic['match'] | undefined) =>
      m && {
        kinds: [...(m.kinds ?? [])].sort(),
        points: m.points ?? [],
        areas: m.areas ?? [],
        categories: m.categories ?? [],
        detail: m.detail ?? {},
        restores: m.restores ?? false,
      }
    return JSON.stringify([
      pattern,
      sorted(match),
      sorted(second),
      count ?? 0,
      within,
      by,
      field ?? '',
      any_order ?? false,
    ])
  }
  return found(a) === found(b)
}
