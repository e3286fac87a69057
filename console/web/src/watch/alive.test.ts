import { describe, expect, it } from 'vitest'
import { due } from './alive'

describe('a report of a key', () => {
  it('goes at most once a minute, and at once while the desk is asked', () => {
    expect(due(0, Number.NEGATIVE_INFINITY, false)).toBe(true)
    expect(due(59_999, 0, false)).toBe(false)
    expect(due(60_000, 0, false)).toBe(true)
    expect(due(1, 0, true)).toBe(true)
  })
})
