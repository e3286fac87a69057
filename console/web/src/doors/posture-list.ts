// The postures of a station as their editor changes them.
import type { components } from '../api.d.ts'
import type { PostureDefinition } from './door'

export type PostureAction = components['schemas']['PostureAction']
export type Phase = 'set' | 'clear'

export const colours = ['blue', 'teal', 'indigo', 'pink', 'brown', 'grey'] as const
export const actionKinds = ['doors', 'cameras', 'announcement', 'posts'] as const
export const postureVerbs = ['lock', 'unlock', 'block', 'lock_open', 'lock_open_release', 'double_lock'] as const

/** A new posture; its colour is the first that no other wears. */
export function blankPosture(others: readonly PostureDefinition[]): PostureDefinition {
  const free = colours.find((c) => !others.some((o) => o.colour === c)) ?? 'blue'
  return { id: '', title: '', colour: free, description: '', set: [], clear: [] }
}

export const blankAction = (kind: PostureAction['kind']): PostureAction =>
  kind === 'doors' ? { kind, verb: 'lock', doors: [] } : { kind, text: '' }

/** A name for the console's own use, made of the title: small letters, digits and -, and none that is taken. */
export function postureId(title: string, taken: readonly string[]): string {
  const plain = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)
  const base = plain || 'posture'
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`
    if (!taken.includes(id)) return id
  }
}

/** The list with one moved up or down; at the ends it stays. */
export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const to = from + by
  const one = list[from]
  if (one === undefined || to < 0 || to >= list.length) return [...list]
  return list.toSpliced(from, 1).toSpliced(to, 0, one)
}

/** Where a fault of the whole list lies in one posture: "postures.2.set.0.text" is "set.0.text" of the third. */
export function placeIn(field: string, at: number): string | undefined {
  const head = `postures.${at}.`
  return field.startsWith(head) ? field.slice(head.length) : undefined
}
