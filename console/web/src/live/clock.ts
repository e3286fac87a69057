// The console's clock as this page knows it. A heartbeat carries the console's
// time; what the network took makes it look older, never newer, so the largest
// offset of the last few heartbeats is the best one.

const KEPT = 15 // heartbeats, half a minute
const JUMP = 2_000 // ms; beyond this a clock was set, here or there, and old samples are worthless

export class ServerClock {
  private offsets: number[] = []
  private readonly ticks: () => number
  private readonly wall: () => number

  constructor(ticks: () => number = () => performance.now(), wall: () => number = () => Date.now()) {
    this.ticks = ticks
    this.wall = wall
  }

  /** Takes the console's time from a message that has just come in. */
  sample(now: string): void {
    const at = Date.parse(now)
    if (Number.isNaN(at)) return
    const offset = at - this.ticks()
    const best = this.best()
    if (best !== undefined && Math.abs(offset - best) > JUMP) this.offsets = []
    this.offsets = [...this.offsets.slice(1 - KEPT), offset]
  }

  /** The console's time in ms since 1970, or this machine's where none was heard yet. */
  now(): number {
    const best = this.best()
    return best === undefined ? this.wall() : this.ticks() + best
  }

  /** How far this machine's own clock is ahead of the console's, in ms. */
  drift(): number {
    return this.best() === undefined ? 0 : this.wall() - this.now()
  }

  private best(): number | undefined {
    return this.offsets.length === 0 ? undefined : Math.max(...this.offsets)
  }
}
