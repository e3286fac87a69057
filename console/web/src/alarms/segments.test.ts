import { describe, expect, it } from 'vitest'
import type { Alarm } from '../contract'
import type { Desk } from '../session/desk'
import { inBulk, rightsOf } from './doing'
import { divide, segmentOf } from './segments'
import { isPerimeter } from './shelve'

const alarm = (id: string, more: Partial<Alarm> = {}): Alarm =>
  ({
    id,
    state: 'unacknowledged',
    priority: 3,
    kind: 'door.held',
    category: 'access',
    station: 'nairobi',
    life_safety: false,
    ...more,
  }) as Alarm
const owned = (by: string) => ({ by, by_name: by, at: '2026-11-22T02:00:00Z' })
const none = { shelved: 2, suppressed: 0, out_of_service: 1, toConfirm: 1 }

describe('the lists', () => {
  const open = [
    alarm('fire', { kind: 'fire.alarm', station: 'geneva' }),
    alarm('held'),
    alarm('mine', { state: 'acknowledged', owner: owned('me') }),
    alarm('away', { station: 'geneva' }),
  ]
  const closing = [alarm('over', { state: 'normal', close_needed: true, owner: owned('me') })]
  const ids = (show: Parameters<typeof divide>[0], station = 'nairobi') => {
    const { life, rest } = divide(show, open, closing, 'me', station, none)
    return [life.map((a) => a.id), rest.map((a) => a.id)]
  }
  it('pin life safety of every station in each of them', () => {
    for (const show of ['active', 'unacknowledged', 'mine', 'closing', 'shelved'] as const)
      expect(ids(show)[0]).toEqual(['fire'])
  })
  it('hold what their name says', () => {
    expect(ids('active')[1]).toEqual(['held', 'mine'])
    expect(ids('active', '*')[1]).toEqual(['held', 'mine', 'away'])
    expect(ids('unacknowledged')[1]).toEqual(['held'])
    expect(ids('mine')[1]).toEqual(['mine', 'over'])
    expect(ids('closing')[1]).toEqual(['over'])
    expect(ids('shelved')[1]).toEqual([])
  })
  it('hold an alarm once while the board still has what has ended', () => {
    const ended = alarm('fire', { kind: 'fire.alarm', state: 'normal', close_needed: true })
    const { life, rest, counts } = divide('closing', open, [...closing, ended], 'me', 'nairobi', none)
    expect([...life, ...rest].map((a) => a.id)).toEqual(['fire', 'over'])
    expect(counts.closing).toBe(1)
  })
  it('count all, whichever is shown', () => {
    const { counts, toConfirm } = divide('mine', open, closing, 'me', 'nairobi', none)
    expect(counts).toEqual({
      active: 3,
      unacknowledged: 2,
      mine: 2,
      closing: 1,
      shelved: 2,
      suppressed: 0,
      out_of_service: 1,
    })
    expect(toConfirm).toBe(1)
  })
  it('fall back to the active alarms', () => {
    expect(segmentOf('invented')).toBe('active')
    expect(segmentOf(undefined)).toBe('active')
  })
})

describe('what an officer may do', () => {
  const desk = (...may: string[]): Pick<Desk, 'may' | 'session'> =>
    ({ may: (p: string) => may.includes(p), session: { user: { id: 'me' } } }) as unknown as Desk
  const officer = desk('alarms.acknowledge', 'alarms.handle', 'alarms.shelve')
  it('with an alarm that nobody has', () => {
    expect(rightsOf(alarm('a'), officer)).toMatchObject({ respond: true, take: true, takeOver: false, shelve: true })
  })
  it('with a colleague\u2019s alarm: acknowledge, or take it over by name', () => {
    expect(rightsOf(alarm('a', { owner: owned('other') }), officer)).toMatchObject({
      acknowledge: true,
      respond: false,
      take: false,
      takeOver: true,
      giveBack: false,
    })
  })
  it('with his own', () => {
    expect(rightsOf(alarm('a', { owner: owned('me'), state: 'acknowledged' }), officer)).toMatchObject({
      giveBack: true,
      close: true,
      acknowledge: false,
    })
  })
  it('never shelve life safety', () => {
    expect(rightsOf(alarm('a', { kind: 'fire.alarm' }), officer).shelve).toBe(false)
    expect(rightsOf(alarm('a', { kind: 'duress' }), officer).shelve).toBe(false)
  })
  it('with a shelved one: restore it', () => {
    const shelved = alarm('a', { state: 'shelved', removed: { mode: 'shelved' } as Alarm['removed'] })
    expect(rightsOf(shelved, officer)).toMatchObject({ restore: true, take: false, shelve: false })
    const ruled = alarm('a', { state: 'suppressed', removed: { mode: 'suppressed' } as Alarm['removed'] })
    expect(rightsOf(ruled, officer).restore).toBe(false)
  })
  it('without rights: nothing', () => {
    const { alarm: _, mine: __, ...rights } = rightsOf(alarm('a'), desk())
    expect(Object.values(rights)).not.toContain(true)
  })
  it('acknowledge together only what is of low priority', () => {
    expect(inBulk(alarm('a'), officer)).toBe(true)
    expect(inBulk(alarm('a', { priority: 4 }), officer)).toBe(true)
    expect(inBulk(alarm('a', { priority: 2 }), officer)).toBe(false)
    expect(inBulk(alarm('a', { kind: 'fire.alarm', priority: 3 }), officer)).toBe(false)
    expect(inBulk(alarm('a', { state: 'acknowledged' }), officer)).toBe(false)
  })
  it('names a patrol for a perimeter point', () => {
    expect(isPerimeter(alarm('a', { kind: 'zone.alarm' }))).toBe(true)
    expect(isPerimeter(alarm('a', { category: 'intrusion' }))).toBe(true)
    expect(isPerimeter(alarm('a'))).toBe(false)
  })
})
