import { describe, expect, it } from 'vitest'
import type { Demand, ShiftType } from './contract'
import { Cover, cover, minutesOf, placeKey, spansOf } from './coverage'

const type = (code: string, ...parts: [string, string][]) =>
  ({ code, class: 'day', paid: 0, parts: parts.map(([start, end]) => ({ start, end })) }) as ShiftType
const types = new Map(
  [
    type('D', ['06:00', '14:00']),
    type('E', ['14:00', '22:00']),
    type('N', ['22:00', '06:00']),
    type('LD', ['06:00', '18:00']),
    type('S', ['07:00', '11:00'], ['15:00', '19:00']),
  ].map((t) => [t.code, t]),
)
const day = '2026-11-23'
const want = (shift: string, headcount = 1): Demand =>
  ({
    post: 'P',
    date: day,
    shift,
    from: '00:00',
    to: '00:00',
    headcount,
    min_rank: '',
    required: [],
    source: '',
  }) as Demand
const duty = (officer: string, shift: string, date = day) => ({ officer, date, duties: [{ shift, post: 'P' }] })

describe('spans', () => {
  it('cross midnight and may be split', () => {
    expect(spansOf(type('N', ['22:00', '06:00']))).toEqual([{ from: 1320, to: 1800 }])
    expect(minutesOf(type('S', ['07:00', '11:00'], ['15:00', '19:00']))).toBe(480)
  })
})

describe('coverage', () => {
  it('counts who lacks, and nobody beyond what is wanted', () => {
    const got = cover([want('D', 2), want('E')], [duty('a', 'D'), duty('b', 'E'), duty('c', 'E')], types)
    expect(got.rows.get('D')?.get(day)).toEqual({ need: 2, have: 1, on: 1, lack: 1 })
    expect(got.rows.get('E')?.get(day)).toEqual({ need: 1, have: 1, on: 2, lack: 0 })
  })
  it('lets a long shift cover the day shift and half of the next, which stays short', () => {
    const got = cover([want('D'), want('E')], [duty('a', 'LD')], types)
    expect(got.places.map((p) => p.have)).toEqual([1, 0])
    expect(got.places.map((p) => p.here)).toEqual([['a'], ['a']])
  })
  it('sees the night of the day before', () => {
    const early = { ...want('D'), shift: '', from: '00:00', to: '06:00' } as Demand
    expect(cover([early], [duty('a', 'N', '2026-11-22')], types).places[0]?.have).toBe(1)
    expect(placeKey(early)).toBe('P|2026-11-23|00:00-06:00')
  })
  it('kept up with changes is what it is when it is reckoned anew', () => {
    const demands = [want('D', 2), want('E'), want('N')]
    const kept = new Cover(demands, types)
    const held = new Map<string, { officer: string; date: string; duties: { shift: string; post: string }[] }>()
    const dates = ['2026-11-22', day, '2026-11-24']
    let seed = 7
    const chance = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % n
    }
    for (let i = 0; i < 300; i++) {
      const officer = 'abcd'[chance(4)] as string
      const date = dates[chance(3)] as string
      const shift = ['', 'D', 'E', 'N', 'LD', 'S'][chance(6)] as string
      const duties = shift ? [{ shift, post: chance(4) ? 'P' : '' }] : []
      kept.rise(officer, date, held.get(officer + date)?.duties ?? [])
      kept.seat(officer, date, duties)
      held.set(officer + date, { officer, date, duties })
      const now = kept.settle()
      const anew = cover(demands, held.values(), types)
      expect(now.rows).toEqual(anew.rows)
      expect(now.places.map((p) => [p.have, [...p.here].sort()])).toEqual(
        anew.places.map((p) => [p.have, [...p.here].sort()]),
      )
    }
  })
})
