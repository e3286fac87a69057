// The live stream of the console, kept open. A stream that says nothing for
// five seconds is lost, whatever the browser believes about the connection.
import { ask, Refusal } from '../ask'
import type { Alarm, Command, DeviceLife, Gateway, Heartbeat, Reading, Snapshot } from '../contract'
import type { Board } from './board'
import type { ServerClock } from './clock'

export const SILENT = 5_000 // ms without a heartbeat until the screens say so
const DEAD = 9_000 // ms without a heartbeat until the connection is made anew
const RETRY = 2_000 // ms between attempts of our own

export interface Link {
  up: boolean
  known: boolean // a snapshot has arrived since the page was opened
  since: number // ms by the console's clock: when it was last heard of, while down
  build: string
}

export class Stream {
  private source: EventSource | undefined
  private watch: ReturnType<typeof setInterval> | undefined
  private heard = 0 // performance.now() of the last message
  private tried = 0
  private current: Link = { up: false, known: false, since: 0, build: '' }
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
    this.setLink({ up: false, known: false, since: this.clock.now() })
    this.open()
    this.watch = setInterval(() => this.look(), 500)
  }

  stop(): void {
    clearInterval(this.watch)
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
    this.source?.close()
    this.tried = performance.now()
    const source = new EventSource('/api/v1/live')
    this.source = source
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
    on<Heartbeat>('heartbeat', (h) => {
      this.clock.sample(h.now)
      if (h.build) this.setLink({ build: h.build })
    })
    source.addEventListener('gone', () => this.drop(source))
    source.onerror = () => {
      // While it is CONNECTING the browser tries again by itself, from the last event id.
      if (this.source === source && source.readyState === EventSource.CLOSED) void this.ended()
    }
  }

  /** Ends a stream; the watch opens the next one, so that a fault that stays does not spin. */
  private drop(source: EventSource): void {
    source.close()
    this.tried = performance.now()
  }

  private beat(): void {
    this.heard = performance.now()
    if (!this.current.up && this.current.known) this.setLink({ up: true })
  }

  private look(): void {
    const silent = performance.now() - this.heard
    if (silent > SILENT && this.current.up) this.setLink({ up: false, since: this.clock.now() - silent })
    if (silent > DEAD && performance.now() - this.tried > DEAD) this.open()
    else if (this.source?.readyState === EventSource.CLOSED && performance.now() - this.tried > RETRY) this.open()
  }

  /** The console refused the stream: perhaps the session is over. */
  private async ended(): Promise<void> {
    try {
      await ask('/session', { timeout: 4_000 })
    } catch (fault) {
      if (fault instanceof Refusal && fault.code === 'unauthenticated') this.stop()
    }
  }

  private setLink(change: Partial<Link>): void {
    const next = { ...this.current, ...change }
    if ((Object.keys(next) as (keyof Link)[]).every((k) => next[k] === this.current[k])) return
    this.current = next
    for (const tell of this.listeners) tell()
  }
}
