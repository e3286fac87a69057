import { describe, expect, it } from 'vitest'
import type { Alarm } from '../contract'
import { Board } from '../live/board'
import { type Hold, heldLines, lineAt, lines, tops, touch } from './lines'
import { Ordered } from './open'
import {
  bandOf,
  compareAlarms,
  isHandled,
  isLifeSafety,
  isRemoved,
  priorityOf,
  standingAlone,
  stateOf,
  wantsAcknowledgement,
  wantsClosing,
} from './order'

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
    expect(lines([alarm('a', { state: 'invented' as Alarm['state'] })], 'band')).toEqual(['#other', 'a'])
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
    expect(heldLines(['#unacknowledged', 'a', 'b', 'c'], ['#unacknowledged', 'new', 'c', 'a'])).toEqual([
      '#unacknowledged',
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

describe('what lies over an alarm', () => {
  it('takes it out of the list, with its own word', () => {
    const shelved = alarm('a', { state: 'shelved', beneath: 'unacknowledged' })
    expect(isRemoved(shelved)).toBe(true)
    expect(wantsAcknowledgement(shelved)).toBe(false)
  })
  it.each(['shelved', 'suppressed', 'out_of_service'])('never hides life safety, whatever is said: %s', (state) => {
    const fire = alarm('f', { state, beneath: 'returned', kind: 'fire.alarm' })
    expect(isRemoved(fire)).toBe(false)
    expect(stateOf(fire)).toBe('returned')
    expect(stateOf({ ...fire, beneath: state })).toBe('unacknowledged')
    expect(bandOf(fire)).toBe('returned')
  })
  it('does not let a removed alarm speak for others', () => {
    const root = alarm('g', { point: 'gw/gateway.link', state: 'suppressed' })
    const child = alarm('d', { point: 'gw/ups.comms', cause: 'gw/gateway.link' })
    expect(standingAlone([root, child]).map((a) => a.id)).toContain('d')
  })
})

describe('an alarm that somebody has', () => {
  const owner = { by: 'u', by_name: 'A. Wanjiru', at: '2026-11-22T02:00:00Z' }
  it('stands out without flashing, until it is acknowledged', () => {
    expect(isHandled(alarm('a', { owner }))).toBe(true)
    expect(isHandled(alarm('a', { owner, state: 'acknowledged' }))).toBe(false)
    expect(isHandled(alarm('a', {}))).toBe(false)
  })
  it('waits to be closed when it is over and nobody said what it was', () => {
    expect(wantsClosing(alarm('a', { state: 'normal', close_needed: true }))).toBe(true)
    expect(wantsClosing(alarm('a', { state: 'acknowledged', close_needed: true }))).toBe(false)
    expect(wantsClosing(alarm('a', { state: 'normal' }))).toBe(false)
  })
})

describe('groups', () => {
  const given = [
    alarm('critical', { priority: 1, area: 'm1', area_name: 'Dock' }),
    alarm('s', { area: 's0' }),
    alarm('m', { area: 'm1' }),
    alarm('nowhere', { state: 'acknowledged' }),
    alarm('place', { state: 'acknowledged', location: 'Gate A' }),
  ]
  it('by area stand in the order of the gravest alarm in each, and lose nobody', () => {
    const drawn = lines(given, 'area')
    expect(drawn.filter((line) => !line.startsWith('#'))).toEqual(['critical', 'm', 's', 'nowhere', 'place'])
    expect(drawn.filter((line) => line.startsWith('#'))).toHaveLength(4)
  })
  it('by state say which of them are over', () => {
    const over = alarm('over', { state: 'normal', close_needed: true })
    expect(lines([over], 'band')).toEqual(['#closing', 'over'])
  })
  it('are as high as their lines, and every height finds its line', () => {
    const at = tops(['#unacknowledged', 'a', 'b'])
    expect(at).toEqual([0, 26, 76, 126])
    expect([0, 25, 26, 75, 76, 125, 900].map((y) => lineAt(at, y))).toEqual([0, 0, 1, 1, 2, 2, 2])
    expect(lineAt([0], 10)).toBe(0)
  })
})

describe('the order over time', () => {
  it('is the same whether it is kept up or made anew', () => {
    const live = new Board(
      () => 0,
      (commit) => commit(),
    )
    const kept = new Ordered(live)
    let seed = 7
    const random = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % n
    }
    const states = ['unacknowledged', 'acknowledged', 'returned', 'normal', 'shelved'] as const
    for (let version = 1; version <= 600; version++) {
      const id = `a${random(60)}`
      live.alarm(
        alarm(id, {
          state: states[random(states.length)] ?? 'normal',
          priority: (random(4) + 1) as Alarm['priority'],
          raised_at: `2026-11-22T02:00:${String(random(60)).padStart(2, '0')}Z`,
          point: id,
          version,
        }),
      )
      if (version % 7 !== 0) continue
      const look = kept.look()
      const want = [...live.alarms.values()].filter((a) => !isRemoved(a)).sort(compareAlarms)
      expect(look.open.map((a) => a.id)).toEqual(want.map((a) => a.id))
      expect(look.open.length + look.removed.length).toBe(live.alarms.size)
    }
  })
})
