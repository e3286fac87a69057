// What a cell holds, as text: "D", "D@P01", "D@P01+SB", "off". The same text goes
// through the clipboard, so that a week can be carried to a spreadsheet and back.
import type { Post, ShiftType, Turn } from './contract'

/** Rows of cells as they were copied. */
export type Block = Turn[][][]

export const writeTurns = (turns: readonly Turn[]): string =>
  turns.map((turn) => (turn.post ? `${turn.shift}@${turn.post}` : turn.shift)).join('+')

export interface Unread {
  code: 'no_shift' | 'no_post' | 'too_many'
  value: string
}

/** Reads what was typed or pasted into a cell; codes in any case, posts by id or name. */
export function readTurns(
  text: string,
  types: ReadonlyMap<string, ShiftType>,
  posts: ReadonlyMap<string, Post>,
): Turn[] | Unread {
  const words = text.trim()
  if (words === '' || words === '–' || words === '-' || /^off$/i.test(words)) return []
  const turns: Turn[] = []
  for (const part of words.split('+')) {
    const [code = '', where = ''] = part.split('@').map((s) => s.trim())
    const type = types.get(code) ?? [...types.values()].find((t) => t.code.toLowerCase() === code.toLowerCase())
    if (!type) return { code: 'no_shift', value: code || part }
    const post =
      where === ''
        ? ''
        : (posts.get(where) ??
          [...posts.values()].find((p) => [p.id, p.name].some((n) => n.toLowerCase() === where.toLowerCase())))
    if (post === undefined) return { code: 'no_post', value: where }
    turns.push({ shift: type.code, post: post === '' ? '' : post.id })
  }
  return turns.length > 4 ? { code: 'too_many', value: words } : turns
}

export const isUnread = (read: Turn[] | Unread): read is Unread => !Array.isArray(read)

export const writeBlock = (block: Block): string => block.map((row) => row.map(writeTurns).join('\t')).join('\n')

/** Reads a table of cells; the first that cannot be read ends it. */
export function readBlock(
  text: string,
  types: ReadonlyMap<string, ShiftType>,
  posts: ReadonlyMap<string, Post>,
): Block | Unread {
  const block: Block = []
  for (const line of text.replace(/\r/g, '').replace(/\n$/, '').split('\n')) {
    const row: Turn[][] = []
    for (const cell of line.split('\t')) {
      const read = readTurns(cell, types, posts)
      if (isUnread(read)) return read
      row.push(read)
    }
    block.push(row)
  }
  return block
}

/** Where a block is put: a place of one cell takes the whole block, a larger one is filled with it again and again. */
export function spread(block: Block, rows: number, cols: number): { row: number; col: number; turns: Turn[] }[] {
  const high = block.length
  const wide = Math.max(0, ...block.map((row) => row.length))
  if (high === 0 || wide === 0) return []
  const height = rows === 1 && cols === 1 ? high : Math.max(rows, high === 1 ? 1 : Math.min(high, rows))
  const width = rows === 1 && cols === 1 ? wide : cols
  const cells: { row: number; col: number; turns: Turn[] }[] = []
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      const turns = block[row % high]?.[col % wide]
      if (turns) cells.push({ row, col, turns: turns.map(({ shift, post }) => ({ shift, post })) })
    }
  return cells
}
