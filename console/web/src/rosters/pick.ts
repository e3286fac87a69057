// Which cells are picked: one that the keys move, the rectangle between it and
// where the picking began, and single ones beside.

export interface Spot {
  row: number
  col: number
}

export interface Pick {
  at: Spot
  from: Spot
  more: readonly Spot[]
}

export interface Rect {
  top: number
  bottom: number
  start: number
  end: number
}

export const onlyAt = (at: Spot): Pick => ({ at, from: at, more: [] })

export const rectOf = ({ at, from }: Pick): Rect => ({
  top: Math.min(at.row, from.row),
  bottom: Math.max(at.row, from.row),
  start: Math.min(at.col, from.col),
  end: Math.max(at.col, from.col),
})

const clamp = (n: number, most: number): number => Math.max(0, Math.min(n, most - 1))

/** The same picking on a board of another size; itself where nothing of it is outside. */
export function within(pick: Pick, rows: number, cols: number): Pick {
  const inside = (s: Spot): Spot => {
    const to = { row: clamp(s.row, rows), col: clamp(s.col, cols) }
    return to.row === s.row && to.col === s.col ? s : to
  }
  const at = inside(pick.at)
  const from = inside(pick.from)
  const more = pick.more.filter((s) => s.row < rows && s.col < cols)
  return at === pick.at && from === pick.from && more.length === pick.more.length ? pick : { at, from, more }
}

export function moved(pick: Pick, to: Spot, extend: boolean, rows: number, cols: number): Pick {
  const at = { row: clamp(to.row, rows), col: clamp(to.col, cols) }
  return extend ? { ...pick, at } : onlyAt(at)
}

/** Adds a cell to what is picked, or takes it out. */
export function toggled(pick: Pick, spot: Spot): Pick {
  const same = (s: Spot) => s.row === spot.row && s.col === spot.col
  const there = spots(pick)
  if (there.length > 1 && there.some(same)) {
    const left = there.filter((s) => !same(s))
    const at = left[left.length - 1] ?? spot
    return { at, from: at, more: left.slice(0, -1) }
  }
  return { at: spot, from: spot, more: there.filter((s) => !same(s)) }
}

/** Every cell that is picked, once, row by row. */
export function spots(pick: Pick): Spot[] {
  const { top, bottom, start, end } = rectOf(pick)
  const all: Spot[] = []
  for (let row = top; row <= bottom; row++) for (let col = start; col <= end; col++) all.push({ row, col })
  for (const s of pick.more)
    if (s.row < top || s.row > bottom || s.col < start || s.col > end) all.push({ row: s.row, col: s.col })
  return all
}
