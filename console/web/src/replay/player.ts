// The player: where the film stands, whether it runs, and the scene at that instant.
// Seeking asks the console for the site at an instant; playing asks for what comes
// next and changes the scene by it. The clock waits for film that is not there yet.
import { useCallback, useEffect, useRef, useState } from 'react'
import { ask } from '../ask'
import { cut, type Film, type FilmStep, play, type Scene, type Still, sceneOf } from './past'

export const speeds = [1, 10, 60] as const
export type Speed = (typeof speeds)[number]

const TICK = 200 // ms
const SETTLE = 120 // ms that a seek waits for the next one
const KEEP = 60 // steps shown behind

export interface Player {
  at: number
  scene: Scene | undefined
  still: Still | undefined
  recent: FilmStep[] // newest first
  playing: boolean
  waiting: boolean // for the console
  speed: Speed
  fault: unknown
  seek: (at: number) => void
  toggle: () => void
  setSpeed: (speed: Speed) => void
  again: () => void
}

export function usePlayer(station: string, start: number): Player {
  const [at, setAt] = useState(start)
  const [sought, setSought] = useState({ at: start, n: 0 })
  const [still, setStill] = useState<Still>()
  const [scene, setScene] = useState<Scene>()
  const [recent, setRecent] = useState<FilmStep[]>([])
  const [playing, setPlaying] = useState(false)
  const [waiting, setWaiting] = useState(true)
  const [speed, setSpeed] = useState<Speed>(1)
  const [fault, setFault] = useState<unknown>(null)
  const film = useRef<Reel>(new Reel(station, start))

  const seek = useCallback((to: number) => {
    const bounded = Math.min(Math.round(to), Date.now())
    setAt(bounded)
    setWaiting(true)
    setSought((s) => ({ at: bounded, n: s.n + 1 }))
  }, [])

  // A still for every seek that settles; the scene before stays on the screen until it is there.
  useEffect(() => {
    const stop = new AbortController()
    const soon = setTimeout(
      () => {
        ask<Still>('/replay', { query: { station, at: new Date(sought.at).toISOString() }, signal: stop.signal })
          .then((found) => {
            film.current = new Reel(station, sought.at)
            setStill(found)
            setScene(sceneOf(found))
            setRecent([])
            setFault(null)
            setWaiting(false)
          })
          .catch((why) => {
            if (stop.signal.aborted) return
            setFault(why)
            setWaiting(false)
            setPlaying(false)
          })
      },
      sought.n === 0 ? 0 : SETTLE,
    )
    return () => {
      clearTimeout(soon)
      stop.abort()
    }
  }, [station, sought])

  const clock = useRef(at)
  clock.current = at
  const busy = waiting && fault === null
  useEffect(() => {
    if (!playing || busy) return
    let last = performance.now()
    const tick = setInterval(() => {
      const now = performance.now()
      const wanted = Math.min(clock.current + (now - last) * speed, Date.now())
      last = now
      const reel = film.current
      reel.load(wanted + speed * 4000).catch((why) => {
        setFault(why)
        setPlaying(false)
      })
      const to = Math.min(wanted, reel.upto)
      if (to <= clock.current) return
      const steps = reel.take(to)
      clock.current = to
      setAt(to)
      if (steps.length > 0) {
        setScene((before) => before && play(before, steps))
        setRecent((before) => [...steps].reverse().concat(before).slice(0, KEEP))
      }
      if (to >= Date.now() - 1000) setPlaying(false)
    }, TICK)
    return () => clearInterval(tick)
  }, [playing, busy, speed])

  return {
    at,
    scene,
    still,
    recent,
    playing,
    waiting: busy,
    speed,
    fault,
    seek,
    toggle: useCallback(() => setPlaying((on) => !on), []),
    setSpeed,
    again: () => seek(at),
  }
}

/** The part of the film that is loaded. */
class Reel {
  upto: number // nothing before it is missing
  private steps: FilmStep[] = []
  private busy = false
  private readonly station: string

  constructor(station: string, from: number) {
    this.station = station
    this.upto = from
  }

  /** Loads on until an instant is there, a page at a time. */
  async load(to: number): Promise<void> {
    if (this.busy || this.upto >= to || this.upto >= Date.now() - 500) return
    this.busy = true
    try {
      const from = this.upto
      const end = Math.min(Math.max(to, from + 60_000), Date.now())
      let cursor: string | undefined
      do {
        const film: Film = await ask<Film>('/replay/events', {
          query: {
            station: this.station,
            from: new Date(from).toISOString(),
            to: new Date(end).toISOString(),
            limit: 1000,
            cursor,
          },
        })
        this.steps.push(...(film.items ?? []))
        cursor = film.next || undefined
        const last = film.items?.[film.items.length - 1]
        this.upto = cursor && last ? Math.max(from, Date.parse(last.at) - 1) : end
      } while (cursor)
    } finally {
      this.busy = false
    }
  }

  take(upto: number): FilmStep[] {
    const [now, later] = cut(this.steps, upto)
    this.steps = later
    return now
  }
}
