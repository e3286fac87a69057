// Which rows of a long board are in sight; none before the box has been measured, so
// that rows are laid out once. It is reckoned from what was last heard
// of the box and never by asking for the layout while a key is answered.
import { useLayoutEffect, useState, useSyncExternalStore } from 'react'

export interface Range {
  first: number
  last: number // the row after the last
}

export interface Frame {
  row: number // heights of a row, of what stands above the rows, and below
  head: number
  foot: number
  name: number // width of what stands before the columns
}

const STEP = 4 // rows that come and go together
const BEYOND = 10 // rows drawn above and below what is in sight

export class Sight {
  width = 0
  height = 0
  private box: HTMLElement | null = null
  private frame: Frame
  private rows = 0
  private top = 0
  private start = 0
  private rtl = false
  private beyond = 2 // at first there is enough to draw
  private now: Range = { first: 0, last: 0 }
  private listeners = new Set<() => void>()

  constructor(frame: Frame) {
    this.frame = frame
  }

  get range(): Range {
    return this.now
  }

  /** How many rows a page is. */
  get page(): number {
    return Math.max(1, Math.floor((this.height - this.frame.head - this.frame.foot) / this.frame.row) - 1)
  }

  get backwards(): boolean {
    return this.rtl
  }

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell)
    return () => this.listeners.delete(tell)
  }

  /** The board has so many rows, and so much stands below them. */
  fit(rows: number, foot: number): void {
    this.rows = rows
    this.frame = { ...this.frame, foot }
    if (this.box) this.look()
  }

  /** Watches a box until the answer is called. */
  watch(box: HTMLElement): () => void {
    this.box = box
    this.rtl = getComputedStyle(box).direction === 'rtl'
    const size = () => {
      this.width = box.clientWidth
      this.height = box.clientHeight
      this.top = box.scrollTop
      this.start = Math.abs(box.scrollLeft)
      this.look(true)
    }
    const scrolled = () => {
      this.top = box.scrollTop
      this.start = Math.abs(box.scrollLeft)
      this.look()
    }
    size()
    const resized = new ResizeObserver(() => {
      if (box.clientWidth !== this.width || box.clientHeight !== this.height) size()
    })
    resized.observe(box)
    box.addEventListener('scroll', scrolled, { passive: true })
    // The rows beyond sight come when the first ones have been painted.
    const later = setTimeout(() => {
      this.beyond = BEYOND
      this.look()
    }, 120)
    return () => {
      clearTimeout(later)
      resized.disconnect()
      box.removeEventListener('scroll', scrolled)
      this.box = null
    }
  }

  /** Brings a cell into sight. */
  show(row: number, col: number, wide: number): void {
    const { box } = this
    if (!box) return
    const { head, foot, name } = this.frame
    const top = row * this.frame.row
    const high = this.height - head - foot
    const to = top < this.top ? top : top + this.frame.row > this.top + high ? top + this.frame.row - high : this.top
    const begins = col * wide
    const across = this.width - name
    const start =
      begins < this.start ? begins : begins + wide > this.start + across ? begins + wide - across : this.start
    if (to !== this.top) box.scrollTop = to
    if (start !== this.start) box.scrollLeft = this.rtl ? -start : start
    if (to === this.top && start === this.start) return
    this.top = to
    this.start = start
    this.look()
  }

  /** The cell at a point of the window, if one is there. */
  hit(x: number, y: number, wide: number): { row: number; col: number } | undefined {
    if (!this.box) return undefined
    const edge = this.box.getBoundingClientRect()
    const across = this.rtl ? edge.right - x : x - edge.left
    const down = y - edge.top
    if (across < this.frame.name || down < this.frame.head) return undefined
    return {
      row: Math.floor((down - this.frame.head + this.top) / this.frame.row),
      col: Math.floor((across - this.frame.name + this.start) / wide),
    }
  }

  private look(resized = false): void {
    const { row, head } = this.frame
    const begins = Math.floor(this.top / row)
    const ends = begins + Math.ceil((this.height - head) / row) + 1
    const first = Math.max(0, Math.floor((begins - this.beyond) / STEP) * STEP)
    const last = Math.min(this.rows, Math.ceil((ends + this.beyond) / STEP) * STEP)
    const { now } = this
    const moved = now.first !== first || now.last !== last
    if (moved) this.now = { first, last }
    if (moved || resized) for (const tell of this.listeners) tell()
  }
}

/** What is in sight of a box with so many rows. */
export function useSight(box: HTMLElement | null, frame: Frame, rows: number, foot: number): Sight {
  const [sight] = useState(() => new Sight({ ...frame, foot }))
  useLayoutEffect(() => sight.fit(rows, foot), [sight, rows, foot])
  useLayoutEffect(() => (box ? sight.watch(box) : undefined), [sight, box])
  return sight
}

export const useRange = (sight: Sight): Range => useSyncExternalStore(sight.subscribe, () => sight.range)
export const useWidth = (sight: Sight): number => useSyncExternalStore(sight.subscribe, () => sight.width)
