import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Channel, WindowGroup } from './windows'

/** A channel between the windows of a test, told at once. */
class Air {
  private readonly ends = new Map<object, (event: MessageEvent) => void>()
  join(): Channel & { cut: () => void } {
    const end = {}
    return {
      postMessage: (data) => {
        if (!this.ends.has(end)) return
        for (const [other, tell] of [...this.ends]) if (other !== end) tell({ data } as MessageEvent)
      },
      addEventListener: (_, tell) => void this.ends.set(end, tell),
      close: () => void this.ends.delete(end),
      cut: () => void this.ends.delete(end),
    }
  }
}

describe('windows of one desk', () => {
  let air: Air
  let now = 0
  const open = (panel: string, user = 'wanjiru') => {
    const channel = air.join()
    const group = new WindowGroup(channel, user, () => now)
    group.start(panel)
    return Object.assign(group, { cut: channel.cut })
  }
  const pass = (ms: number) => {
    for (let t = 0; t < ms; t += 500) {
      now += 500
      vi.advanceTimersByTime(500)
    }
  }
  beforeEach(() => {
    vi.useFakeTimers()
    air = new Air()
    now = 1_000
  })
  afterEach(() => vi.useRealTimers())

  it('know each other, and not those of another officer', () => {
    const main = open('')
    const plan = open('plan')
    open('detail', 'mensah')
    expect(main.current.siblings.map((s) => s.panel)).toEqual(['plan'])
    expect(plan.current.siblings.map((s) => s.panel)).toEqual([''])
  })
  it('follow the selection', () => {
    const main = open('')
    const detail = open('detail')
    main.choose({ alarm: 'a' })
    expect(detail.current.chosen).toEqual({ alarm: 'a' })
    detail.choose({ point: 'p' })
    expect(main.current.chosen).toEqual({ point: 'p' })
  })
  it('do not answer an echo of their own choice', () => {
    const main = open('')
    const detail = open('detail')
    main.choose({ alarm: 'a' })
    const said = vi.fn()
    main.subscribe(said)
    detail.choose({ alarm: 'a' }) // what it was told
    expect(said).not.toHaveBeenCalled()
  })
  it('show what is selected already when they open', () => {
    const main = open('')
    main.choose({ alarm: 'a' })
    expect(open('detail').current.chosen).toEqual({ alarm: 'a' })
  })
  it('say at once that one was closed', () => {
    const main = open('')
    const plan = open('plan')
    plan.stop()
    expect(main.current.siblings).toEqual([])
    expect(main.current.lost.map((l) => l.panel)).toEqual(['plan'])
    main.forget('plan')
    expect(main.current.lost).toEqual([])
  })
  it('say within seven seconds that one died without a word, and that it is back', () => {
    const main = open('')
    const plan = open('plan')
    pass(20_000)
    expect(main.current.siblings).toHaveLength(1)
    plan.cut()
    pass(9_000)
    expect(main.current.lost.map((l) => l.panel)).toEqual(['plan'])
    open('plan')
    expect(main.current.lost).toEqual([])
    expect(main.current.siblings).toHaveLength(1)
  })
  it('do not take a window for gone because they slept themselves', () => {
    const main = open('')
    open('plan')
    now += 3_600_000 // the browser stopped the timers of a hidden window
    vi.advanceTimersByTime(2_000)
    expect(main.current.siblings).toHaveLength(1)
    expect(main.current.lost).toEqual([])
  })
  it('let one window sound for all, the whole of Control first, and never none', () => {
    const plan = open('plan')
    plan.canSound = () => true
    expect(plan.defers()).toBe(false)
    const main = open('')
    pass(2_500)
    expect(plan.defers()).toBe(false) // Control is there and cannot be heard
    main.canSound = () => true
    pass(2_500)
    expect(plan.defers()).toBe(true)
    expect(main.defers()).toBe(false)
    main.stop()
    expect(plan.defers()).toBe(false)
  })
  it('silence each other', () => {
    const main = open('')
    const plan = open('plan')
    const told: boolean[] = []
    main.onSilence = (silent) => told.push(silent)
    plan.silence(true)
    plan.silence(false)
    expect(told).toEqual([true, false])
  })
})
