// Acknowledging: one press, one request, and the row says what became of it.
// Nothing is shown as acknowledged before the console said so.
import { useSyncExternalStore } from 'react'
import { ask, Refusal } from '../ask'
import type { Alarm } from '../contract'
import { board } from '../live'

export interface Attempt {
  state: 'sending' | 'failed' | 'changed'
  at: number // performance.now()
  fault?: unknown
}

const attempts = new Map<string, Attempt>()
const listeners = new Set<() => void>()

function set(id: string, attempt: Attempt | undefined): void {
  if (attempt) attempts.set(id, attempt)
  else attempts.delete(id)
  for (const tell of listeners) tell()
}

/** Acknowledges the alarm as it stands on the screen; a newer state is refused by the console. */
export async function acknowledge(alarm: Alarm, comment: string): Promise<boolean> {
  if (attempts.get(alarm.id)?.state === 'sending') return false
  set(alarm.id, { state: 'sending', at: performance.now() })
  try {
    const done = await ask<Alarm>(`/alarms/${encodeURIComponent(alarm.id)}/acknowledge`, {
      method: 'POST',
      body: { version: alarm.version, comment },
    })
    if (done) board.alarm(done)
    set(alarm.id, undefined)
    return true
  } catch (fault) {
    const stale = fault instanceof Refusal && fault.code === 'stale'
    if (stale) {
      const current = (fault as Refusal).problem.params?.current as Alarm | undefined
      if (current?.id === alarm.id) board.alarm(current)
    }
    set(alarm.id, { state: stale ? 'changed' : 'failed', at: performance.now(), fault })
    return false
  }
}

// What became of an attempt leaves the row once somebody, here or elsewhere, acknowledged.
board.onAlarm((alarm) => {
  const attempt = attempts.get(alarm.id)
  if (attempt && attempt.state !== 'sending' && (alarm.state === 'acknowledged' || alarm.state === 'normal'))
    set(alarm.id, undefined)
})

export function useAttempt(id: string): Attempt | undefined {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    () => attempts.get(id),
  )
}
