// What is dragged on the wall: a camera, or a tile with what it shows. Every drag
// has a key that does the same.
import type { DragEvent } from 'react'

const KIND = 'application/x-guardroom-camera'

export interface Dragged {
  what?: string // a camera, or the tile that follows
  from?: number // the place of a tile
}

export function dragged(event: DragEvent, what: Dragged): void {
  event.dataTransfer.setData(KIND, JSON.stringify(what))
  event.dataTransfer.effectAllowed = 'move'
}

export const isOurs = (event: DragEvent): boolean => event.dataTransfer.types.includes(KIND)

export function dropped(event: DragEvent): Dragged | undefined {
  try {
    return JSON.parse(event.dataTransfer.getData(KIND)) as Dragged
  } catch {
    return undefined
  }
}
