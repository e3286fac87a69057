// Tells the console that somebody is awake at this desk: a key or a press, at
// most once a minute, at once when the console asks.
import { useEffect, useRef } from 'react'
import { ask } from '../ask'

const EVERY = 60_000 // ms between two reports

/** When a report is due: the first key after a minute, and any key while the desk is asked. */
export function due(now: number, reported: number, asked: boolean): boolean {
  return asked || now - reported >= EVERY
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

  useEffect(() => {
    if (!on) return
    // The desk's name and station are told at once: they say who watches what.
    void ask('/watch/alive', { method: 'POST', body: { desk, station, key: false } }).catch(() => undefined)
  }, [on, desk, station])

  useEffect(() => {
    if (!on) return
    const tell = () => {
      const now = performance.now()
      const { desk, station, asked } = latest.current
      if (!due(now, reported.current, asked)) return
      if (asked && now - answered.current < 1_000) return // a held key
      reported.current = now
      if (asked) answered.current = now
      ask('/watch/alive', { method: 'POST', body: { desk, station, key: true }, timeout: 5_000 }).catch(() => {
        reported.current = Number.NEGATIVE_INFINITY // the next key tries again
        answered.current = Number.NEGATIVE_INFINITY
      })
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
  }, [on])
}
