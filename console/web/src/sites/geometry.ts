// Points, polygons and angles in plan units: x to the right, y down; angles in
// degrees, clockwise from up.
import type { Vertex } from './schema'

export function area(shape: readonly Vertex[]): number {
  let twice = 0
  shape.forEach(([x, y], i) => {
    const [nx, ny] = shape[(i + 1) % shape.length] as Vertex
    twice += x * ny - nx * y
  })
  return Math.abs(twice) / 2
}

/** Where a name stands: the middle of the polygon, or of its widest stretch at half height when that lies outside. */
export function middle(shape: readonly Vertex[]): Vertex {
  let twice = 0
  let cx = 0
  let cy = 0
  shape.forEach(([x, y], i) => {
    const [nx, ny] = shape[(i + 1) % shape.length] as Vertex
    const cross = x * ny - nx * y
    twice += cross
    cx += (x + nx) * cross
    cy += (y + ny) * cross
  })
  const first = shape[0] ?? [0, 0]
  if (twice === 0) return [first[0], first[1]]
  const centre: Vertex = [cx / (3 * twice), cy / (3 * twice)]
  if (inside(shape, centre)) return centre
  const cuts: number[] = []
  shape.forEach(([x, y], i) => {
    const [nx, ny] = shape[(i + 1) % shape.length] as Vertex
    if (y > centre[1] !== ny > centre[1]) cuts.push(x + ((centre[1] - y) / (ny - y)) * (nx - x))
  })
  cuts.sort((a, b) => a - b)
  let best: Vertex = [first[0], first[1]]
  let widest = -1
  for (let i = 0; i + 1 < cuts.length; i += 2) {
    const [a, b] = [cuts[i] as number, cuts[i + 1] as number]
    if (b - a > widest) {
      widest = b - a
      best = [(a + b) / 2, centre[1]]
    }
  }
  return best
}

/** Whether a point lies in a polygon, its edge included. */
export function inside(shape: readonly Vertex[], [px, py]: Vertex): boolean {
  let within = false
  for (let i = 0, j = shape.length - 1; i < shape.length; j = i++) {
    const [ax, ay] = shape[i] as Vertex
    const [bx, by] = shape[j] as Vertex
    const cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    const on =
      Math.abs(cross) < 1e-9 &&
      px >= Math.min(ax, bx) &&
      px <= Math.max(ax, bx) &&
      py >= Math.min(ay, by) &&
      py <= Math.max(ay, by)
    if (on) return true
    if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within
  }
  return within
}

/** Why a polygon cannot be an area: a code for words, or empty. The console judges in the same way. */
export function faultOf(shape: readonly Vertex[]): '' | 'few' | 'twice' | 'line' | 'crosses' {
  if (shape.length < 3) return 'few'
  for (let i = 0; i < shape.length; i++) {
    const a = shape[i] as Vertex
    const b = shape[(i + 1) % shape.length] as Vertex
    if (a[0] === b[0] && a[1] === b[1]) return 'twice'
  }
  if (area(shape) < 1e-6) return 'line'
  for (let i = 0; i < shape.length; i++)
    for (let j = i + 2; j < shape.length; j++) {
      if (i === 0 && j === shape.length - 1) continue
      const at = (k: number) => shape[k % shape.length] as Vertex
      if (meet(at(i), at(i + 1), at(j), at(j + 1))) return 'crosses'
    }
  return ''
}

function meet(a: Vertex, b: Vertex, c: Vertex, d: Vertex): boolean {
  const [o1, o2, o3, o4] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)]
  if (o1 !== o2 && o3 !== o4) return true
  return (
    (o1 === 0 && between(a, c, b)) ||
    (o2 === 0 && between(a, d, b)) ||
    (o3 === 0 && between(c, a, d)) ||
    (o4 === 0 && between(c, b, d))
  )
}

const turn = (a: Vertex, b: Vertex, c: Vertex): number =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

const between = (a: Vertex, p: Vertex, b: Vertex): boolean =>
  p[0] >= Math.min(a[0], b[0]) &&
  p[0] <= Math.max(a[0], b[0]) &&
  p[1] >= Math.min(a[1], b[1]) &&
  p[1] <= Math.max(a[1], b[1])

/** The sector that a camera sees, as an SVG path. */
export function sector(x: number, y: number, direction: number, angle: number, range: number): string {
  if (angle >= 360)
    return `M${x - range} ${y}a${range} ${range} 0 1 0 ${2 * range} 0a${range} ${range} 0 1 0 ${-2 * range} 0z`
  const [ax, ay] = toward([x, y], direction - angle / 2, range)
  const [bx, by] = toward([x, y], direction + angle / 2, range)
  return `M${x} ${y}L${ax} ${ay}A${range} ${range} 0 ${angle > 180 ? 1 : 0} 1 ${bx} ${by}Z`
}

export function toward([x, y]: Vertex, direction: number, distance: number): Vertex {
  const r = (direction * Math.PI) / 180
  return [round(x + Math.sin(r) * distance), round(y - Math.cos(r) * distance)]
}

/** The direction from one point to another. */
export function bearing([ax, ay]: Vertex, [bx, by]: Vertex): number {
  return ((Math.atan2(bx - ax, ay - by) * 180) / Math.PI + 360) % 360
}

export const distance = ([ax, ay]: Vertex, [bx, by]: Vertex): number => Math.hypot(bx - ax, by - ay)

/** Hundredths are as fine as anybody draws. */
export const round = (v: number): number => Math.round(v * 100) / 100
