// What stands where on a wall of pictures.
import type { Wall } from './camera'

export type Size = 1 | 4 | 9 | 16
export const sizes: readonly Size[] = [1, 4, 9, 16]

/** The camera's id, FOLLOW for the selected alarm's camera, or nothing. */
export type Place = string | undefined
export const FOLLOW = '*'

export interface Layout {
  size: Size
  places: Place[] // as many as size
}

export const sizeOf = (value: unknown): Size => sizes.find((s) => s === Number(value)) ?? 4

export const columns = (size: Size): number => Math.sqrt(size)

/** The smallest wall that holds so many cameras. */
export const sizeFor = (count: number): Size => sizes.find((s) => s >= count) ?? 16

export function resized(layout: Layout, size: Size): Layout {
  const kept = layout.places.slice(0, size)
  // What no longer fits goes where there is room.
  for (const place of layout.places.slice(size)) {
    const free = kept.indexOf(undefined)
    if (place !== undefined && free >= 0) kept[free] = place
  }
  return { size, places: Array.from({ length: size }, (_, i) => kept[i]) }
}

/** Puts a camera into a place; where it stood before comes what it pushes out. */
export function put(layout: Layout, at: number, what: Place): Layout {
  const places = [...layout.places]
  const was = what === undefined ? -1 : places.indexOf(what)
  if (was >= 0) places[was] = places[at]
  places[at] = what
  return { ...layout, places }
}

export function swap(layout: Layout, a: number, b: number): Layout {
  const places = [...layout.places]
  ;[places[a], places[b]] = [places[b], places[a]]
  return { ...layout, places }
}

/** The place beside another one, for a key; the same at the edge. */
export function beside(size: Size, at: number, key: string, rtl = false): number {
  const wide = columns(size)
  const x = at % wide
  const on = rtl ? 'ArrowLeft' : 'ArrowRight'
  const back = rtl ? 'ArrowRight' : 'ArrowLeft'
  if (key === on) return x < wide - 1 ? at + 1 : at
  if (key === back) return x > 0 ? at - 1 : at
  if (key === 'ArrowDown') return at + wide < size ? at + wide : at
  if (key === 'ArrowUp') return at >= wide ? at - wide : at
  return at
}

/** A wall as it was saved. */
export function layoutOf(wall: Pick<Wall, 'tiles' | 'cameras'>): Layout {
  const size = sizeOf(wall.tiles)
  const places: Place[] = Array.from({ length: size })
  for (const tile of wall.cameras ?? [])
    if (tile.tile < size) places[tile.tile] = tile.follow ? FOLLOW : tile.camera || undefined
  return { size, places }
}

export const tilesOf = (layout: Layout): { tile: number; camera: string; follow?: boolean }[] =>
  layout.places.flatMap((place, tile) =>
    place === undefined ? [] : [place === FOLLOW ? { tile, camera: '', follow: true } : { tile, camera: place }],
  )

/** A layout as it stands in an address, so that a wall can be sent by link: "gw-1.C-01,,*". */
export const inAddress = (layout: Layout): string => layout.places.map((p) => p ?? '').join(',')

export function fromAddress(text: string, size: Size): Layout {
  const given = text.split(',')
  const seen = new Set<string>()
  const places = Array.from({ length: size }, (_, i): Place => {
    const place = given[i]
    if (!place || seen.has(place)) return undefined
    seen.add(place)
    return place
  })
  return { size, places }
}

export const sameLayout = (a: Layout, b: Layout): boolean => a.size === b.size && inAddress(a) === inAddress(b)
