// The sound of alarms. It is driven by messages and not by drawing, because a
// hidden page is not drawn and must still be heard. No sound files: tones only.
import type { Alarm, Priority } from '../contract'
import type { Board } from '../live/board'
import type { Stream } from '../live/stream'
import { bandOf, isLifeSafety, isRemoved, isUnder, priorityOf } from './order'

export const SILENCE = 120_000 // ms that the key S gives

/** When each priority sounds again while it is not acknowledged, in ms. 0: once; absent: never. */
const again: Partial<Record<Priority, number>> = { 1: 4_000, 2: 10_000, 3: 0 }
const LINK_LOST_AGAIN = 15_000

interface Tone {
  hz: number
  at: number // s
  long: number // s
}

const tones: Record<1 | 2 | 3 | 'link' | 'test', Tone[]> = {
  1: [0, 1, 2].flatMap((i) => [
    { hz: 880, at: i * 0.36, long: 0.15 },
    { hz: 660, at: i * 0.36 + 0.16, long: 0.15 },
  ]),
  2: [0, 1].map((i) => ({ hz: 660, at: i * 0.3, long: 0.2 })),
  3: [{ hz: 523, at: 0, long: 0.25 }],
  link: [
    { hz: 520, at: 0, long: 0.25 },
    { hz: 390, at: 0.28, long: 0.35 },
  ],
  test: [
    { hz: 523, at: 0, long: 0.09 },
    { hz: 659, at: 0.11, long: 0.09 },
    { hz: 784, at: 0.22, long: 0.14 },
  ],
}

export interface SoundDue {
  priority: Priority | 'link'
  at: number // ms since 1970 by this machine
  alarm: string
}

export interface SoundState {
  on: boolean // false: the browser holds the sound back, or this machine has none
  silencedUntil: number // performance.now(); 0: not silenced
}

declare global {
  interface Window {
    /** What the sound was last asked to say; tests read it. */
    __guardroom: { soundDue: SoundDue | null; soundCount: number }
  }
}

/**
 * Whether this message must be heard even though the same alarm may be known.
 * An escalation is news to whoever supervises: it came up because nobody answered.
 */
export function isNews(alarm: Alarm, before: Alarm | undefined, supervises = false): boolean {
  if (bandOf(alarm) !== 'unacknowledged') return false
  if (!before || bandOf(before) !== 'unacknowledged') return true
  if (supervises && (alarm.escalation?.level ?? 0) > (before.escalation?.level ?? 0)) return true
  if (before.cause && !alarm.cause) return true // the alarm that spoke for it is over
  return (alarm.confirmed && !before.confirmed) || priorityOf(alarm) < priorityOf(before)
}

const OLD = 60_000 // ms between a raise and its arrival
const DRAIN = 2_000 // ms that such a raise has for its restore to come after it

/**
 * Whether the sound of this alarm waits for what follows it in a backlog, so that
 * what was over long ago is not heard. It is on the list at once. Only a raise that
 * its gateway had kept, was a minute old when it came and is no danger to life
 * waits, and for two seconds at most; a fresh raise of the same point ends the wait.
 */
export function waitsForMore(alarm: Alarm): boolean {
  if (!alarm.late || isLifeSafety(alarm)) return false
  return Date.parse(alarm.received_at) - Date.parse(alarm.raised_at) > OLD
}

export class Sound {
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>()
  private context: AudioContext | undefined
  private tested = false
  private running = false
  private timer: ReturnType<typeof setTimeout> | undefined
  private lastPlayed = -Infinity
  private lastPriority: Priority | 'link' | undefined
  private state: SoundState = { on: false, silencedUntil: 0 }
  private stops: (() => void)[] = []
  private readonly listeners = new Set<() => void>()
  private readonly board: Board
  private readonly stream: Stream
  /** Whether the officer at this desk supervises the station: escalated alarms sound anew for him. */
  supervises: (station: string) => boolean = () => false
  /** Whether another window of this browser sounds for this one. */
  defers: () => boolean = () => false

  constructor(board: Board, stream: Stream) {
    this.board = board
    this.stream = stream
    window.__guardroom = { soundDue: null, soundCount: 0 }
  }

  /** Begins to listen, after somebody signed in. */
  start(): void {
    if (this.running) return
    this.running = true
    const gesture = () => void this.unlock()
    for (const name of ['pointerdown', 'keydown']) window.addEventListener(name, gesture, true)
    this.stops = [
      () => {
        for (const name of ['pointerdown', 'keydown']) window.removeEventListener(name, gesture, true)
      },
      this.board.onAlarm((alarm, before, told) => {
        // What ends or eases an alarm needs nothing here: the next repeat looks again before it sounds.
        if (!isNews(alarm, before, this.supervises(alarm.station)) || this.isUnder(alarm)) {
          if (this.waiting.has(alarm.id) && !waitsForMore(alarm)) this.waited(alarm.id, told)
        } else if (waitsForMore(alarm)) this.wait(alarm.id, told)
        else {
          this.forget(alarm.id)
          this.news(alarm, told)
        }
      }),
      this.stream.subscribe(() => this.plan()),
    ]
    void this.unlock()
    this.plan()
  }

  stop(): void {
    this.running = false
    this.tested = false
    clearTimeout(this.timer)
    for (const id of [...this.waiting.keys()]) this.forget(id)
    for (const stop of this.stops) stop()
    this.stops = []
    void this.context?.close().catch(() => undefined)
    this.context = undefined
    this.set({ on: false, silencedUntil: 0 })
  }

  /** Silences everything for two minutes. It acknowledges nothing; a new P1 or P2 sounds again. */
  silence(): void {
    this.set({ ...this.state, silencedUntil: performance.now() + SILENCE })
    this.plan()
  }

  hearAgain(): void {
    this.set({ ...this.state, silencedUntil: 0 })
    this.plan()
  }

  get current(): SoundState {
    return this.state
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Plays the test tones, for whoever wants to set the level. */
  test(): void {
    this.tested = false
    void this.unlock()
  }

  /** Browsers let a page sound only after a gesture; the first one is also the sound test. */
  async unlock(): Promise<void> {
    if (!this.running) return
    try {
      if (!this.context) {
        this.context = new AudioContext()
        this.context.onstatechange = () => this.setOn()
      }
      if (this.context.state !== 'running') await this.context.resume()
    } catch {
      // No sound device: the banner says so.
    }
    this.setOn()
    if (this.state.on && !this.tested) {
      this.tested = true
      this.play('test')
    }
  }

  private setOn(): void {
    this.set({ ...this.state, on: this.context?.state === 'running' })
  }

  private wait(id: string, told: 'snapshot' | 'news'): void {
    if (this.waiting.has(id)) return // two seconds from the first word of it
    this.waiting.set(
      id,
      setTimeout(() => this.waited(id, told), DRAIN),
    )
  }

  /** The wait is over: what still stands is heard. */
  private waited(id: string, told: 'snapshot' | 'news'): void {
    this.forget(id)
    const alarm = this.board.alarms.get(id)
    if (alarm && bandOf(alarm) === 'unacknowledged' && !this.isUnder(alarm)) this.news(alarm, told)
  }

  private forget(id: string): void {
    clearTimeout(this.waiting.get(id))
    this.waiting.delete(id)
  }

  private news(alarm: Alarm, told: 'snapshot' | 'news'): void {
    const priority = priorityOf(alarm)
    if (again[priority] === undefined) return
    if (priority <= 2 || isLifeSafety(alarm)) this.set({ ...this.state, silencedUntil: 0 })
    if (this.silenced() || told === 'snapshot') {
      this.plan() // a snapshot brings many at once: one sound, for the gravest
      return
    }
    const covered = performance.now() - this.lastPlayed < 1_100 && rank(this.lastPriority) <= rank(priority)
    this.due(priority, alarm.id)
    if (!covered) this.sound(priority)
    this.plan()
  }

  /** Sets the clock for the next repeat of the gravest thing that is open. */
  private plan(): void {
    clearTimeout(this.timer)
    if (!this.running) return
    const { silencedUntil } = this.state
    if (silencedUntil && !this.silenced()) this.set({ ...this.state, silencedUntil: 0 })
    const [what] = this.gravest()
    const every = what === 'link' ? LINK_LOST_AGAIN : what && again[what]
    if (!what || !every) return
    const wait = this.silenced()
      ? this.state.silencedUntil - performance.now()
      : rank(what) < rank(this.lastPriority)
        ? 0
        : this.lastPlayed + every - performance.now()
    this.timer = setTimeout(
      () => {
        const [still, cause] = this.gravest() // what it was planned for may be over
        if (still === what && !this.silenced()) {
          this.due(what, cause)
          this.sound(what)
        }
        this.plan()
      },
      Math.max(0, wait),
    )
  }

  private gravest(): [Priority | 'link' | undefined, string] {
    let best: Alarm | undefined
    for (const alarm of this.board.alarms.values()) {
      if (bandOf(alarm) !== 'unacknowledged' || (best && priorityOf(alarm) >= priorityOf(best))) continue
      if (!this.waiting.has(alarm.id) && !this.isUnder(alarm)) best = alarm
    }
    const priority = best && priorityOf(best)
    if (priority === 1) return [1, best?.id ?? '']
    const { up, known } = this.stream.link
    if (known && !up) return ['link', '']
    return priority === 2 ? [2, best?.id ?? ''] : [undefined, '']
  }

  /** Whether another open alarm speaks for this one. */
  private isUnder(alarm: Alarm): boolean {
    if (!alarm.cause) return false
    const roots = [...this.board.alarms.values()].filter((a) => !a.cause && !isRemoved(a)).map((a) => a.point)
    return isUnder(alarm, new Set(roots))
  }

  private silenced(): boolean {
    return performance.now() < this.state.silencedUntil
  }

  private due(priority: Priority | 'link', alarm: string): void {
    window.__guardroom = {
      soundDue: { priority, at: Date.now(), alarm },
      soundCount: window.__guardroom.soundCount + 1,
    }
  }

  private sound(what: Priority | 'link'): void {
    this.lastPlayed = performance.now()
    this.lastPriority = what
    if (what !== 4 && !this.defers()) this.play(what)
  }

  private play(what: keyof typeof tones): void {
    const context = this.context
    if (context?.state !== 'running') return
    const start = context.currentTime + 0.02
    for (const tone of tones[what]) {
      const oscillator = context.createOscillator()
      const gain = context.createGain()
      const from = start + tone.at
      oscillator.frequency.value = tone.hz
      gain.gain.setValueAtTime(0, from)
      gain.gain.linearRampToValueAtTime(0.5, from + 0.012)
      gain.gain.setValueAtTime(0.5, from + tone.long - 0.02)
      gain.gain.linearRampToValueAtTime(0, from + tone.long)
      oscillator.connect(gain).connect(context.destination)
      oscillator.start(from)
      oscillator.stop(from + tone.long)
    }
  }

  private set(next: SoundState): void {
    if (next.on === this.state.on && next.silencedUntil === this.state.silencedUntil) return
    this.state = next
    for (const tell of this.listeners) tell()
  }
}

function rank(what: Priority | 'link' | undefined): number {
  return what === undefined ? 9 : what === 'link' ? 1.5 : what
}
