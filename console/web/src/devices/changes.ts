// What differs between two texts, line by line.

export interface Change {
  kind: 'same' | 'gone' | 'new'
  line: number // in the text that it stands in, from 1
  text: string
}

const MOST = 2_000_000 // comparisons: beyond, what differs is shown as gone and new as a whole

/** The lines of both texts in order: what stays, what goes, what comes. */
export function changes(before: string, after: string): Change[] {
  const a = lines(before)
  const b = lines(after)
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const same = (text: string, line: number): Change => ({ kind: 'same', line, text })
  return [
    ...b.slice(0, head).map((text, i) => same(text, i + 1)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head),
    ...b.slice(b.length - tail).map((text, i) => same(text, b.length - tail + i + 1)),
  ]
}

const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

function middle(a: string[], b: string[], head: number): Change[] {
  const gone = (i: number): Change => ({ kind: 'gone', line: head + i + 1, text: a[i] ?? '' })
  const come = (j: number): Change => ({ kind: 'new', line: head + j + 1, text: b[j] ?? '' })
  if (a.length * b.length > MOST) return [...a.map((_, i) => gone(i)), ...b.map((_, j) => come(j))]
  // long[i][j] is the length of the longest run of lines that a from i and b from j have in common.
  const wide = b.length + 1
  const long = new Uint32Array((a.length + 1) * wide)
  const at = (i: number, j: number) => long[i * wide + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      long[i * wide + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const out: Change[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ kind: 'same', line: head + ++j, text: a[i++] ?? '' })
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) out.push(gone(i++))
    else out.push(come(j++))
  }
  return out
}

/** Only what differs, with some lines around it; null stands for lines left out. */
export function around(all: Change[], context = 2): (Change | null)[] {
  const near = all.map((_, i) => all.slice(Math.max(0, i - context), i + context + 1).some((c) => c.kind !== 'same'))
  const out: (Change | null)[] = []
  all.forEach((change, i) => {
    if (near[i]) out.push(change)
    else if (i === 0 || near[i - 1]) out.push(null)
  })
  return out
}

/** Those of ids that a configuration does not name: what would no longer be watched. */
export function unnamed(text: string, ids: readonly string[]): string[] {
  return ids.filter((id) => {
    const word = id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return !new RegExp(`^[^#\\n]*\\bid["']?\\s*:\\s*["']?${word}["']?\\s*(?:[,}#]|$)`, 'm').test(text)
  })
}
