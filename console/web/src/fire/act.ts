import { useState } from 'react'
import { type Ask, ask, Refusal } from '../ask'

/** One act at a time: what is under way, and what the console refused. */
export function useAct() {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const act = async <T>(path: string, body: unknown, method: Ask['method'] = 'POST'): Promise<T | undefined> => {
    setBusy(true)
    setFault(null)
    try {
      return await ask<T>(path, { method, body })
    } catch (why) {
      setFault(why)
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { act, busy, fault, stale: fault instanceof Refusal && fault.code === 'stale', clear: () => setFault(null) }
}
