import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onSessionRefused } from '../ask'
import { Board } from './board'
import { ServerClock } from './clock'
import { Stream } from './stream'

/** A make-believe of the browser's EventSource, which never tries again by itself. */
class Source extends EventTarget {
  static CONNECTING = 0
  static OPEN = 1
  static CLOSED = 2
  static made: Source[] = []
  readyState = 0
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  constructor() {
    super()
    Source.made.push(this)
  }
  close() {
    this.readyState = 2
  }
  open() {
    this.readyState = 1
    this.onopen?.()
  }
  fail(state: number) {
    this.readyState = state
    this.onerror?.()
  }
  say(name: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }
}

const snapshot = { alarms: [], points: {}, gateways: [], devices: {}, commands: [], server_time: '', cursor: 'c1' }
const last = () => Source.made[Source.made.length - 1] as Source

let stream: Stream
let answer: () => Promise<Response>

beforeEach(() => {
  vi.useFakeTimers()
  Source.made = []
  vi.stubGlobal('EventSource', Source)
  answer = async () => new Response('{"user":{}}', { status: 200 })
  vi.stubGlobal(
    'fetch',
    vi.fn(() => answer()),
  )
  const clock = new ServerClock()
  const board = new Board(
    () => clock.now(),
    (commit) => commit(),
  )
  stream = new Stream(board, clock)
  stream.start()
})

afterEach(() => {
  stream.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the stream', () => {
  it('is up after its snapshot, and down after five silent seconds', () => {
    last().open()
    last().say('snapshot', snapshot)
    expect(stream.link.up).toBe(true)
    vi.advanceTimersByTime(5_600)
    expect(stream.link).toMatchObject({ up: false, known: true })
  })

  it.each([
    ['an answer such as 503', Source.CLOSED],
    ['a connection that failed', Source.CONNECTING],
  ])('comes back by itself after %s, never later than two seconds', async (_, state) => {
    for (let i = 1; i <= 12; i++) {
      last().fail(state)
      await vi.advanceTimersByTimeAsync(2_000)
      expect(Source.made.length).toBe(i + 1)
    }
    last().open()
    last().say('snapshot', snapshot)
    expect(stream.link.up).toBe(true)
    last().fail(state)
    await vi.advanceTimersByTimeAsync(250) // what was well again is tried again at once
    expect(Source.made.length).toBe(14)
  })

  it('does not spin while a fault stays', async () => {
    answer = async () => new Response('', { status: 503 })
    for (let ms = 0; ms < 20_000; ms += 50) {
      if (last().readyState !== Source.CLOSED) last().fail(Source.CLOSED)
      await vi.advanceTimersByTimeAsync(50)
    }
    expect(Source.made.length).toBeLessThan(26)
  })

  it('leads to the sign-in when the session is over', async () => {
    const codes: string[] = []
    const off = onSessionRefused((code) => codes.push(code))
    answer = async () => new Response('{"code":"unauthenticated"}', { status: 401 })
    last().fail(Source.CLOSED)
    await vi.advanceTimersByTimeAsync(10)
    expect(codes).toEqual(['unauthenticated'])
    last().open()
    last().say('gone', { reason: 'signed_out' })
    await vi.advanceTimersByTimeAsync(10)
    expect(codes).toHaveLength(2)
    off()
  })

  it('stays signed in when nobody can say whether the session is over', async () => {
    const codes: string[] = []
    const off = onSessionRefused((code) => codes.push(code))
    answer = async () => new Response('{"code":"unavailable"}', { status: 503 })
    last().fail(Source.CLOSED)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(codes).toEqual([])
    off()
  })

  it('makes a silent connection anew, but waits for a large snapshot', () => {
    vi.advanceTimersByTime(9_600)
    expect(Source.made.length).toBe(2)
    last().open()
    vi.advanceTimersByTime(20_000)
    expect(Source.made.length).toBe(2)
    vi.advanceTimersByTime(11_000)
    expect(Source.made.length).toBe(3)
  })

  it('takes a fresh snapshot after a message that it does not understand', async () => {
    last().open()
    last().say('snapshot', snapshot)
    last().dispatchEvent(new MessageEvent('alarm', { data: '{' }))
    await vi.advanceTimersByTimeAsync(250)
    expect(Source.made.length).toBe(2)
  })

  it('tries no more once it was stopped', async () => {
    last().fail(Source.CLOSED)
    stream.stop()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(Source.made.length).toBe(1)
  })
})
