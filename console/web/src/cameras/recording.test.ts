import { describe, expect, it } from 'vitest'
import { nextRecorded, toInstant, toLine } from './recording'

const at = (clock: string) => Date.parse(`2026-11-22T${clock}Z`)
const spans = [
  { from: '2026-11-22T05:00:00Z', to: '2026-11-22T05:10:00Z' },
  { from: '2026-11-22T05:20:00Z', to: '2026-11-22T05:30:00Z' },
]

describe('the next recorded instant', () => {
  it.each<[string, string, string | undefined]>([
    ['within a span it is the wished one', '05:05:00', '05:05:00'],
    ['in a hole it is where the next span begins', '05:12:00', '05:20:00'],
    ['before everything it is the first picture', '04:00:00', '05:00:00'],
    ['at the very end of a span it is the next one', '05:10:00', '05:20:00'],
    ['after everything there is none', '05:30:00', undefined],
  ])('%s', (_, wish, want) => expect(nextRecorded(spans, at(wish))).toBe(want && at(want)))
})

it('an instant is found again on the line of time', () => {
  const zero = at('05:00:00')
  expect(toLine(at('05:00:01'), zero)).toBe(1)
  expect(toInstant(toLine(at('05:07:31'), zero), zero)).toBe(at('05:07:31'))
})
