import { describe, expect, it } from 'vitest'
import { blankPosture, moved, placeIn, postureId } from './posture-list'

describe('a posture', () => {
  it.each([
    ['Open day', [], 'open-day'],
    ['Open day', ['open-day', 'open-day-2'], 'open-day-3'],
    ['Été — fermé!', [], 'ete-ferme'],
    ['طوارئ', [], 'posture'],
  ])('%s gets an id of its own', (title, taken, want) => expect(postureId(title, taken)).toBe(want))
  it('wears a colour that no other wears', () => {
    const one = { ...blankPosture([]), colour: 'blue' as const }
    expect(blankPosture([one]).colour).toBe('teal')
  })
  it('moves an action, and leaves the ends where they are', () => {
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c'])
    expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c'])
  })
  it('knows which fault is its own', () => {
    expect(placeIn('postures.2.set.0.text', 2)).toBe('set.0.text')
    expect(placeIn('postures.2.set.0.text', 1)).toBeUndefined()
  })
})
