// What the console sends of a roster in columns, as the cells and demands that they are.
import type { Cell, Demand, Table, Turn } from './contract'
import { addDays, type Day } from './days'

/** Whether the same is wanted. */
export const sameDemands = (a: readonly Demand[], b: readonly Demand[]): boolean =>
  a.length === b.length &&
  a.every((x, i) => {
    const y = b[i] as Demand
    return (
      x.post === y.post &&
      x.date === y.date &&
      x.shift === y.shift &&
      x.headcount === y.headcount &&
      x.from === y.from &&
      x.to === y.to &&
      x.min_rank === y.min_rank &&
      x.source === y.source &&
      x.required.join() === y.required.join()
    )
  })

/** What is wanted, day by day. */
export function demandsOf(table: Table): Demand[] {
  const dates = new Map<number, Day>()
  const dateOf = (i: number): Day => {
    const known = dates.get(i) ?? addDays(table.from, i)
    dates.set(i, known)
    return known
  }
  return table.wanted.flatMap(({ demand, days }) => days.map((i) => ({ ...demand, date: dateOf(i) })))
}

/** The columns of a table as cells; what was never written is left out. */
export function cellsOf(table: Table): Cell[] {
  const days = table.rows[0]?.map((_, i) => addDays(table.from, i)) ?? []
  const cells: Cell[] = []
  for (const [r, officer] of table.officers.entries()) {
    const row = table.rows[r] ?? []
    const versions = table.versions[r]
    for (let i = 0; i < row.length; i++) {
      const content = row[i] as number
      const version = versions?.[i] ?? 0
      if (content !== 0 || version !== 0)
        cells.push({ officer, date: days[i] as Day, version, duties: table.contents[content] as Turn[] })
    }
  }
  return cells
}
