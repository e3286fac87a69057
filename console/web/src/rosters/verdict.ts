// What the console has counted of a roster and found wrong with it, by cell and by
// officer, as it stands after every edit that it has answered.
import { type Cell, cellKey, type Edited, type Findings, type Tally, type Turn, type Violation } from './contract'

/** How a cell stands in the eyes of the rules: 3 a mandatory rule, 2 an exception, 1 a wish. */
export type Mark = 0 | 1 | 2 | 3

const marks: Record<string, Mark> = { mandatory: 3, exception: 2, request: 1 }

export class Verdict {
  readonly problems = new Map<string, Violation>()
  private blamed = new Map<string, Violation[]>() // by cell
  private tallies = new Map<string, Tally>()
  private counted = new Map<string, Cell>() // as hours and fairness count them
  private touch: (officer: string) => void

  /** Tells of every officer whose row looks different. */
  constructor(touch: (officer: string) => void) {
    this.touch = touch
  }

  tally(officer: string): Tally | undefined {
    return this.tallies.get(officer)
  }

  /** What the cell held when hours and fairness were counted; undefined where it was empty. */
  countedOf(key: string): readonly Turn[] | undefined {
    return this.counted.get(key)?.duties
  }

  /** From here on hours and fairness are those of these cells. */
  count(cells: ReadonlyMap<string, Cell>): void {
    this.counted = new Map(cells)
  }

  /** How the cell with a key stands. */
  markOf(key: string): Mark {
    return worst(this.blamed.get(key) ?? [])
  }

  /** Takes over what an edit has made wrong and right. */
  apply(edited: Edited): void {
    for (const key of edited.went) this.clear(key)
    for (const v of [...edited.came, ...edited.changed]) {
      this.clear(v.key)
      this.file(v)
      for (const c of v.cells) this.touch(c.officer)
    }
    for (const [officer, tally] of Object.entries(edited.tallies)) {
      this.tallies.set(officer, tally)
      this.touch(officer)
    }
    for (const cell of edited.cells) this.counted.set(cellKey(cell.officer, cell.date), cell)
  }

  /** Takes all that is wrong with these cells in place of what was known. */
  found(findings: Findings, cells: ReadonlyMap<string, Cell>): void {
    const before = new Map([...this.blamed].map(([key, list]) => [key, worst(list)]))
    this.problems.clear()
    this.blamed.clear()
    for (const v of findings.problems) this.file(v)
    for (const [key, list] of this.blamed) if (before.get(key) !== worst(list)) this.touch(officerOf(key))
    for (const key of before.keys()) if (!this.blamed.has(key)) this.touch(officerOf(key))
    for (const [officer, tally] of Object.entries(findings.tallies)) {
      if (!sameTally(this.tallies.get(officer), tally)) this.touch(officer)
      this.tallies.set(officer, tally)
    }
    this.count(cells)
  }

  private file(v: Violation): void {
    this.problems.set(v.key, v)
    if (markOf(v) === 0) return
    for (const c of v.cells) {
      const key = cellKey(c.officer, c.date)
      const list = this.blamed.get(key)
      if (list) list.push(v)
      else this.blamed.set(key, [v])
    }
  }

  private clear(key: string): void {
    const v = this.problems.get(key)
    if (!v) return
    this.problems.delete(key)
    for (const c of v.cells) {
      const cell = cellKey(c.officer, c.date)
      const left = this.blamed.get(cell)?.filter((one) => one.key !== key) ?? []
      if (left.length > 0) this.blamed.set(cell, left)
      else this.blamed.delete(cell)
      this.touch(c.officer)
    }
  }
}

const officerOf = (key: string): string => key.slice(0, key.indexOf('|'))

/** How a problem marks its cells. Much of what is wished for is said by the list only: a dot at every weekend says nothing. */
function markOf(v: Violation): Mark {
  if (v.code === 'coverage' || v.code.startsWith('fairness') || v.code.startsWith('contract')) return 0
  if (v.level === 'request' && !v.code.startsWith('wish')) return 0
  return v.level === 'exception' && v.approval ? 1 : (marks[v.level] ?? 0)
}

function worst(list: readonly Violation[]): Mark {
  let mark: Mark = 0
  for (const v of list) {
    const one = markOf(v)
    if (one > mark) mark = one
  }
  return mark
}

const sameTally = (a: Tally | undefined, b: Tally): boolean =>
  a !== undefined && (Object.keys(b) as (keyof Tally)[]).every((name) => a[name] === b[name])
