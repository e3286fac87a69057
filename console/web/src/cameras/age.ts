// How old the picture on the screen is, and what may be said of it. The console
// tells once a second which packet it sent last and when that came; the browser
// tells the time stamp of the frame that it shows. An old picture must never
// pass for the present.

/** What the console says of a picture in the data channel "age". */
export interface Told {
  state: 'connecting' | 'live' | 'delayed' | 'frozen' | 'lost'
  at: number // ms since 1970: when the console had the newest packet that it sent; 0 before the first
  rtp: number // that packet's time stamp, 90 kHz
  now: number // ms since 1970 by the console's clock
  cut: number // how often pictures were left out to catch up
  short?: boolean // pictures are left out now
  fault?: string
}

/** How the picture is that somebody looks at. */
export type Look =
  | 'connecting' // none yet
  | 'live'
  | 'delayed' // it goes on, but it is the past
  | 'frozen' // it stands still
  | 'lost' // there is none any more
  | 'refused' // this officer may not look at it
  | 'unplayable' // this browser cannot show it

/** From this age on a picture that goes on is called delayed. */
export const LATE = 500
/** From this age on a picture that does not go on is called frozen. */
export const STILL = 3_000
/** The same where the console says that it goes on, and that pictures are left out between. */
export const SPARSE = 6_000

const KEPT = 15 // messages by which the console's clock is known

/** Reads one message of the channel; undefined for one that makes no sense. */
export function readTold(text: string): Told | undefined {
  try {
    const told = JSON.parse(text) as Partial<Told>
    const numbers = [told.at, told.rtp, told.now, told.cut]
    if (typeof told.state !== 'string' || numbers.some((n) => typeof n !== 'number' || !Number.isFinite(n))) return
    return told as Told
  } catch {
    return undefined
  }
}

/** How much later a came than b, in ms; time stamps begin anew every 13 hours. */
export const stampGap = (a: number, b: number): number => ((a - b) | 0) / 90

/**
 * The age of what one player shows. Times of this machine are ms of
 * performance.now(); the way of a message to here makes the console's clock look
 * behind, so of the last messages the fastest one counts.
 */
export class PictureAge {
  private offsets: number[] = []
  private told: Told | undefined
  private heard = 0
  private shown: { rtp: number | undefined; at: number } | undefined
  private taken: number | undefined // ms since 1970: when the console had the shown frame

  /** A message of the console came in at the given time. */
  hear(told: Told, at: number): void {
    this.told = told
    this.heard = at
    this.offsets = [...this.offsets.slice(1 - KEPT), told.now - at]
    this.place()
  }

  /** The browser drew a frame at the given time. */
  show(rtp: number | undefined, at: number): void {
    this.shown = { rtp, at }
    this.place()
  }

  /** Another session begins: what was shown stays the last picture, what was told is over. */
  restart(): void {
    this.told = undefined
    this.offsets = []
    this.shown = undefined
  }

  get last(): Told | undefined {
    return this.told
  }

  /** When the console had the frame that is shown, in ms since 1970. */
  get pictureAt(): number | undefined {
    return this.taken
  }

  /** Whether this session has shown a frame. */
  get hasShown(): boolean {
    return this.shown !== undefined
  }

  /** For how long the frame on the screen has stood there, in ms. */
  standing(at: number): number {
    return this.shown === undefined ? 0 : at - this.shown.at
  }

  /** Whether pictures are left out, as far as the console said lately. */
  short(at: number): boolean {
    return this.told?.short === true && at - this.heard < STILL
  }

  /** The console's time, in ms since 1970. */
  consoleNow(at: number): number | undefined {
    return this.offsets.length === 0 ? undefined : at + Math.max(...this.offsets)
  }

  /** The age of the shown frame in ms; undefined while nobody can know it. */
  age(at: number): number | undefined {
    const now = this.consoleNow(at)
    return now === undefined || this.taken === undefined ? undefined : Math.max(0, now - this.taken)
  }

  private place(): void {
    const { told, shown } = this
    if (!told || !shown || told.at === 0) return
    if (shown.rtp === undefined) {
      // A browser that does not name the frame: the newest packet, or when it was drawn, whichever is older.
      const drawn = this.consoleNow(shown.at)
      this.taken = drawn === undefined ? told.at : Math.min(told.at, drawn)
    } else this.taken = told.at + stampGap(shown.rtp, told.rtp)
  }
}

/** What may be said of a picture whose session stands. */
export function lookOf(age: PictureAge, at: number): Look {
  const told = age.last
  if (told?.state === 'lost' && told.fault === 'codec') return 'unplayable'
  if (told?.state === 'lost' || told?.state === 'frozen') return told.state
  if (!age.hasShown) return 'connecting'
  const old = age.age(at)
  if (old === undefined) return 'connecting'
  if (age.standing(at) > (age.short(at) ? SPARSE : STILL)) return 'frozen'
  if (told?.state === 'connecting') return 'delayed'
  return old > LATE || told?.state === 'delayed' ? 'delayed' : 'live'
}
