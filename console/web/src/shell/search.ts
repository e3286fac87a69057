// What the console finds by name: places and cameras of the site, and people.
import { ask } from '../ask'

export interface Found {
  key: string
  kind: string
  words: string
  more: string
  href: string // where it is opened
}

interface SiteFound {
  what: 'place' | 'point' | 'camera'
  id: string
  name: string
  kind: string
  path: string
  building: string
  level: string
}

interface Person {
  id: string
  name: string
  class?: string
}

const MOST = 12

export async function findPlaces(words: string, signal: AbortSignal): Promise<Found[]> {
  const got = await ask<{ items: SiteFound[] | null }>('/sites/search', { query: { q: words }, signal })
  return (got.items ?? [])
    .filter((found) => found.what !== 'point') // points are known here already
    .slice(0, MOST)
    .map((found) => {
      const plan = `/plans/${encodeURIComponent(found.building)}/${encodeURIComponent(found.level)}`
      return {
        key: `${found.what}-${found.id}`,
        kind: found.what === 'place' ? found.kind : found.what,
        words: found.name,
        more: found.path,
        href: found.building && found.level ? `${plan}?${found.what}=${encodeURIComponent(found.id)}` : '/stations',
      }
    })
}

export async function findPeople(words: string, signal: AbortSignal): Promise<Found[]> {
  const got = await ask<{ items: Person[] | null }>('/people', { query: { q: words, limit: MOST }, signal })
  return (got.items ?? []).map((p) => ({
    key: `person-${p.id}`,
    kind: 'person',
    words: p.name,
    more: p.class ?? '',
    href: `/people?person=${encodeURIComponent(p.id)}`,
  }))
}
