import { describe, expect, it } from 'vitest'
import { blank, type Logic, sameLogic, tidy } from './rules'

describe('rules', () => {
  it('takes away what the pattern does not have', () => {
    const l = tidy({ ...blank, second: { kinds: ['zone.alarm'] }, any_order: true, field: 'card' })
    expect(l.second).toBeUndefined()
    expect(l.any_order).toBeUndefined()
    expect(l.field).toBeUndefined()
    expect(tidy({ ...blank, pattern: 'sequence' }).second?.kinds).toEqual(['zone.alarm'])
    expect(tidy({ ...blank, by: 'detail' }).field).toBe('card')
  })
  it('knows when two rules find the same', () => {
    const words: Logic = { ...blank, outcome: { do: 'alarm', priority: 1, text: 'other words' } }
    expect(sameLogic(blank, words)).toBe(true)
    expect(sameLogic(blank, { ...blank, count: 4 })).toBe(false)
    expect(sameLogic({ ...blank, match: { kinds: ['a', 'b'] } }, { ...blank, match: { kinds: ['b', 'a'] } })).toBe(true)
  })
})
