import { describe, expect, it } from 'vitest'
import type { Alarm, DeviceLife, Point, Reading } from '../contract'
import { alarmsByPoint, doorOf, isDoor, standing } from './standing'

const door = {
  id: 'gw/doors-1.door1',
  device: 'gw/doors-1',
  station: 's',
  name: 'Gate A',
  type: 'enum',
  states: ['normal', 'forced', 'held', 'open', 'unlocked', 'blocked', 'accessed', 'closed', 'locked'],
  kinds: ['door.forced'],
  verbs: [],
  reading: null,
} as unknown as Point
const reading = (states: string[], quality: Reading['quality'] = 'good') => ({ states, quality }) as Reading
const up: DeviceLife = { state: 'up', since: '', last_heard: null, error: '' }

describe('a point', () => {
  it.each<[string, Reading | null, DeviceLife, string]>([
    ['closed and locked is calm', reading(['normal', 'closed', 'locked']), up, 'calm'],
    ['open is worth a look', reading(['open']), up, 'look'],
    ['without a reading has no data', null, up, 'no_data'],
    ['of a lost device has no data, whatever was read', reading(['normal']), { ...up, state: 'lost' }, 'no_data'],
    ['of an unknown device has no data', reading(['normal']), { ...up, state: 'unknown' }, 'no_data'],
    ['that is stale has no data', reading(['normal'], 'stale'), up, 'no_data'],
    ['that is bad has no data', reading(['normal'], 'bad'), up, 'no_data'],
    ['on test is worth a look', reading(['normal'], 'uncertain'), up, 'look'],
  ])('%s', (_, read, life, want) => {
    expect(standing(door, read, life, undefined)).toBe(want)
  })
  it('with an open alarm is in alarm, also without data', () => {
    expect(standing(door, null, up, { state: 'returned' } as Alarm)).toBe('alarm')
  })
})

describe('a door', () => {
  it.each<[string[], string, string]>([
    [['open', 'unlocked'], 'open', 'unlocked'],
    [['forced'], 'open', 'locked'],
    [['normal', 'accessed', 'closed', 'locked'], 'closed', 'accessed'],
    [['blocked', 'closed'], 'closed', 'blocked'],
    [[], 'unknown', 'unknown'],
  ])('%s', (states, contact, mode) => expect(doorOf(door, reading(states))).toEqual({ contact, mode }))
  it('is known by its kinds or verbs', () => {
    expect(isDoor(door)).toBe(true)
    expect(isDoor({ ...door, kinds: ['panel.fault'] })).toBe(false)
  })
})

it('the gravest open alarm of a point counts', () => {
  const alarm = (id: string, more: Partial<Alarm>) =>
    ({ id, point: 'p', state: 'unacknowledged', priority: 3, raised_at: '2026', ...more }) as Alarm
  const found = alarmsByPoint([
    alarm('low', {}),
    alarm('high', { priority: 1 }),
    alarm('old', { state: 'returned', priority: 1 }),
  ])
  expect(found.get('p')?.id).toBe('high')
})
