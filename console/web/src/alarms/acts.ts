// What an officer does to an alarm: one press, one request, and the row says
// what became of it. Nothing is shown as done before the console said so.
import { useSyncExternalStore } from 'react'
import { ask, Refusal } from '../ask'
import type { Alarm } from '../contract'
import { board } from '../live'
import { wantsAcknowledgement } from './order'

export type Act = 'acknowledge' | 'respond' | 'take' | 'give_back' | 'close' | 'shelve'

export interface Attempt {
  act: Act
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

const paths: Record<Act, string> = {
  acknowledge: 'acknowledge',
  respond: 'respond',
  take: 'take',
  give_back: 'give-back',
  close: 'close',
  shelve: 'shelve',
}

/** Does it to the alarm as it stands on the screen; a newer state is refused by the console. */
async function act(alarm: Alarm, what: Act, body: Record<string, unknown> = {}): Promise<boolean> {
  if (attempts.get(alarm.id)?.state === 'sending') return false
  set(alarm.id, { act: what, state: 'sending', at: performance.now() })
  try {
    const done = await ask<unknown>(`/alarms/${encodeURIComponent(alarm.id)}/${paths[what]}`, {
      method: 'POST',
      body: { version: alarm.version, ...body },
    })
    if (isAlarm(done)) board.alarm(done)
    set(alarm.id, undefined)
    return true
  } catch (fault) {
    const stale = fault instanceof Refusal && fault.code === 'stale'
    if (fault instanceof Refusal) {
      const current = fault.problem.params?.current
      if (isAlarm(current) && current.id === alarm.id) board.alarm(current)
    }
    set(alarm.id, { act: what, state: stale ? 'changed' : 'failed', at: performance.now(), fault })
    return false
  }
}

function isAlarm(value: unknown): value is Alarm {
  return typeof value === 'object' && value !== null && 'id' in value && 'state' in value && 'raised_at' in value
}

export const acknowledge = (alarm: Alarm, comment: string): Promise<boolean> => act(alarm, 'acknowledge', { comment })

/** Acknowledges, makes the officer its owner, and is the first step of every response. */
export const respond = (alarm: Alarm): Promise<boolean> => act(alarm, 'respond')

export const take = (alarm: Alarm, over = false): Promise<boolean> =>
  act(alarm, 'take', over ? { take_over: true } : {})

export const giveBack = (alarm: Alarm): Promise<boolean> => act(alarm, 'give_back')

export const close = (alarm: Alarm, disposition: string, text: string): Promise<boolean> =>
  act(alarm, 'close', { disposition, text })

/** For how long an alarm is shelved: minutes, the shift, or until the condition ends once. */
export interface ShelvingFor {
  minutes?: number
  until_shift?: boolean
  one_shot?: boolean
}

export const shelve = (alarm: Alarm, reason: string, long: ShelvingFor, patrol: string): Promise<boolean> =>
  act(alarm, 'shelve', { reason, ...long, ...(patrol && { patrol }) })

/** What became of each of many alarms that were acknowledged at once. */
export interface Outcome {
  id: string
  done: boolean
  code: string
  detail: string
}

/** Acknowledges several alarms of low priority that are on the screen; each has an outcome of its own. */
export async function acknowledgeAll(alarms: readonly Alarm[], comment: string): Promise<Outcome[]> {
  const answer = await ask<{ items?: BulkItem[] | null }>('/alarms/acknowledge', {
    method: 'POST',
    body: { alarms: alarms.map(({ id, version }) => ({ id, version })), comment },
  })
  const items = answer?.items ?? []
  for (const item of items) if (isAlarm(item.alarm)) board.alarm(item.alarm)
  return alarms.map(({ id }) => {
    const item = items.find((i) => i.id === id)
    return { id, done: item?.ok ?? false, code: item ? item.code : 'no_answer', detail: item?.detail ?? '' }
  })
}

interface BulkItem {
  id: string
  ok: boolean
  code: string
  detail: string
  alarm?: unknown
}

// What became of an attempt leaves the row when it is no longer true: once somebody, here or
// elsewhere, acknowledged; for everything else as soon as the alarm has changed.
board.onAlarm((alarm, before) => {
  const attempt = attempts.get(alarm.id)
  if (!attempt || attempt.state === 'sending') return
  const answering = attempt.act === 'acknowledge' || attempt.act === 'respond'
  if (answering ? !wantsAcknowledgement(alarm) : alarm.version !== before?.version) set(alarm.id, undefined)
})

export function useAttempt(id: string): Attempt | undefined {
  return useSyncExternalStore(subscribe, () => attempts.get(id))
}

const subscribe = (tell: () => void): (() => void) => {
  listeners.add(tell)
  return () => listeners.delete(tell)
}
