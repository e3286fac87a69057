// Where the call-outs of alarms stand on the plan. Life safety is placed first,
// is never put into a cluster, and nothing is put over it. What finds no room
// becomes part of a cluster with a number on it.

export interface Wish {
  id: string
  x: number // of the thing, in pixels
  y: number
  width: number // of the call-out
  height: number
  vital: boolean // life safety
}

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Placed extends Box {
  id: string
  anchor: [number, number]
}

export interface Cluster extends Box {
  ids: string[]
}

export interface Layout {
  placed: Placed[]
  clusters: Cluster[]
}

const GAP = 16 // from the symbol to its call-out
const SYMBOL = 15 // half a symbol, which call-outs leave free where life is concerned
const CLUSTER = { width: 54, height: 26 }

export const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

const within = (box: Box, sheet: Box): boolean =>
  box.x >= sheet.x &&
  box.y >= sheet.y &&
  box.x + box.width <= sheet.x + sheet.width &&
  box.y + box.height <= sheet.y + sheet.height

/** Places call-outs; wishes come in order of importance within the vital ones and the others. */
export function layOut(wishes: readonly Wish[], most = 14, sheet?: Box): Layout {
  const vital = wishes.filter((w) => w.vital)
  const others = wishes.filter((w) => !w.vital)
  const symbols: Box[] = vital.map((w) => ({ x: w.x - SYMBOL, y: w.y - SYMBOL, width: 2 * SYMBOL, height: 2 * SYMBOL }))
  const taken: Box[] = []
  const placed: Placed[] = []
  const put = (w: Wish, box: Box) => {
    placed.push({ ...box, id: w.id, anchor: [w.x, w.y] })
    taken.push(box)
  }
  for (const w of vital) {
    // Far away with a long line, but never over another one that concerns life.
    const box = free(w, taken, symbols, 8, sheet) ?? free(w, taken, symbols, 40) ?? below(w, taken)
    put(w, box)
  }
  const crowd: Wish[] = []
  for (const w of others) {
    const box =
      placed.length < Math.max(most, vital.length)
        ? (free(w, taken, symbols, 4, sheet) ?? free(w, taken, symbols, 4))
        : undefined
    if (box) put(w, box)
    else crowd.push(w)
  }
  return { placed, clusters: gather(crowd, [...taken, ...symbols]) }
}

/** The nearest free place round a thing, over rings of growing distance; on the sheet when one is given. */
function free(w: Wish, taken: readonly Box[], symbols: readonly Box[], rings: number, sheet?: Box): Box | undefined {
  for (let ring = 0; ring < rings; ring++) {
    for (const box of around(w, GAP + ring * 20)) {
      if (sheet && !within(box, sheet)) continue
      if (!taken.some((b) => overlap(b, box)) && !symbols.some((b) => overlap(b, box))) return box
    }
  }
  return undefined
}

function around({ x, y, width, height }: Wish, d: number): Box[] {
  const size = { width, height }
  return [
    { x: x + d, y: y - height / 2, ...size },
    { x: x - d - width, y: y - height / 2, ...size },
    { x: x + d * 0.7, y: y - d - height, ...size },
    { x: x + d * 0.7, y: y + d, ...size },
    { x: x - d * 0.7 - width, y: y - d - height, ...size },
    { x: x - d * 0.7 - width, y: y + d, ...size },
    { x: x - width / 2, y: y - d - height, ...size },
    { x: x - width / 2, y: y + d, ...size },
  ]
}

/** Under everything that is there: always free. */
function below(w: Wish, taken: readonly Box[]): Box {
  const floor = Math.max(w.y, ...taken.map((b) => b.y + b.height))
  return { x: w.x, y: floor + 4, width: w.width, height: w.height }
}

function gather(crowd: readonly Wish[], taken: readonly Box[]): Cluster[] {
  const clusters: (Cluster & { cx: number; cy: number })[] = []
  for (const w of crowd) {
    const near = clusters.find((c) => Math.hypot(c.cx - w.x, c.cy - w.y) < 130)
    if (near) {
      near.ids.push(w.id)
      continue
    }
    clusters.push({ ids: [w.id], cx: w.x, cy: w.y, x: 0, y: 0, ...CLUSTER })
  }
  const boxes = [...taken]
  return clusters.map(({ ids, cx, cy }) => {
    const wish = { id: '', x: cx, y: cy, ...CLUSTER, vital: false }
    const box = free(wish, boxes, [], 40) ?? below(wish, boxes)
    boxes.push(box)
    return { ids, ...box }
  })
}
