// A document of settings that is kept whole, with its version: read, saved, and
// the last save undone. A save that somebody overtook changes nothing and says so.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask, Refusal } from '../ask'

export interface Kept<T> {
  now: T | undefined
  error: unknown
  again: () => void
  busy: boolean
  fault: unknown
  done: 'saved' | 'undone' | null
  /** Saves, and answers whether it is saved. */
  save: (next: T) => Promise<boolean>
  /** Brings back what was before the last save of this page; undefined where there is none. */
  undo: (() => Promise<boolean>) | undefined
}

export function useKept<T extends { version: number }>(path: string, enabled = true): Kept<T> {
  const client = useQueryClient()
  const key = ['kept', path]
  const got = useQuery({ queryKey: key, queryFn: ({ signal }) => ask<T>(path, { signal }), enabled })
  const [before, setBefore] = useState<{ path: string; value: T } | null>(null)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [done, setDone] = useState<'saved' | 'undone' | null>(null)
  const now = got.data
  const write = async (next: T, undoing: boolean) => {
    if (!now || busy) return false
    setBusy(true)
    setFault(null)
    setDone(null)
    try {
      const kept = await ask<T>(path, { method: 'PUT', body: { ...next, version: now.version } })
      client.setQueryData(key, kept)
      setBefore(undoing ? null : { path, value: now })
      setDone(undoing ? 'undone' : 'saved')
      return true
    } catch (why) {
      setFault(why)
      if (why instanceof Refusal && why.code === 'stale') void got.refetch()
      return false
    } finally {
      setBusy(false)
    }
  }
  return {
    now,
    error: got.error,
    again: () => void got.refetch(),
    busy,
    fault,
    done,
    save: (next) => write(next, false),
    undo: before?.path === path ? () => write(before.value, true) : undefined,
  }
}
