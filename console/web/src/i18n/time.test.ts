import { describe, expect, it } from 'vitest'
import { ageParts, brief, clockTime, day, dayOrClock, instantOf, withUTC, zoneName } from './time'

const at = '2026-11-22T02:47:12Z'

describe('times', () => {
  it.each(['en', 'fr', 'es', 'ru', 'ar', 'zh'])('are 24 hours with western digits in %s', (locale) => {
    expect(clockTime(at, 'Africa/Nairobi', locale)).toBe('05:47:12')
    expect(clockTime('2026-11-22T21:05:00Z', 'Africa/Nairobi', locale)).toBe('00:05:00')
  })
  it('carry the date from a day on', () => {
    expect(dayOrClock(at, 'Africa/Nairobi', Date.parse(at) + 3_600_000)).toBe('05:47:12')
    expect(dayOrClock(at, 'Africa/Nairobi', Date.parse(at) + 90_000_000)).toBe('Sun 22 Nov 2026 05:47:12')
  })
  it('name the zone where some place has a name for it', () => {
    expect(zoneName('Europe/Vienna', Date.parse(at))).toBe('CET')
    expect(zoneName('America/New_York', Date.parse(at))).toBe('EST')
    expect(day(at, 'Africa/Nairobi')).toBe('Sun 22 Nov 2026')
    expect(withUTC(at, 'Africa/Nairobi')).toContain('Sun 22 Nov 2026 02:47:12 UTC')
  })
  it('show something for nonsense', () => {
    expect(clockTime('soon', 'Africa/Nairobi')).toBe('–')
    expect(clockTime(at, 'Nowhere/Town')).toBe('02:47:12')
  })
})

describe('a wall time', () => {
  it.each([
    ['Africa/Nairobi', '2026-11-22 05:47:12', '2026-11-22T02:47:12.000Z'],
    ['Europe/Vienna', '2026-03-29 02:30:00', '2026-03-29T01:30:00.000Z'], // skipped
    ['Europe/Vienna', '2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z'], // twice: the first
    ['Europe/Vienna', '2026-10-25 03:30:00', '2026-10-25T02:30:00.000Z'],
    ['America/New_York', '2026-07-01 12:00:00', '2026-07-01T16:00:00.000Z'],
  ])('%s %s', (zone, wall, want) => expect(instantOf(wall, zone)).toBe(want))
  it('that is none is empty', () => expect(instantOf('tomorrow', 'UTC')).toBe(''))
})

describe('an age', () => {
  it.each([
    [38, { s: 38 }],
    [60, { min: 1 }],
    [3_900, { h: 1, min: 5 }],
    [90_000, { d: 1, h: 1 }],
    [-3, { s: 0 }],
  ])('of %s s', (seconds, want) => expect(ageParts(seconds)).toEqual(want))
})

describe('a brief time', () => {
  const now = Date.parse('2026-11-22T11:00:00Z')
  it.each([
    ['2026-11-22T02:47:12Z', '22 Nov 05:47'],
    ['2026-11-23T21:30:00Z', '24 Nov 00:30'], // one to come
    ['2025-12-31T23:00:00Z', '1 Jan 02:00'],
    ['2025-12-31T10:00:00Z', '31 Dec 2025 13:00'],
    ['nothing', '–'],
  ])('%s is %s', (at, words) => expect(brief(at, 'Africa/Nairobi', now)).toBe(words))
})
