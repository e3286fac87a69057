// The lists of the alarm panel: what each holds and how many are in it.
import { useMemo } from 'react'
import type { Alarm, Shelf, ShelfMode } from '../contract'
import { useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import { useClosing } from './closing'
import { useOrdered } from './open'
import { isLifeSafety, wantsAcknowledgement } from './order'

export const segments = [
  'active',
  'unacknowledged',
  'mine',
  'closing',
  'shelved',
  'suppressed',
  'out_of_service',
] as const
export type Segment = (typeof segments)[number]

export const shelfModes: readonly ShelfMode[] = ['shelved', 'suppressed', 'out_of_service']

export function segmentOf(wish: string | undefined): Segment {
  return segments.find((s) => s === wish) ?? 'active'
}

export const isShelfMode = (segment: Segment): segment is ShelfMode => shelfModes.some((mode) => mode === segment)

export interface Sorted {
  life: Alarm[] // pinned in every list
  rest: Alarm[]
  counts: Record<Segment, number>
  toConfirm: number // removals that the incoming officer has to confirm anew
}

/** Divides the alarms of this desk; whoever looks at one list still sees the counts of all. */
export function useSegments(show: Segment): Sorted {
  const { station, session } = useDesk()
  const { open, removed } = useOrdered()
  const closing = useClosing().alarms
  const shelves = useThings<Shelf>('shelf')
  const me = session.user.id
  const there = useMemo(() => {
    const here = (s: string) => station === ALL || s === station
    const list = shelves.filter((s) => here(s.station))
    const points = new Set(list.map((s) => `${s.mode} ${s.alarm}`))
    const count = (mode: ShelfMode) =>
      list.filter((s) => s.mode === mode).length +
      // An alarm whose removal is not on the list yet is counted all the same.
      removed.filter((a) => a.state === mode && here(a.station) && !points.has(`${mode} ${a.id}`)).length
    return {
      shelved: count('shelved'),
      suppressed: count('suppressed'),
      out_of_service: count('out_of_service'),
      toConfirm: list.filter((s) => s.needs_confirm).length,
    }
  }, [shelves, removed, station])
  return useMemo(() => divide(show, open, closing, me, station, there), [show, open, closing, me, station, there])
}

type Counted = Record<ShelfMode, number> & { toConfirm: number }

export function divide(
  show: Segment,
  open: readonly Alarm[],
  closing: readonly Alarm[],
  me: string,
  station: string,
  { toConfirm, ...removed }: Counted,
): Sorted {
  const life: Alarm[] = []
  const here: Alarm[] = []
  let unacknowledged = 0
  let mine = 0
  // The board tells of an end a moment before it lets go of the alarm: it is shown once.
  const ends = new Set(closing.map((a) => a.id))
  const still = new Set<string>()
  for (const alarm of open) {
    if (ends.has(alarm.id)) still.add(alarm.id)
    const safety = isLifeSafety(alarm)
    if (!safety && station !== ALL && alarm.station !== station) continue
    if (safety) life.push(alarm)
    else here.push(alarm)
    if (wantsAcknowledgement(alarm)) unacknowledged++
    if (alarm.owner?.by === me) mine++
  }
  const ended = closing.filter((a) => !still.has(a.id) && (station === ALL || a.station === station))
  const endedMine = ended.filter((a) => a.owner?.by === me)
  const counts = {
    active: life.length + here.length,
    unacknowledged,
    mine: mine + endedMine.length,
    closing: ended.length,
    ...removed,
  }
  const rest =
    show === 'unacknowledged'
      ? here.filter(wantsAcknowledgement)
      : show === 'mine'
        ? [...here.filter((a) => a.owner?.by === me), ...endedMine]
        : show === 'closing'
          ? ended
          : isShelfMode(show)
            ? []
            : here
  return { life, rest, counts, toConfirm }
}
