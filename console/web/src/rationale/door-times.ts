// The times of a station's doors: read together, set one by one, the last one undone.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ask, Refusal } from '../ask'
import type { List } from '../contract'
import type { DoorTime } from './rationale'

export type DoorTimes = ReturnType<typeof useDoorTimes>

export function useDoorTimes(station: string) {
  const got = useQuery({
    queryKey: ['door-times', station],
    queryFn: ({ signal }) => ask<List<DoorTime>>('/door-times', { query: { station }, signal }),
    enabled: station !== '',
    staleTime: 0,
  })
  const [last, setLast] = useState<{ point: string; before: DoorTime } | null>(null)
  const [told, setTold] = useState<{ point: string; fault: unknown; done: 'saved' | 'undone' | null } | null>(null)
  const [busy, setBusy] = useState(false)
  const write = async (door: DoorTime, undoing: boolean): Promise<boolean> => {
    const { point, held_after, warn, hours } = door
    const before = got.data?.items?.find((d) => d.point === point)
    setBusy(true)
    setTold(null)
    try {
      const item = {
        point,
        held_after,
        warn,
        hours: hours ?? [],
        class: door.class || 'inside',
        version: before?.version ?? 0,
      }
      await ask('/door-times', { method: 'POST', body: { station, items: [item] } })
      await got.refetch()
      // A door that had no class cannot be without one again.
      setLast(undoing || !before || before.class === '' ? null : { point, before })
      setTold({ point, fault: null, done: undoing ? 'undone' : 'saved' })
      return true
    } catch (why) {
      setTold({ point, fault: why, done: null })
      if (why instanceof Refusal && why.code === 'stale') void got.refetch()
      return false
    } finally {
      setBusy(false)
    }
  }
  return {
    got,
    doors: got.data?.items ?? [],
    save: (door: DoorTime) => write(door, false),
    /** How the last save of a door went. */
    of: (point: string) => ({
      busy,
      fault: told?.point === point ? told.fault : null,
      done: told?.point === point ? told.done : null,
      undo: last?.point === point ? () => write(last.before, true) : undefined,
    }),
  }
}
