import { describe, expect, it } from 'vitest'
import { type Box, layOut, overlap, type Wish } from './layout'

const wish = (id: string, x: number, y: number, vital = false): Wish => ({ id, x, y, width: 180, height: 40, vital })

function random(seed: number): () => number {
  let s = seed
  return () => {
    s = (s * 1103515245 + 12345) & 0x7fffffff
    return s / 0x7fffffff
  }
}

describe('call-outs', () => {
  it('stand beside their things', () => {
    const { placed, clusters } = layOut([wish('a', 100, 100)])
    expect(clusters).toEqual([])
    expect(placed[0]).toMatchObject({ id: 'a', anchor: [100, 100] })
    expect(placed[0]?.x).toBeGreaterThan(100)
  })
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('never cover one another, and life safety is always there (%i)', (seed) => {
    const next = random(seed)
    const wishes = Array.from({ length: 60 }, (_, i) => wish(String(i), next() * 500, next() * 300, i % 5 === 0))
    const { placed, clusters } = layOut(wishes)
    const boxes: Box[] = [...placed, ...clusters]
    for (let i = 0; i < boxes.length; i++)
      for (let j = i + 1; j < boxes.length; j++) expect(overlap(boxes[i] as Box, boxes[j] as Box)).toBe(false)
    const vital = wishes.filter((w) => w.vital)
    for (const v of vital) {
      expect(placed.some((p) => p.id === v.id)).toBe(true)
      const symbol = { x: v.x - 13, y: v.y - 13, width: 26, height: 26 }
      const over = [...placed.filter((p) => !vital.some((o) => o.id === p.id)), ...clusters]
      expect(over.some((b) => overlap(b, symbol))).toBe(false)
    }
    // Nothing is left out: what has no call-out of its own is counted in a cluster.
    const told = [...placed.map((p) => p.id), ...clusters.flatMap((c) => c.ids)]
    expect(told.sort()).toEqual(wishes.map((w) => w.id).sort())
  })
})
