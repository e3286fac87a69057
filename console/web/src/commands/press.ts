// One press of a command button: a key of its own, so that the console carries
// it out once however often the network makes us say it.
import { useSyncExternalStore } from 'react'
import { ask, inPath, NO_ANSWER, NOT_REACHED, pressKey, Refusal } from '../ask'
import type { Command } from '../contract'
import { board, clock } from '../live'

export interface Press {
  key: string
  verb: string
  at: number // ms by the console's clock
  state: 'sending' | 'taken' | 'refused' | 'unclear'
  command?: string
  fault?: unknown
}

const AGAIN = 1_000 // ms until the one repetition, with the same key

const presses = new Map<string, Press>() // the last one of each point
const listeners = new Set<() => void>()

function set(point: string, press: Press): void {
  presses.set(point, press)
  for (const tell of listeners) tell()
}

/** Sends the command, and repeats it once with the same key when the connection fails. */
export async function press(point: string, verb: string, reason: string): Promise<void> {
  if (presses.get(point)?.state === 'sending') return
  const one: Press = { key: pressKey(), verb, at: clock.now(), state: 'sending' }
  set(point, one)
  for (let attempt = 1; ; attempt++) {
    try {
      const command = await ask<Command>(`/points/${inPath(point)}/commands`, {
        method: 'POST',
        body: { verb, arguments: {}, reason },
        headers: { 'Idempotency-Key': one.key },
        timeout: 5_000,
      })
      board.command(command)
      set(point, { ...one, state: 'taken', command: command.id })
      return
    } catch (fault) {
      const lost = fault instanceof Refusal && [NO_ANSWER, NOT_REACHED].includes(fault.code)
      if (lost && attempt === 1) {
        await new Promise((resolve) => setTimeout(resolve, AGAIN))
        continue
      }
      const unclear = lost || !(fault instanceof Refusal) || fault.problem.status >= 500 || fault.problem.status < 400
      set(point, { ...one, state: unclear ? 'unclear' : 'refused', fault })
      return
    }
  }
}

export function usePress(point: string): Press | undefined {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    () => presses.get(point),
  )
}
