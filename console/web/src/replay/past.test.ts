import { describe, expect, it } from 'vitest'
import type { Alarm } from '../contract'
import { activeOf, cut, type FilmStep, type Line, play, type Scene, windowOf } from './past'

const empty = (): Scene => ({ alarms: new Map(), points: new Map(), lost: new Set() })

const line = (point: string, kind: string, active: boolean, s: number): FilmStep => ({
  at: new Date(s * 1000).toISOString(),
  signal: {
    point,
    kind,
    active,
    state: active ? 'on' : 'off',
    text: '',
    observed: new Date(s * 1000).toISOString(),
  } as Line,
  alarm: null,
  what: '',
  closed: false,
  holds: !kind.startsWith('access.'),
})

const alarm = (id: string, state: string, closed: boolean, s: number): FilmStep => ({
  at: new Date(s * 1000).toISOString(),
  signal: null,
  alarm: { id, state } as Alarm,
  what: state,
  closed,
  holds: false,
})

describe('a film', () => {
  it('changes the scene step by step and leaves the one before alone', () => {
    const before = empty()
    const after = play(before, [
      line('g/d.p', 'door.opened', true, 1),
      alarm('a', 'unacknowledged', false, 2),
      alarm('b', 'unacknowledged', false, 3),
      alarm('a', 'normal', true, 4),
    ])
    expect(before.points.size + before.alarms.size).toBe(0)
    expect([...after.alarms.keys()]).toEqual(['b'])
    expect(activeOf(after.points.get('g/d.p')).map((c) => c.kind)).toEqual(['door.opened'])
    expect(activeOf(play(after, [line('g/d.p', 'door.opened', false, 5)]).points.get('g/d.p'))).toEqual([])
  })

  it('keeps nothing of what happens and is over', () => {
    expect(play(empty(), [line('g/d.p', 'access.granted', true, 1)]).points.size).toBe(0)
  })

  it('marks what a lost gateway or device leaves behind, and takes the mark away again', () => {
    let scene = play(empty(), [line('g/d.p', 'door.opened', true, 1), line('h/d.p', 'door.opened', true, 1)])
    scene = play(scene, [line('g/_gateway.comms', 'gateway.lost', true, 2)])
    expect(scene.points.get('g/d.p')?.quality).toBe('lost')
    expect(scene.points.get('h/d.p')?.quality).toBe('known')
    expect([...scene.lost]).toEqual(['g'])
    scene = play(scene, [line('g/_gateway.comms', 'gateway.lost', false, 3)])
    expect(scene.points.get('g/d.p')?.quality).toBe('known')
    scene = play(scene, [line('h/d._device', 'comms.lost', true, 4)])
    expect(scene.points.get('h/d.p')?.quality).toBe('lost')
  })

  it('is not turned back by a signal that was overtaken', () => {
    const scene = play(empty(), [line('g/d.p', 'door.opened', false, 5), line('g/d.p', 'door.opened', true, 2)])
    expect(activeOf(scene.points.get('g/d.p'))).toEqual([])
  })

  it('is cut at an instant, with what happens at it before the cut', () => {
    const steps = [1, 2, 3].map((s) => line('g/d.p', 'door.opened', true, s))
    expect(cut(steps, 2000).map((part) => part.length)).toEqual([2, 1])
    expect(cut([], 2000)).toEqual([[], []])
  })
})

describe('the slider', () => {
  it('lies around the instant, and never past now', () => {
    expect(windowOf(0, '1h', 10 * 3_600_000)).toEqual([-1_800_000, 1_800_000])
    expect(windowOf(1000, '1h', 2000)).toEqual([2000 - 3_600_000, 2000])
  })
})
