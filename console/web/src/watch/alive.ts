// Tells the console that somebody is awake at this desk: a key or a press, at
// most once a minute, at once when the console asks.
import { useEffect, useRef, useState } from 'react'
import { ask } from '../ask'
import { useLink } from '../live'

const EVERY = 60_000 // ms between two reports

/** When a report is due: the first key after a minute, and any key while the desk is asked. */
export function due(now: number, reported: number, asked: boolean): boolean {
  return asked || now - reported >= EVERY
}

/**
 * Sends one report after the other: an earlier one that is overtaken would bring back
 * the name and the station that the desk had before. What is asked meanwhile is one more.
 */
export function inTurn(send: (key: boolean) => Promise<unknown>): (key: boolean) => void {
  let due: { key: boolean } | undefined
  let busy = false
  const go = async () => {
    busy = true
    while (due) {
      const { key } = due
      due = undefined
      await send(key)
    }
    busy = false
  }
  return (key) => {
    due = { key: key || due?.key === true }
    if (!busy) void go()
  }
}

/**
 * Reports keys of this page. While the desk is asked, the key that answers does
 * nothing else: whoever wakes up must not acknowledge an alarm by it.
 */
export function useAlive(on: boolean, desk: string, station: string, asked: boolean): void {
  const latest = useRef({ desk, station, asked })
  latest.current = { desk, station, asked }
  const reported = useRef(Number.NEGATIVE_INFINITY)
  const answered = useRef(Number.NEGATIVE_INFINITY)
  const up = useLink().up
  const [report] = useState(() =>
    inTurn((key) => {
      const { desk, station } = latest.current
      return ask('/watch/alive', { method: 'POST', body: { desk, station, key }, timeout: 5_000 }).catch(() => {
        reported.current = Number.NEGATIVE_INFINITY // the next key tries again
        answered.current = Number.NEGATIVE_INFINITY
      })
    }),
  )

  // The desk's name and station are told at once, for they say who watches what; and
  // again when the stream begins, for a console that was started anew knows neither.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them is a reason to tell
  useEffect(() => {
    if (on && up) report(false)
  }, [on, desk, station, up, report])

  useEffect(() => {
    if (!on) return
    const tell = () => {
      const now = performance.now()
      const { asked } = latest.current
      if (!due(now, reported.current, asked)) return
      if (asked && now - answered.current < 1_000) return // a held key
      reported.current = now
      if (asked) answered.current = now
      report(true)
    }
    const onKey = (event: KeyboardEvent) => {
      if (latest.current.asked) {
        event.preventDefault()
        event.stopImmediatePropagation()
      }
      tell()
    }
    window.addEventListener('keydown', onKey, { capture: true })
    window.addEventListener('pointerdown', tell, { capture: true })
    return () => {
      window.removeEventListener('keydown', onKey, { capture: true })
      window.removeEventListener('pointerdown', tell, { capture: true })
    }
  }, [on, report])
}
