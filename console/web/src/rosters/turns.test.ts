import { describe, expect, it } from 'vitest'
import type { Post, ShiftType } from './contract'
import { readBlock, readTurns, spread, writeBlock } from './turns'

const types = new Map(['D', 'E', 'N', 'SB'].map((code) => [code, { code } as ShiftType]))
const posts = new Map([['P01', { id: 'P01', name: 'Gate A' } as Post]])
const read = (text: string) => readTurns(text, types, posts)

describe('a cell as text', () => {
  it.each([
    ['D', [{ shift: 'D', post: '' }]],
    ['d@p01', [{ shift: 'D', post: 'P01' }]],
    [
      'D@Gate A + SB',
      [
        { shift: 'D', post: 'P01' },
        { shift: 'SB', post: '' },
      ],
    ],
    ['', []],
    ['off', []],
  ])('%s', (text, want) => expect(read(text)).toEqual(want))
  it('says what it cannot read', () => {
    expect(read('X')).toEqual({ code: 'no_shift', value: 'X' })
    expect(read('D@moon')).toEqual({ code: 'no_post', value: 'moon' })
    expect(read('D+D+D+D+D')).toMatchObject({ code: 'too_many' })
    expect(readBlock('D\tE\nN\tQ', types, posts)).toEqual({ code: 'no_shift', value: 'Q' })
  })
  it('comes back from the clipboard as it went', () => {
    const text = 'D@P01\t\tN\nE+SB\tD\t'
    expect(writeBlock(readBlock(text, types, posts) as never)).toBe(text)
  })
})

describe('a block', () => {
  const block = readBlock('D\tE\nN\t', types, posts) as never
  const put = (rows: number, cols: number) =>
    spread(block, rows, cols).map(({ row, col, turns }) => `${row}${col}${turns.map((t) => t.shift).join('')}`)
  it('goes whole into one cell', () => expect(put(1, 1)).toEqual(['00D', '01E', '10N', '11']))
  it('fills a larger place again and again', () => {
    expect(put(3, 4)).toHaveLength(12)
    expect(put(3, 4).slice(8)).toEqual(['20D', '21E', '22D', '23E'])
  })
})
