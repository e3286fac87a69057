import { describe, expect, it } from 'vitest'
import type { Alarm, Command, Reading } from '../contract'
import { Board } from './board'
import { ServerClock } from './clock'

const alarm = (id: string, more: Partial<Alarm> = {}): Alarm =>
  ({ id, state: 'unacknowledged', priority: 2, version: 1, ...more }) as Alarm
const command = (state: Command['state'], version: number): Command =>
  ({ id: 'c', point: 'g/d.p', state, version, requested_at: '2026-11-22T02:00:00Z' }) as Command
const empty = { alarms: [], points: {}, gateways: [], devices: {}, commands: [], server_time: '', cursor: '' }

function world() {
  const commits: (() => void)[] = []
  const board = new Board(
    () => 1_000,
    (commit) => commits.push(commit),
  )
  const draw = () => {
    for (const commit of commits.splice(0)) commit()
  }
  return { board, commits, draw }
}

describe('the board', () => {
  it('takes many messages and is drawn once per frame', () => {
    const { board, commits, draw } = world()
    let drawn = 0
    board.subscribe('alarms', () => drawn++)
    for (let i = 0; i < 50; i++) board.alarm(alarm(`a${i}`, { version: i }))
    expect(commits).toHaveLength(1)
    draw()
    expect(drawn).toBe(1)
    expect(board.alarms.size).toBe(50)
  })
  it('drops what an overtaken answer says', () => {
    const { board } = world()
    board.alarm(alarm('a', { version: 5, state: 'acknowledged' }))
    board.alarm(alarm('a', { version: 4 }))
    expect(board.find('a')?.state).toBe('acknowledged')
  })
  it('does not bring a closed alarm back by an old answer, but by a new raise', () => {
    const { board } = world()
    board.alarm(alarm('a', { version: 5, state: 'normal' }))
    board.alarm(alarm('a', { version: 4 }))
    expect(board.alarms.has('a')).toBe(false)
    expect(board.find('a')?.state).toBe('normal')
    board.alarm(alarm('a', { version: 6 }))
    expect(board.alarms.has('a')).toBe(true)
  })
  it('replaces everything by a snapshot', () => {
    const { board } = world()
    board.alarm(alarm('gone'))
    board.snapshot({ ...empty, alarms: [alarm('here')] })
    expect([...board.alarms.keys()]).toEqual(['here'])
  })
  it('tells listeners of alarms at once, before anything is drawn', () => {
    const { board } = world()
    const told: string[] = []
    board.onAlarm((a, before, how) => told.push(`${a.id} ${before?.state ?? 'new'} ${how}`))
    board.alarm(alarm('a'))
    board.alarm(alarm('a', { state: 'returned', version: 2 }))
    expect(told).toEqual(['a new news', 'a unacknowledged news'])
  })
  it('knows since when a state holds only where it saw the change', () => {
    const { board } = world()
    const reading = (state: string) => ({ state, quality: 'good' }) as Reading
    board.readings({ p: reading('closed') })
    expect(board.points.get('p')?.since).toBeUndefined()
    board.readings({ p: reading('open') })
    expect(board.points.get('p')?.since).toBe(1_000)
    board.snapshot({ ...empty, points: { p: reading('closed') } })
    expect(board.points.get('p')?.since).toBeUndefined()
  })
  it('never turns a finished command back', () => {
    const { board } = world()
    board.command(command('confirmed', 3))
    board.command(command('sent', 3))
    board.command(command('sent', 2))
    expect(board.commandsOf('g/d.p')[0]?.state).toBe('confirmed')
  })
})

describe('the clock', () => {
  it('takes the least delayed heartbeat, and begins anew after a jump', () => {
    let ticks = 0
    const clock = new ServerClock(
      () => ticks,
      () => 0,
    )
    clock.sample('2026-11-22T02:00:00.000Z')
    ticks = 2_300 // 300 ms late
    clock.sample('2026-11-22T02:00:02.000Z')
    expect(new Date(clock.now()).toISOString()).toBe('2026-11-22T02:00:02.300Z')
    ticks = 4_000
    clock.sample('2026-11-22T01:00:00.000Z')
    expect(new Date(clock.now()).toISOString()).toBe('2026-11-22T01:00:00.000Z')
  })
})
