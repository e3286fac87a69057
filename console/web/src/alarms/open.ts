// The alarms of the board, kept in order for all who show them: few changes
// move few rows, however many alarms there are.
import { useMemo, useSyncExternalStore } from 'react'
import type { Alarm } from '../contract'
import { board, useCalmly } from '../live'
import type { Board } from '../live/board'
import { compareAlarms, isRemoved, standingAlone } from './order'

export interface OpenAlarms {
  /** What an operator has to see, in order: all but what another alarm speaks for, and what was removed. */
  open: Alarm[]
  /** Shelved, suppressed or out of service: in lists of their own. */
  removed: Alarm[]
}

const MANY = 200 // changes between two looks from which sorting anew is cheaper

export class Ordered {
  private seen = -1
  private shown: Alarm[] = []
  private removed: Alarm[] = []
  private caused = 0 // alarms on the list that name a cause
  private placed = new Map<string, Alarm>()
  private readonly changed = new Set<string>()
  private made: OpenAlarms = { open: [], removed: [] }
  private readonly board: Board

  constructor(of: Board) {
    this.board = of
    of.onAlarm((alarm) => this.changed.add(alarm.id))
    of.onSnapshot(() => {
      this.seen = -1
    })
  }

  look(): OpenAlarms {
    const version = this.board.version('alarms')
    if (version === this.seen) return this.made
    if (this.seen < 0 || this.changed.size > MANY) this.anew()
    else for (const id of this.changed) this.move(id)
    this.changed.clear()
    this.seen = version
    this.made = {
      open: this.caused > 0 ? standingAlone(this.shown) : this.shown.slice(),
      removed: this.removed.slice(),
    }
    return this.made
  }

  private anew(): void {
    const all = [...this.board.alarms.values()].sort(compareAlarms)
    this.placed = new Map(all.map((a) => [a.id, a]))
    this.shown = all.filter((a) => !isRemoved(a))
    this.removed = all.filter(isRemoved)
    this.caused = this.shown.reduce((n, a) => n + (a.cause ? 1 : 0), 0)
  }

  private move(id: string): void {
    const before = this.placed.get(id)
    const now = this.board.alarms.get(id)
    if (before === now) return
    if (before) {
      const list = this.listOf(before)
      list.splice(place(list, before), 1)
      if (list === this.shown && before.cause) this.caused--
      this.placed.delete(id)
    }
    if (now) {
      const list = this.listOf(now)
      list.splice(place(list, now), 0, now)
      if (list === this.shown && now.cause) this.caused++
      this.placed.set(id, now)
    }
  }

  private listOf(alarm: Alarm): Alarm[] {
    return isRemoved(alarm) ? this.removed : this.shown
  }
}

/** Where the alarm stands, or would stand. No two compare as equal, because ids differ. */
function place(list: readonly Alarm[], alarm: Alarm): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareAlarms(list[middle] as Alarm, alarm) < 0) low = middle + 1
    else high = middle
  }
  return low
}

const ordered = new Ordered(board)
const subscribe = (tell: () => void) => board.subscribe('alarms', tell)

export function useOrdered(): OpenAlarms {
  return useSyncExternalStore(subscribe, () => ordered.look())
}

/**
 * The open alarms that an operator has to see, in order; for what stands beside
 * the list. A change shows at once, and in a flood ten times a second.
 */
export function useOpenAlarms(): Alarm[] {
  const version = useCalmly('alarms', 100)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the alarms
  return useMemo(openAlarms, [version])
}

/** The same at this moment. */
export const openAlarms = (): Alarm[] => ordered.look().open
