import { describe, expect, it } from 'vitest'
import { daysWords, wallTime, wrongIn } from './hours'

describe('hours of a door', () => {
  it.each([
    [[1, 2, 3, 4, 5], 'Mon–Fri'],
    [[6, 7], 'Sat, Sun'],
    [[1, 3, 5, 6, 7], 'Mon, Wed, Fri–Sun'],
    [[], ''],
  ])('%j are %s', (days, words) => expect(daysWords(days, 'en')).toBe(words))
  it.each([
    ['6:00', '06:00'],
    ['0600', '06:00'],
    [' 22:30 ', '22:30'],
    ['noon', 'noon'],
  ])('%s is read as %s', (text, time) => expect(wallTime(text)).toBe(time))
  it('say what is wrong with them', () => {
    const good = { days: [1], from: '06:00', to: '24:00', held_after: 180 }
    expect(wrongIn(good)).toBeUndefined()
    expect(wrongIn({ ...good, days: [] })).toBe('days')
    expect(wrongIn({ ...good, from: '6' })).toBe('from')
    expect(wrongIn({ ...good, to: '25:00' })).toBe('to')
    expect(wrongIn({ ...good, held_after: 4 })).toBe('held_after')
  })
})
