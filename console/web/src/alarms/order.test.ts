import { describe, expect, it } from 'vitest'
import type { Alarm } from '../contract'
import { bandOf, compareAlarms, isLifeSafety, priorityOf, standingAlone, wantsAcknowledgement } from './order'
import { type Hold, heldLines, lines, touch } from './rows'

const alarm = (id: string, more: Partial<Alarm>): Alarm =>
  ({
    id,
    state: 'unacknowledged',
    priority: 2,
    kind: 'door.forced',
    life_safety: false,
    raised_at: '2026-11-22T02:00:00Z',
    last_at: '2026-11-22T02:00:00Z',
    count: 1,
    version: 1,
    change: 1,
    ...more,
  }) as Alarm

describe('the order of alarms', () => {
  it('is band, then priority, then the oldest', () => {
    const given = [
      alarm('acknowledged', { state: 'acknowledged', priority: 1 }),
      alarm('young', { raised_at: '2026-11-22T02:00:05Z' }),
      alarm('returned', { state: 'returned', priority: 1 }),
      alarm('old', {}),
      alarm('critical', { priority: 1, raised_at: '2026-11-22T02:00:09Z' }),
    ]
    expect(given.sort(compareAlarms).map((a) => a.id)).toEqual(['critical', 'old', 'young', 'acknowledged', 'returned'])
  })
  it('keeps a row for a state that it does not know', () => {
    expect(bandOf({ state: 'invented' as Alarm['state'] })).toBe('other')
    expect(lines([alarm('a', { state: 'invented' as Alarm['state'] })], true)).toEqual(['band:other', 'a'])
  })
  it('survives an alarm without times', () => {
    const bare = { id: 'x', state: 'unacknowledged', priority: 1, kind: 'fire.alarm' } as Alarm
    expect([alarm('a', {}), bare].sort(compareAlarms)[0]?.id).toBe('x')
  })
  it.each([
    [0, 1],
    [7, 4],
    [3, 3],
    [Number.NaN, 1],
  ])('draws priority %s as %s', (given, want) => {
    expect(priorityOf({ priority: given as Alarm['priority'] })).toBe(want)
  })
  it.each(['fire.alarm', 'fire.evacuation', 'duress', 'panic', 'medical.alarm'])(
    '%s is life safety, whatever the flag',
    (kind) => {
      expect(isLifeSafety({ kind, life_safety: false })).toBe(true)
    },
  )
  it('counts cleared alarms as wanting an acknowledgement', () => {
    expect(wantsAcknowledgement({ state: 'returned' })).toBe(true)
    expect(wantsAcknowledgement({ state: 'acknowledged' })).toBe(false)
  })
})

describe('one root cause', () => {
  const root = alarm('gateway', { point: 'gw/gateway.link', cause: null })
  it('stands for what it caused', () => {
    const child = alarm('device', { point: 'gw/ups.comms', cause: 'gw/gateway.link' })
    expect(standingAlone([root, child]).map((a) => a.id)).toEqual(['gateway'])
  })
  it('hides nothing when it is not on the board itself', () => {
    const child = alarm('device', { point: 'gw/ups.comms', cause: 'gw/gateway.link' })
    expect(standingAlone([child]).map((a) => a.id)).toEqual(['device'])
  })
  it('never hides a fire', () => {
    const fire = alarm('fire', { point: 'gw/fire.z1', kind: 'fire.alarm', cause: 'gw/gateway.link' })
    expect(standingAlone([root, fire])).toHaveLength(2)
  })
})

describe('rows that are held', () => {
  it('keep their place, leave when gone, and come last when new', () => {
    expect(heldLines(['band:unacknowledged', 'a', 'b', 'c'], ['band:unacknowledged', 'new', 'c', 'a'])).toEqual([
      'band:unacknowledged',
      'a',
      'c',
      'new',
    ])
  })
  it('are let go one second after a key, and after three of a moving pointer', () => {
    const hold: Hold = { until: 0, began: 0 }
    touch(hold, 'key', 10_000)
    expect(hold.until).toBe(11_000)
    for (let now = 20_000; now < 30_000; now += 100) touch(hold, 'pointer', now)
    const released = hold.until
    expect(released).toBeGreaterThan(20_000)
    const again: Hold = { until: 0, began: 0 }
    touch(again, 'pointer', 50_000)
    for (let now = 50_100; now < 52_900; now += 100) touch(again, 'pointer', now)
    expect(again.until).toBeLessThanOrEqual(53_000)
  })
})
