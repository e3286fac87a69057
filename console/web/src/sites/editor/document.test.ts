import { describe, expect, it } from 'vitest'
import { faultOf, inside, middle } from '../geometry'
import type { Vertex } from '../schema'
import {
  areaAt,
  begin,
  bind,
  type Doc,
  history,
  isChanged,
  keyOf,
  merge,
  move,
  proposals,
  removeVertex,
  snapped,
} from './document'

const square: Vertex[] = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
]
const doc = (more: Partial<Doc> = {}): Doc => ({
  width: 100,
  height: 100,
  scale: 0,
  drawing: null,
  areas: [
    { place: 'a', name: 'A', shape: square },
    {
      place: 'big',
      name: 'Big',
      shape: [
        [0, 0],
        [50, 0],
        [50, 50],
        [0, 50],
      ],
    },
  ],
  points: [{ point: 'g/d.p' as never, place: 'a', x: 5, y: 5, rotation: 0 }],
  cameras: [],
  labels: [],
  ...more,
})

describe('a drawing', () => {
  it('moves what is chosen and nothing else', () => {
    const moved = move(doc(), new Set([keyOf('point', 'g/d.p')]), 20, 1)
    expect(moved.points[0]).toMatchObject({ x: 25, y: 6 })
    expect(moved.areas).toEqual(doc().areas)
  })
  it('knows the innermost area, and proposes it for what has left its own', () => {
    expect(areaAt(doc(), 'level', [5, 5])).toBe('a')
    expect(areaAt(doc(), 'level', [30, 30])).toBe('big')
    expect(areaAt(doc(), 'level', [99, 99])).toBe('level')
    expect(proposals(doc(), 'level')).toEqual([])
    const moved = move(doc(), new Set([keyOf('point', 'g/d.p')]), 25, 25)
    const wanted = proposals(moved, 'level')
    expect(wanted).toEqual([{ key: 'point:g/d.p', place: 'big' }])
    expect(bind(moved, wanted).points[0]?.place).toBe('big')
  })
  it('keeps the three corners of a triangle', () => {
    let d = removeVertex(doc(), 'a', 0)
    expect(d.areas[0]?.shape).toHaveLength(3)
    d = removeVertex(d, 'a', 0)
    expect(d.areas[0]?.shape).toHaveLength(3)
  })
  it('snaps to a corner before the grid, and to nothing when that is off', () => {
    expect(snapped(doc(), [9.2, 9.4], 25, 3)).toEqual([10, 10])
    expect(snapped(doc(), [29, 31], 25, 3)).toEqual([25, 25])
    expect(snapped(doc(), [29.123, 31], 0, 3)).toEqual([29.12, 31])
  })
})

describe('history', () => {
  it('goes back and forth without an end, and a drag is one step', () => {
    let h = begin(doc())
    for (let i = 0; i < 300; i++) h = history(h, { do: { ...h.now, scale: i + 1 } })
    for (let i = 0; i < 5; i++) h = history(h, { do: { ...h.now, width: 200 + i }, step: 'drag' })
    h = history(h, { undo: true })
    expect(h.now.width).toBe(100)
    for (let i = 0; i < 300; i++) h = history(h, { undo: true })
    expect(isChanged(h)).toBe(false)
    expect(history(h, { undo: true })).toBe(h)
    for (let i = 0; i < 301; i++) h = history(h, { redo: true })
    expect(h.now).toMatchObject({ scale: 300, width: 204 })
  })
  it('goes on behind a save', () => {
    let h = history(begin(doc()), { do: { ...doc(), scale: 2 } })
    h = history(h, { saved: h.now })
    expect(isChanged(h)).toBe(false)
    h = history(h, { undo: true })
    expect(h.now.scale).toBe(0)
    expect(isChanged(h)).toBe(true)
  })
})

describe('joining two plans', () => {
  it('keeps what each of two did, and mine where both did', () => {
    const base = doc()
    const mine = move(base, new Set(['point:g/d.p']), 1, 1)
    const theirs: Doc = {
      ...base,
      scale: 0.5,
      areas: [{ place: 'a', name: 'Renamed', shape: square }],
      labels: [{ id: 'l', text: 'New', x: 1, y: 1, size: 10 }],
    }
    const joined = merge(base, mine, theirs)
    expect(joined.points[0]).toMatchObject({ x: 6, y: 6 })
    expect(joined.scale).toBe(0.5)
    expect(joined.areas).toEqual([{ place: 'a', name: 'Renamed', shape: square }])
    expect(joined.labels).toHaveLength(1)
    const both = merge(base, { ...base, scale: 1 }, theirs)
    expect(both.scale).toBe(1)
  })
})

describe('polygons', () => {
  it('are judged as the console judges them', () => {
    expect(faultOf(square)).toBe('')
    expect(faultOf(square.slice(0, 2))).toBe('few')
    expect(
      faultOf([
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 8],
      ]),
    ).toBe('crosses')
    expect(
      faultOf([
        [0, 0],
        [5, 0],
        [10, 0],
      ]),
    ).toBe('line')
    expect(
      faultOf([
        [0, 0],
        [0, 0],
        [10, 0],
        [10, 10],
      ]),
    ).toBe('twice')
  })
  it('have a middle that lies in them', () => {
    const horseshoe: Vertex[] = [
      [0, 0],
      [30, 0],
      [30, 30],
      [20, 30],
      [20, 10],
      [10, 10],
      [10, 30],
      [0, 30],
    ]
    expect(inside(horseshoe, middle(horseshoe))).toBe(true)
    expect(middle(square)).toEqual([5, 5])
  })
})
