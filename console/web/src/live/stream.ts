// The live stream of the console, kept open. A stream that says nothing for
// five seconds is lost, whatever the browser believes about the connection.
import { ask } from '../ask'
import {
  type Alarm,
  type Command,
  type DeviceLife,
  type Gateway,
  type Heartbeat,
  type Reading,
  type Snapshot,
  type Thing,
  topics,
} from '../contract'
import type { Board } from './board'
import type { ServerClock } from './clock'

export const SILENT = 5_000 // ms without a heartbeat until the screens say so
const DEAD = 9_000 // ms without a heartbeat until the connection is made anew
const SLOWEST = 30_000 // ms that a large snapshot may take over a poor line
const FIRST_RETRY = 250 // ms until the first attempt of our own; each failure doubles it
const LAST_RETRY = 2_000 // ms between attempts at most

export interface Link {
  up: boolean
  known: boolean // a snapshot has arrived since the page was opened
  since: number // ms by the console's clock: when it was last heard of, while down
  build: string
  rights: number // how often the console said that what this desk may has changed
}

export class Stream {
  private source: EventSource | undefined
  private watch: ReturnType<typeof setInterval> | undefined
  private next: ReturnType<typeof setTimeout> | undefined // the attempt to come
  private failures = 0 // since the last message
  private heard = 0 // performance.now() of the last message
  private tried = 0
  private coming = false // the stream is open, and its snapshot is not whole yet
  private current: Link = { up: false, known: false, since: 0, build: '', rights: 0 }
  private readonly listeners = new Set<() => void>()
  private readonly board: Board
  private readonly clock: ServerClock

  constructor(board: Board, clock: ServerClock) {
    this.board = board
    this.clock = clock
  }

  start(): void {
    if (this.watch !== undefined) return
    this.heard = performance.now()
    this.failures = 0
    this.setLink({ up: false, known: false, since: this.clock.now() })
    this.open()
    this.watch = setInterval(() => this.look(), 500)
  }

  stop(): void {
    clearInterval(this.watch)
    clearTimeout(this.next)
    this.watch = undefined
    this.source?.close()
    this.source = undefined
  }

  get link(): Link {
    return this.current
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private open(): void {
    clearTimeout(this.next)
    this.source?.close()
    this.tried = performance.now()
    const source = new EventSource('/api/v1/live')
    this.source = source
    this.coming = false
    source.onopen = () => {
      if (this.source === source) this.coming = true
    }
    const on = <T>(name: string, take: (message: T) => void) =>
      source.addEventListener(name, (event) => {
        if (this.source !== source) return
        try {
          take(JSON.parse((event as MessageEvent<string>).data) as T)
        } catch {
          this.drop(source) // not understood: only a fresh snapshot is sure to be whole
          return
        }
        this.beat()
      })
    on<Snapshot>('snapshot', (s) => {
      this.clock.sample(s.server_time)
      this.board.snapshot(s)
      this.setLink({ known: true })
    })
    on<Alarm>('alarm', (a) => this.board.alarm(a))
    on<Record<string, Reading>>('point', (p) => this.board.readings(p))
    on<Record<string, DeviceLife>>('device', (d) => this.board.lives(d))
    on<Gateway>('gateway', (g) => this.board.gateway(g))
    on<Command>('command', (c) => this.board.command(c))
    for (const topic of topics) on<Thing>(topic, (thing) => this.board.thing(topic, thing))
    on<Heartbeat>('heartbeat', (h) => {
      this.clock.sample(h.now)
      if (h.build) this.setLink({ build: h.build })
    })
    source.addEventListener('rights', (event) => {
      if (this.source !== source) return
      // With the next officer comes the next cookie, in an answer of its own that may still be on its way.
      const officer = (event as MessageEvent<string>).data.includes('officer')
      setTimeout(() => this.setLink({ rights: this.current.rights + 1 }), officer ? 1_000 : 0)
    })
    source.addEventListener('gone', () => {
      if (this.source !== source) return
      this.drop(source)
      void this.ended()
    })
    source.onerror = () => {
      if (this.source !== source) return
      // The browser would try again late, and after an answer such as 503 never. A stream of our own
      // begins with a snapshot, so that nothing that changed meanwhile, however silently, stays as it was.
      const refused = source.readyState === EventSource.CLOSED
      this.drop(source)
      if (refused) void this.ended()
    }
  }

  /** Ends a stream and opens the next one soon, but so that a fault that stays does not spin. */
  private drop(source: EventSource): void {
    source.close()
    const wait = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.failures)
    this.failures++
    clearTimeout(this.next)
    // Not all desks at the same moment, when a console comes back.
    this.next = setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2))
  }

  private beat(): void {
    this.heard = performance.now()
    this.failures = 0
    this.coming = false
    if (!this.current.up && this.current.known) this.setLink({ up: true })
  }

  private look(): void {
    const silent = performance.now() - this.heard
    if (silent > SILENT && this.current.up) this.setLink({ up: false, since: this.clock.now() - silent })
    const patience = this.coming ? SLOWEST : DEAD
    if (silent > DEAD && performance.now() - this.tried > patience) this.open()
  }

  /** The console refused or ended the stream: where the session is over, the answer leads to the sign-in. */
  private async ended(): Promise<void> {
    await ask('/session', { timeout: 4_000 }).catch(() => undefined)
  }

  private setLink(change: Partial<Link>): void {
    const next = { ...this.current, ...change }
    if ((Object.keys(next) as (keyof Link)[]).every((k) => next[k] === this.current[k])) return
    this.current = next
    for (const tell of this.listeners) tell()
  }
}
