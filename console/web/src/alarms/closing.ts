// Alarms that are over and answered, and wait for somebody to say what they
// were. The stream forgets what is normal, so their list is read once after
// each contact and then follows the stream.
import { useSyncExternalStore } from 'react'
import { ask } from '../ask'
import type { Alarm, List } from '../contract'
import { board, stream } from '../live'
import { compareAlarms, wantsClosing } from './order'

const MOST = 500 // alarms that the list holds

export interface Closing {
  alarms: Alarm[]
  fault: unknown
  known: boolean
}

let state: Closing = { alarms: [], fault: null, known: false }
const held = new Map<string, Alarm>()
const listeners = new Set<() => void>()
let stops: (() => void)[] = []
let retry: ReturnType<typeof setTimeout> | undefined
let reading = 0

function show(change: Partial<Closing> = {}): void {
  state = { ...state, ...change, alarms: [...held.values()].sort(compareAlarms) }
  for (const tell of listeners) tell()
}

async function read(): Promise<void> {
  clearTimeout(retry)
  const mine = ++reading
  try {
    const got = await ask<List<Alarm>>('/alarms', { query: { closing: 'true', limit: MOST } })
    if (mine !== reading) return
    held.clear()
    // What the stream said while the answer was on its way is newer than the answer.
    for (const told of got.items ?? []) {
      const live = board.find(told.id)
      const alarm = live && live.version > told.version ? live : told
      if (wantsClosing(alarm)) held.set(alarm.id, alarm)
    }
    show({ fault: null, known: true })
  } catch (fault) {
    if (mine !== reading) return
    show({ fault })
    if (stops.length > 0) retry = setTimeout(() => void read(), 3_000)
  }
}

function follow(alarm: Alarm): void {
  if (wantsClosing(alarm)) held.set(alarm.id, alarm)
  else if (!held.delete(alarm.id)) return
  show()
}

function start(): void {
  let up = false
  const look = () => {
    if (stream.link.up && !up) void read()
    up = stream.link.up
  }
  stops = [board.onAlarm(follow), stream.subscribe(look)]
  look()
}

function stop(): void {
  for (const end of stops) end()
  stops = []
  clearTimeout(retry)
  reading++
  held.clear()
  state = { alarms: [], fault: null, known: false }
}

export function useClosing(): Closing {
  return useSyncExternalStore(subscribe, () => state)
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell)
  if (listeners.size === 1) start()
  return () => {
    listeners.delete(tell)
    if (listeners.size === 0) stop()
  }
}

export const readClosingAgain = (): void => void read()
