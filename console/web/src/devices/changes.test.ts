import { describe, expect, it } from 'vitest'
import { around, changes, unnamed } from './changes'

const drawn = (before: string, after: string) =>
  changes(before, after).map((c) => `${{ same: ' ', gone: '-', new: '+' }[c.kind]}${c.line}${c.text}`)

describe('what changes', () => {
  it.each([
    ['nothing', 'a\nb\n', 'a\nb\n', [' 1a', ' 2b']],
    ['the first text', '', 'a\nb', ['+1a', '+2b']],
    ['a line in the middle', 'a\nb\nc', 'a\nx\nc', [' 1a', '-2b', '+2x', ' 3c']],
    ['a line at the end', 'a\nb', 'a\nb\nc\n', [' 1a', ' 2b', '+3c']],
    ['a line moved', 'a\nb\nc', 'b\nc\na', ['-1a', ' 1b', ' 2c', '+3a']],
    ['everything', 'a', 'b', ['-1a', '+1b']],
  ])('shows %s', (_, before, after, want) => {
    expect(drawn(before, after)).toEqual(want)
  })

  it('takes what is too long as a whole', () => {
    const long = (word: string) => Array.from({ length: 2000 }, (_, i) => `${word}${i}`).join('\n')
    const all = changes(`x\n${long('a')}`, `x\n${long('b')}`)
    expect(all.filter((c) => c.kind === 'same')).toHaveLength(1)
    expect(all).toHaveLength(4001)
  })

  it('leaves out what is far from a change', () => {
    const text = Array.from({ length: 20 }, (_, i) => `l${i}`)
    const shown = around(changes(text.join('\n'), text.map((l, i) => (i === 10 ? 'x' : l)).join('\n')), 1)
    expect(shown.map((c) => c?.text ?? '…')).toEqual(['…', 'l9', 'l10', 'x', 'l11', '…'])
  })
})

describe('devices that a configuration no longer names', () => {
  const text = `devices:
  - {id: fire-1, profile: x}
  - id: "door.2"   # the gate
  # - id: zone-3
  - {"id": "ups", "profile": "y"}
  - { profile: z, id: last }
`
  it.each([
    ['fire-1', true],
    ['fire', false],
    ['fire-10', false],
    ['door.2', true],
    ['doorx2', false],
    ['zone-3', false],
    ['ups', true],
    ['last', true],
  ])('%s', (id, named) => {
    expect(unnamed(text, [id])).toEqual(named ? [] : [id])
  })
})
