import { describe, expect, it } from 'vitest'
import { due, inTurn } from './alive'

describe('a report of a key', () => {
  it('goes at most once a minute, and at once while the desk is asked', () => {
    expect(due(0, Number.NEGATIVE_INFINITY, false)).toBe(true)
    expect(due(59_999, 0, false)).toBe(false)
    expect(due(60_000, 0, false)).toBe(true)
    expect(due(1, 0, true)).toBe(true)
  })
})

describe('reports', () => {
  it('go one after the other: the last one says what holds, and a key meanwhile is not lost', async () => {
    let name = 'old'
    const sent: string[] = []
    const answers: (() => void)[] = []
    const report = inTurn((key) => {
      sent.push(`${name} ${key}`)
      return new Promise<void>((resolve) => answers.push(resolve))
    })
    report(true)
    name = 'new'
    report(false)
    report(true)
    report(false)
    expect(sent).toEqual(['old true'])
    answers[0]?.()
    await Promise.resolve()
    await Promise.resolve()
    expect(sent).toEqual(['old true', 'new true'])
    answers[1]?.()
    await Promise.resolve()
    await Promise.resolve()
    report(false)
    expect(sent).toEqual(['old true', 'new true', 'new false'])
  })
})
