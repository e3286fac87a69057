import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Alarm } from '../contract'
import { Board } from '../live/board'
import type { Link, Stream } from '../live/stream'
import { isNews, Sound } from './sound'

const alarm = (id: string, more: Partial<Alarm> = {}): Alarm =>
  ({
    id,
    state: 'unacknowledged',
    priority: 1,
    kind: 'fire.alarm',
    life_safety: true,
    version: 1,
    ...more,
  }) as Alarm

const quiet = (more: Partial<Alarm> = {}) => alarm('a', { kind: 'door.held', life_safety: false, ...more })

class FakeStream {
  link: Link = { up: true, known: true, since: 0, build: '', rights: 0 }
  tell: () => void = () => undefined
  subscribe(listener: () => void) {
    this.tell = listener
    return () => undefined
  }
  set(up: boolean) {
    this.link = { ...this.link, up }
    this.tell()
  }
}

const due = () => window.__guardroom.soundDue

describe('the sound', () => {
  let board: Board
  let stream: FakeStream
  let sound: Sound
  beforeEach(() => {
    vi.useFakeTimers()
    board = new Board(
      () => 0,
      (commit) => commit(),
    )
    stream = new FakeStream()
    sound = new Sound(board, stream as unknown as Stream)
    sound.start()
  })
  afterEach(() => {
    sound.stop()
    vi.useRealTimers()
  })

  it('is not due for what is told late and is over, and is for what is told late and still stands', () => {
    const before = window.__guardroom.soundCount
    for (let i = 0; i < 200; i++) board.alarm(alarm(`late-${i}`, { state: 'returned', late: true }))
    vi.advanceTimersByTime(60_000)
    expect(due()).toBeNull()
    expect(window.__guardroom.soundCount).toBe(before)
    board.alarm(alarm('burns', { late: true }))
    expect(due()).toMatchObject({ priority: 1, alarm: 'burns' })
  })

  describe('of a raise from a backlog', () => {
    const minutesOld = (minutes: number, more: Partial<Alarm> = {}) =>
      quiet({
        priority: 2,
        late: true,
        raised_at: new Date(Date.now() - minutes * 60_000).toISOString(),
        received_at: new Date(Date.now()).toISOString(),
        ...more,
      })
    it('waits two seconds for its restore, and is not due when that comes', () => {
      board.alarm(minutesOld(30))
      stream.tell() // something else is planned meanwhile
      vi.advanceTimersByTime(1_900)
      expect(due()).toBeNull()
      board.alarm(minutesOld(30, { state: 'returned', version: 2 }))
      vi.advanceTimersByTime(60_000)
      expect(due()).toBeNull()
    })
    it('is due after two seconds when it still stands, and repeats as any other', () => {
      board.alarm(minutesOld(30))
      vi.advanceTimersByTime(1_000)
      board.alarm(minutesOld(30, { version: 2, count: 2 })) // more of it does not prolong the wait
      vi.advanceTimersByTime(1_000)
      expect(due()).toMatchObject({ priority: 2, alarm: 'a' })
      const first = window.__guardroom.soundCount
      vi.advanceTimersByTime(10_100)
      expect(window.__guardroom.soundCount).toBe(first + 1)
    })
    it.each([
      ['is a danger to life', minutesOldOf({ life_safety: true, kind: 'fire.alarm', priority: 1 })],
      ['is less than a minute old', minutesOldOf({}, 0.5)],
      ['was not kept by its gateway', minutesOldOf({ late: false })],
    ])('is due at once when it %s', (_, make) => {
      board.alarm(make())
      expect(due()).toMatchObject({ alarm: 'a' })
    })
    it('is due at once when the point raises anew meanwhile', () => {
      board.alarm(minutesOld(30))
      vi.advanceTimersByTime(500)
      board.alarm(minutesOld(30, { version: 2, late: false }))
      expect(due()).toMatchObject({ alarm: 'a' })
    })
    it('does not keep another alarm waiting', () => {
      board.alarm(minutesOld(30))
      board.alarm(alarm('b', { priority: 2 }))
      expect(due()).toMatchObject({ alarm: 'b' })
    })
    function minutesOldOf(more: Partial<Alarm>, minutes = 30) {
      return () => minutesOld(minutes, more)
    }
  })
  it('is due at once for a new alarm, again every 4 s, and stops with the acknowledgement', () => {
    board.alarm(alarm('a'))
    expect(due()).toMatchObject({ priority: 1, alarm: 'a' })
    const first = window.__guardroom.soundCount
    vi.advanceTimersByTime(8_500)
    expect(window.__guardroom.soundCount).toBe(first + 2)
    board.alarm(alarm('a', { state: 'acknowledged', version: 2 }))
    vi.advanceTimersByTime(60_000)
    expect(window.__guardroom.soundCount).toBe(first + 2)
  })
  it('is silent for 120 s after S, and no longer', () => {
    board.alarm(alarm('a', { priority: 2 }))
    sound.silence()
    const before = window.__guardroom.soundCount
    vi.advanceTimersByTime(119_000)
    expect(window.__guardroom.soundCount).toBe(before)
    vi.advanceTimersByTime(2_000)
    expect(window.__guardroom.soundCount).toBe(before + 1)
  })
  it('breaks the silence for a new high alarm, not for a repeat of a known one', () => {
    board.alarm(alarm('a'))
    sound.silence()
    const before = window.__guardroom.soundCount
    board.alarm(alarm('a', { count: 2, version: 2 }))
    expect(window.__guardroom.soundCount).toBe(before)
    board.alarm(alarm('b', { priority: 2, version: 3 }))
    expect(due()).toMatchObject({ alarm: 'b' })
    expect(sound.current.silencedUntil).toBe(0)
  })
  it('sounds once for medium and never for low', () => {
    board.alarm(alarm('low', { priority: 4, life_safety: false, kind: 'clock.skew' }))
    expect(due()).toBeNull()
    board.alarm(alarm('medium', { priority: 3, life_safety: false, kind: 'door.held' }))
    expect(due()).toMatchObject({ priority: 3 })
    const before = window.__guardroom.soundCount
    vi.advanceTimersByTime(60_000)
    expect(window.__guardroom.soundCount).toBe(before)
  })
  it('says that contact is lost every 15 s until it is back', () => {
    stream.set(false)
    vi.advanceTimersByTime(10)
    expect(due()).toMatchObject({ priority: 'link' })
    const before = window.__guardroom.soundCount
    vi.advanceTimersByTime(30_500)
    expect(window.__guardroom.soundCount).toBe(before + 2)
    stream.set(true)
    vi.advanceTimersByTime(60_000)
    expect(window.__guardroom.soundCount).toBe(before + 2)
  })
  it('sounds for what a snapshot brings, the gravest once', () => {
    const alarms = [alarm('x', { priority: 2, life_safety: false }), alarm('y')]
    board.snapshot({ alarms, points: {}, gateways: [], devices: {}, commands: [], server_time: '', cursor: '' })
    vi.advanceTimersByTime(10)
    expect(due()).toMatchObject({ priority: 1, alarm: 'y' })
    expect(window.__guardroom.soundCount).toBe(1)
  })
})

describe('escalation', () => {
  const up = (level: number) => ({ level, to: 'supervisor', at: '2026-11-22T02:00:30Z' })
  it('is news to whoever supervises, at each level once', () => {
    expect(isNews(alarm('a', { escalation: up(1) }), alarm('a'), true)).toBe(true)
    expect(isNews(alarm('a', { escalation: up(1) }), alarm('a', { escalation: up(1) }), true)).toBe(false)
    expect(isNews(alarm('a', { escalation: up(2) }), alarm('a', { escalation: up(1) }), true)).toBe(true)
    expect(isNews(alarm('a', { escalation: up(1) }), alarm('a'), false)).toBe(false)
    expect(isNews(alarm('a', { state: 'acknowledged', escalation: up(1) }), alarm('a'), true)).toBe(false)
  })
})

describe('news', () => {
  it.each([
    ['a new alarm', alarm('a'), undefined, true],
    ['a repeat', alarm('a', { count: 2 }), alarm('a'), false],
    ['raised again after it was acknowledged', alarm('a'), alarm('a', { state: 'acknowledged' }), true],
    ['raised again after it cleared', alarm('a'), alarm('a', { state: 'returned' }), true],
    ['confirmed by a second detector', alarm('a', { confirmed: true }), alarm('a'), true],
    ['graver than before', alarm('a'), alarm('a', { priority: 2 }), true],
    ['acknowledged', alarm('a', { state: 'acknowledged' }), alarm('a'), false],
    ['back from the shelf, never answered', quiet(), quiet({ state: 'shelved', beneath: 'unacknowledged' }), true],
    ['shelved', quiet({ state: 'shelved', beneath: 'unacknowledged' }), quiet(), false],
    [
      'a fire that something calls shelved',
      alarm('a', { state: 'shelved', beneath: 'unacknowledged' }),
      undefined,
      true,
    ],
  ])('%s', (_, now, before, want) => expect(isNews(now, before)).toBe(want))
})
