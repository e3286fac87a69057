// Playing what was recorded: pieces of fragmented MP4 are fetched one after the
// other and put on one line of time, so that the screen can go from before an
// alarm up to the present. Each piece is a line in the record of who saw what.
import { ask, Refusal, refusal } from '../ask'
import { pathOf, type Timeline } from './camera'

const PIECE = 60_000 // ms of a recording that are asked for at once
const AHEAD = 20 // s before the end of what is there at which the next piece is asked for
const BEHIND = 180 // s that stay behind the playhead
const LEAD = 60_000 // ms on the line of time before the wished instant: a piece begins at a key picture before it
const FRESH = 4_000 // ms: less is not worth a question
const HOLE = 0.3 // s that the playhead may stand before it is taken over a hole

export interface PlayState {
  at: number | undefined // ms since 1970, of the shown picture
  playing: boolean
  waiting: boolean // for pictures
  fault: unknown
  end: boolean // nothing newer is recorded yet
  speed: number
}

/** Where in the line of time an instant is, in s, and back. */
export const toLine = (at: number, zero: number): number => (at - zero) / 1_000
export const toInstant = (line: number, zero: number): number => zero + line * 1_000

/** The first recorded instant at or after the wished one; undefined when there is none. */
export function nextRecorded(spans: { from: string; to: string }[], at: number): number | undefined {
  for (const span of spans) {
    if (Date.parse(span.to) <= at) continue
    return Math.max(at, Date.parse(span.from))
  }
  return undefined
}

export class Playing {
  state: PlayState = { at: undefined, playing: true, waiting: true, fault: undefined, end: false, speed: 1 }
  private readonly camera: string
  private readonly video: HTMLVideoElement
  private readonly now: () => number
  private readonly listeners = new Set<() => void>()
  private zero = 0 // ms since 1970: where the line of time begins
  private wish = 0 // ms since 1970: where somebody wants to be
  private upTo = 0 // ms since 1970: what was asked for already
  private lastEnd = 0 // s on the line: where the pictures that are there end
  private source: MediaSource | undefined
  private buffer: SourceBuffer | undefined
  private round: AbortController | undefined
  private fetching = false
  private asked = 0 // performance.now() of the last question
  private timer: ReturnType<typeof setInterval>
  private stood = 0 // performance.now() since when the playhead stands

  constructor(camera: string, video: HTMLVideoElement, from: number, now: () => number) {
    this.camera = camera
    this.video = video
    this.now = now
    video.muted = true
    this.timer = setInterval(() => this.tick(), 200)
    this.go(from)
  }

  subscribe(tell: () => void): () => void {
    this.listeners.add(tell)
    return () => this.listeners.delete(tell)
  }

  /** Goes to an instant. */
  go(at: number): void {
    const wish = Math.min(at, this.now() - 1_000)
    const line = toLine(wish, this.zero)
    this.wish = wish
    if (this.buffer && this.holds(line)) {
      this.video.currentTime = line
      this.set({ at: wish, end: false })
      return
    }
    this.restart(wish)
  }

  step(seconds: number): void {
    this.go((this.state.at ?? this.wish) + seconds * 1_000)
  }

  toggle(): void {
    if (this.state.playing) this.video.pause()
    else void this.video.play().catch(() => undefined)
    this.set({ playing: !this.state.playing })
  }

  speed(rate: number): void {
    this.video.playbackRate = rate
    this.set({ speed: rate })
  }

  close(): void {
    clearInterval(this.timer)
    this.round?.abort()
    this.video.removeAttribute('src')
    this.video.load()
  }

  private holds(line: number): boolean {
    const ranges = this.buffer?.buffered
    for (let i = 0; ranges && i < ranges.length; i++)
      if (line >= ranges.start(i) && line <= ranges.end(i) - 0.05) return true
    return false
  }

  private restart(at: number): void {
    this.round?.abort()
    this.round = new AbortController()
    this.buffer = undefined
    this.fetching = false
    this.zero = at - LEAD
    this.upTo = at
    this.lastEnd = toLine(at, this.zero)
    this.set({ at, waiting: true, fault: undefined, end: false })
    if (typeof MediaSource === 'undefined') {
      this.set({ fault: new Refusal({ status: 0, code: 'no_mse' }), waiting: false })
      return
    }
    const source = new MediaSource()
    const { signal } = this.round
    this.source = source
    const address = URL.createObjectURL(source)
    source.addEventListener(
      'sourceopen',
      () => {
        URL.revokeObjectURL(address)
        if (signal.aborted) return
        source.duration = Number.POSITIVE_INFINITY
        void this.fetch(signal)
      },
      { once: true },
    )
    this.video.src = address
    this.video.playbackRate = this.state.speed
  }

  /** Fetches the next piece and puts it where it belongs. */
  private async fetch(signal: AbortSignal): Promise<void> {
    const from = this.upTo
    const to = Math.min(from + PIECE, this.now())
    if (this.fetching || to - from < (from === this.wish ? 500 : FRESH)) return
    this.fetching = true
    this.asked = performance.now()
    try {
      await this.bring(from, to, signal)
      this.upTo = to
      if (!signal.aborted) this.set({ fault: undefined })
    } catch (fault) {
      if (!signal.aborted) await this.over(fault, to, signal)
    } finally {
      if (!signal.aborted) this.fetching = false
    }
  }

  private async bring(from: number, to: number, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() })
    const answer = await fetch(`/api/v1${pathOf(this.camera, '/recording')}?${query}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      signal,
    })
    if (!answer.ok || !answer.body) throw refusal(answer.status, await answer.text())
    const began = Date.parse(answer.headers.get('X-Recording-From') ?? '') || from
    const buffer = this.bufferFor(answer.headers.get('Content-Type') ?? '')
    if (buffer.updating) await done(buffer)
    buffer.timestampOffset = toLine(began, this.zero)
    const reader = answer.body.getReader()
    let first = from === this.wish
    for (;;) {
      const { done: over, value } = await reader.read()
      if (over || signal.aborted) break
      buffer.appendBuffer(value)
      await done(buffer)
      if (first && buffer.buffered.length > 0) {
        first = false
        this.begin(buffer)
      }
    }
    if (!signal.aborted) await this.forget(buffer)
  }

  /** Where somebody wants to be, or the first picture after it. */
  private begin(buffer: SourceBuffer): void {
    const wish = toLine(this.wish, this.zero)
    const start = buffer.buffered.start(0)
    this.video.currentTime = Math.max(wish, start)
    if (this.state.playing) void this.video.play().catch(() => undefined)
  }

  private bufferFor(kind: string): SourceBuffer {
    if (this.buffer) return this.buffer
    if (!this.source || !MediaSource.isTypeSupported(kind))
      throw new Refusal({ status: 0, code: 'unplayable_recording' })
    this.buffer = this.source.addSourceBuffer(kind)
    return this.buffer
  }

  /** Nothing was recorded there: the next pictures are looked for, else the present is awaited. */
  private async over(fault: unknown, to: number, signal: AbortSignal): Promise<void> {
    const nothing = fault instanceof Refusal && fault.problem.params?.reason === 'nothing_recorded'
    if (!nothing) return this.set({ fault, waiting: false })
    const from = this.upTo
    try {
      const line = await ask<Timeline>(pathOf(this.camera, '/timeline'), {
        query: { from: new Date(from).toISOString(), to: new Date(this.now()).toISOString() },
        signal,
      })
      const next = nextRecorded(line.spans ?? [], from + 1)
      if (next !== undefined) {
        if (from === this.wish) this.wish = next
        this.upTo = next
        return
      }
      this.upTo = to
      if (this.buffer === undefined) this.set({ fault, waiting: false })
    } catch (other) {
      if (!signal.aborted) this.set({ fault: other, waiting: false })
    }
  }

  private async forget(buffer: SourceBuffer): Promise<void> {
    const end = this.video.currentTime - BEHIND
    if (end <= 0 || buffer.buffered.length === 0 || buffer.buffered.start(0) > end - 30) return
    buffer.remove(0, end)
    await done(buffer)
  }

  private tick(): void {
    const { video, buffer } = this
    const signal = this.round?.signal
    if (!signal || signal.aborted) return
    const ranges = buffer?.buffered
    const end = ranges && ranges.length > 0 ? ranges.end(ranges.length - 1) : this.lastEnd
    this.lastEnd = end
    const at =
      buffer && video.readyState > 0 && ranges?.length ? toInstant(video.currentTime, this.zero) : this.state.at
    const waiting = video.readyState < 3 && this.state.fault === undefined
    if (end - video.currentTime < AHEAD || !buffer) this.more(signal)
    if (ranges && ranges.length > 0) this.leap(ranges)
    const newest = this.now() - (at ?? 0) < FRESH + 8_000
    this.set({ at, waiting, end: waiting && newest && !this.fetching })
  }

  private more(signal: AbortSignal): void {
    if (this.fetching || this.source?.readyState !== 'open' || this.state.fault !== undefined) return
    if (performance.now() - this.asked < 1_500) return
    void this.fetch(signal)
  }

  /** Over a hole in the recording: pictures that are not there are not waited for. */
  private leap(ranges: TimeRanges): void {
    const { video } = this
    if (video.readyState >= 3 || video.paused || video.seeking) {
      this.stood = 0
      return
    }
    this.stood ||= performance.now()
    if (performance.now() - this.stood < HOLE * 1_000) return
    for (let i = 0; i < ranges.length; i++)
      if (ranges.start(i) > video.currentTime) {
        video.currentTime = ranges.start(i)
        return
      }
  }

  private set(change: Partial<PlayState>): void {
    const next = { ...this.state, ...change }
    const old = this.state
    const same =
      (old.at === next.at || (old.at !== undefined && next.at !== undefined && Math.abs(old.at - next.at) < 150)) &&
      old.playing === next.playing &&
      old.waiting === next.waiting &&
      old.fault === next.fault &&
      old.end === next.end &&
      old.speed === next.speed
    if (same) return
    this.state = next
    for (const tell of this.listeners) tell()
  }
}

function done(buffer: SourceBuffer): Promise<void> {
  return new Promise((settle, fail) => {
    const over = () => {
      buffer.removeEventListener('updateend', end)
      buffer.removeEventListener('error', bad)
    }
    const end = () => {
      over()
      settle()
    }
    const bad = () => {
      over()
      fail(new Refusal({ status: 0, code: 'unplayable_recording' }))
    }
    if (!buffer.updating) return settle()
    buffer.addEventListener('updateend', end)
    buffer.addEventListener('error', bad)
  })
}
