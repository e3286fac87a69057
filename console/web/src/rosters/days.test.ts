import { expect, it } from 'vitest'
import { addDays, clockOf, dayOf, daysBetween, daysFrom, dayWords, monday, spanWords, weekday } from './days'

it('counts days over a clock change and a year', () => {
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
  expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2)
  expect(daysFrom('2026-11-30', '2026-12-02')).toEqual(['2026-11-30', '2026-12-01', '2026-12-02'])
  expect([weekday('2026-11-22'), monday('2026-11-22')]).toEqual([7, '2026-11-16'])
})
it('takes the day from the clock of the station', () => {
  const at = Date.parse('2026-11-22T22:30:00Z')
  expect([dayOf(at, 'Africa/Nairobi'), dayOf(at, 'UTC'), dayOf(at, 'America/New_York')]).toEqual([
    '2026-11-23',
    '2026-11-22',
    '2026-11-22',
  ])
})
it('says days and spans without doubt', () => {
  expect(dayWords('2026-12-11')).toBe('Fri 11 Dec')
  expect(spanWords('2026-11-30', '2026-12-27')).toBe('30 Nov – 27 Dec 2026')
  expect(spanWords('2026-12-14', '2027-01-17')).toBe('14 Dec 2026 – 17 Jan 2027')
  expect(clockOf(1470)).toBe('00:30')
})
