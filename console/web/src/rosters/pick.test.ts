import { expect, it } from 'vitest'
import { moved, onlyAt, rectOf, spots, toggled, within } from './pick'
import { Picking } from './picking'

const at = (row: number, col: number) => ({ row, col })

it('moves within the board', () => {
  expect(moved(onlyAt(at(0, 0)), at(-3, 99), false, 5, 7)).toEqual(onlyAt(at(0, 6)))
})
it('extends from where it began, in any direction', () => {
  const range = moved(onlyAt(at(3, 3)), at(1, 5), true, 9, 9)
  expect(rectOf(range)).toEqual({ top: 1, bottom: 3, start: 3, end: 5 })
  expect(spots(range)).toHaveLength(9)
})
it('takes single cells beside, each once, and gives them up again', () => {
  const two = toggled(onlyAt(at(0, 0)), at(2, 2))
  expect(spots(two)).toEqual([at(2, 2), at(0, 0)])
  expect(spots(toggled(two, at(0, 0)))).toEqual([at(2, 2)])
})
it('fits a board that became smaller', () => {
  const range = moved(onlyAt(at(8, 8)), at(4, 4), true, 9, 9)
  expect(rectOf(within(range, 5, 5))).toEqual({ top: 4, bottom: 4, start: 4, end: 4 })
})

it('begins where it is told to, whoever looks before the board has a size', () => {
  const picking = new Picking({ row: 0, col: 13 })
  expect(picking.now.at).toEqual({ row: 0, col: 13 })
  picking.fit(20, 35)
  expect(picking.now.at).toEqual({ row: 0, col: 13 })
  picking.fit(20, 7)
  expect(picking.now.at).toEqual({ row: 0, col: 6 })
})

it('is the same thing as long as nothing changes, also on a board without rows', () => {
  const picking = new Picking({ row: 4, col: 2 })
  picking.fit(0, 0)
  expect(picking.now).toBe(picking.now)
})
