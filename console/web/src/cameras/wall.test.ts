import { describe, expect, it } from 'vitest'
import {
  beside,
  FOLLOW,
  fromAddress,
  inAddress,
  type Layout,
  layoutOf,
  put,
  resized,
  sizeFor,
  swap,
  tilesOf,
} from './wall'

const four: Layout = { size: 4, places: ['a', 'b', undefined, FOLLOW] }

describe('a wall', () => {
  it('is saved and read again', () => {
    const tiles = tilesOf(four)
    expect(tiles).toEqual([
      { tile: 0, camera: 'a' },
      { tile: 1, camera: 'b' },
      { tile: 3, camera: '', follow: true },
    ])
    expect(layoutOf({ tiles: 4, cameras: tiles })).toEqual(four)
  })
  it('goes through an address', () => {
    expect(inAddress(four)).toBe('a,b,,*')
    expect(fromAddress('a,b,,*', 4)).toEqual(four)
    expect(fromAddress('a,a,b', 4).places).toEqual(['a', undefined, 'b', undefined])
  })
  it('never shows a camera twice: what is in the way goes where it came from', () => {
    expect(put(four, 0, 'b').places).toEqual(['b', 'a', undefined, FOLLOW])
    expect(put(four, 2, 'c').places).toEqual(['a', 'b', 'c', FOLLOW])
    expect(put(four, 0, undefined).places).toEqual([undefined, 'b', undefined, FOLLOW])
  })
  it('keeps its cameras when it becomes smaller, as far as there is room', () => {
    const nine = resized({ size: 4, places: ['a', undefined, undefined, 'd'] }, 9)
    expect(nine.places).toEqual(['a', undefined, undefined, 'd', ...Array(5)])
    expect(resized({ size: 9, places: ['a', undefined, 'c', undefined, 'e', ...Array(4)] }, 4).places).toEqual([
      'a',
      'e',
      'c',
      undefined,
    ])
  })
  it('is as large as it must be', () => expect([1, 2, 4, 5, 8, 10, 30].map(sizeFor)).toEqual([1, 4, 4, 9, 9, 16, 16]))
  it('moves by swapping', () => expect(swap(four, 0, 3).places).toEqual([FOLLOW, 'b', undefined, 'a']))
})

describe('arrow keys', () => {
  it.each<[number, string, boolean, number]>([
    [0, 'ArrowRight', false, 1],
    [2, 'ArrowRight', false, 2],
    [0, 'ArrowLeft', true, 1],
    [4, 'ArrowUp', false, 1],
    [7, 'ArrowDown', false, 7],
    [0, 'ArrowUp', false, 0],
  ])('from %d by %s (from the right, %s)', (at, key, rtl, want) => expect(beside(9, at, key, rtl)).toBe(want))
})
