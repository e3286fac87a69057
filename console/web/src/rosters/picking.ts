// Where the cursor of a board is and what is picked. It is told to those who draw
// it, and to nobody else: a key press that moves it draws no cell.
import { useSyncExternalStore } from 'react'
import { onlyAt, type Pick, type Spot, within } from './pick'

export class Picking {
  private pick: Pick
  // Until the board says its size, everything is inside it.
  private rows = Number.POSITIVE_INFINITY
  private cols = Number.POSITIVE_INFINITY
  private listeners = new Set<() => void>()

  constructor(at: Spot) {
    this.pick = onlyAt(at)
  }

  get now(): Pick {
    this.pick = within(this.pick, this.rows, this.cols)
    return this.pick
  }

  /** The board has other rows or days from here on. */
  fit(rows: number, cols: number): void {
    if (rows === this.rows && cols === this.cols) return
    this.rows = rows
    this.cols = cols
    this.tell()
  }

  set(pick: Pick): void {
    this.pick = pick
    this.tell()
  }

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell)
    return () => this.listeners.delete(tell)
  }

  private tell(): void {
    for (const tell of this.listeners) tell()
  }
}

export const usePick = (picking: Picking): Pick => useSyncExternalStore(picking.subscribe, () => picking.now)
