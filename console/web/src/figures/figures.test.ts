import { describe, expect, it } from 'vitest'
import { monthOf, monthsBefore, standing, topOf } from './figures'

describe('figures', () => {
  it('reads the month in the station’s zone', () => {
    const newYear = Date.parse('2026-12-31T22:30:00Z')
    expect(monthOf(newYear, 'Africa/Nairobi')).toBe('2027-01')
    expect(monthOf(newYear, 'UTC')).toBe('2026-12')
  })
  it('counts months back over the year', () => {
    expect(monthsBefore('2027-01', 3)).toEqual(['2027-01', '2026-12', '2026-11'])
  })
  it('says how a figure stands', () => {
    expect(standing(1, 1)).toBe('within')
    expect(standing(1.5, 1)).toBe('over')
    expect(standing(2.5, 1)).toBe('far_over')
  })
  it('rounds scales up', () => {
    expect(topOf(0)).toBe(5)
    expect(topOf(51)).toBe(100)
    expect(topOf(10_001)).toBe(20_000)
  })
})
