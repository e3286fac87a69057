import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ask, askAhead, forgetAhead, hereAhead } from './ask'

const answers = (...list: (() => Response)[]) => {
  const fetched = vi.fn(async () => (list.shift() ?? (() => Response.error()))())
  vi.stubGlobal('fetch', fetched)
  return fetched
}
const json =
  (value: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(value), { status })

describe('asked ahead', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('serves the first ask for the same, and no second one', async () => {
    const fetched = answers(json(1), json(2))
    askAhead('/rosters/geneva')
    expect(await ask('/rosters/geneva')).toBe(1)
    expect(fetched).toHaveBeenCalledTimes(1)
    expect(await ask('/rosters/geneva')).toBe(2)
  })
  it('is here at once when it has come, once, for the officer it was asked for', async () => {
    answers(json(1), json(2), json(3))
    askAhead('/a')
    askAhead('/b')
    expect(hereAhead('/a')).toBe(undefined)
    await vi.waitFor(() => expect(hereAhead('/a')).toBe(1))
    expect(hereAhead('/a')).toBe(undefined)
    forgetAhead()
    expect(hereAhead('/b')).toBe(undefined)
    expect(await ask('/b')).toBe(3)
  })
  it('leaves an ask with other words, or that changes something, alone', async () => {
    answers(json('ahead'), json('query'), json('sent'), json('never'))
    askAhead('/rosters/geneva')
    expect(await ask('/rosters/geneva', { query: { from: 'x' } })).toBe('query')
    expect(await ask('/rosters/geneva', { method: 'PUT', body: {} })).toBe('sent')
    expect(await ask('/rosters/geneva')).toBe('ahead')
  })
  it('asks anew after a refusal, so that nobody is signed out by an old answer', async () => {
    answers(json({ code: 'unauthenticated' }, 401), json('in'))
    askAhead('/session')
    expect(await ask('/session')).toBe('in')
  })
  it('asks anew when the console was not reached, or the answer is old', async () => {
    answers(() => Response.error(), json('now'))
    askAhead('/session')
    vi.advanceTimersByTime(10_001)
    expect(await ask('/session')).toBe('now')
  })
})
