// Watching a camera: one WHEP session for all who show it on this page. It
// connects again by itself, goes over between the small and the sharp stream,
// and ends at the console as soon as nobody looks.
import { Refusal, refusal } from '../ask'
import { type Look, lookOf, PictureAge, readTold } from './age'
import type { StreamName } from './camera'

const LINGER = 2_000 // ms that a session outlives its last viewer: the next alarm often has the same camera
const LOOK = 200 // ms between two looks at the age
const TAP = 100 // ms; ages are told when they changed by so much
const RETRY = [500, 1_000, 2_000, 4_000, 8_000] // ms, with jitter
const CONNECT = 12_000 // ms until an attempt is given up
const BROKEN = 2_500 // ms that a connection may be disturbed

/** What somebody who looks is told. */
export interface Seen {
  look: Look
  age: number | undefined // ms
  pictureAt: number | undefined // ms since 1970
  fault: string // a code of the console's or one of ours: connection, browser
  refusal: unknown // what the console said when it refused
  retryAt: number | undefined // performance.now(): when it connects again
  short: boolean // pictures are left out now
  width: number
  height: number
}

const nothing: Seen = {
  look: 'connecting',
  age: undefined,
  pictureAt: undefined,
  fault: '',
  refusal: undefined,
  retryAt: undefined,
  short: false,
  width: 0,
  height: 0,
}

const all = new Map<string, Watching>()

/** Looks at a camera in a video element. Call what comes back to look no longer. */
export function look(camera: string, video: HTMLVideoElement, stream: StreamName): Viewer {
  let one = all.get(camera)
  if (!one) {
    one = new Watching(camera, () => all.delete(camera))
    all.set(camera, one)
  }
  return one.join(video, stream)
}

/** One video element that shows a camera. */
export class Viewer {
  seen: Seen = nothing
  readonly video: HTMLVideoElement
  private readonly age = new PictureAge()
  private readonly listeners = new Set<() => void>()
  private readonly of: Watching
  private frame = 0
  private timer: ReturnType<typeof setInterval>
  wish: StreamName
  /** Called with the element while its last picture is still there, before it shows another session. */
  keep: (video: HTMLVideoElement) => void = () => undefined

  constructor(of: Watching, video: HTMLVideoElement, wish: StreamName) {
    this.of = of
    this.video = video
    this.wish = wish
    this.timer = setInterval(() => this.judge(), LOOK)
    this.attach()
  }

  subscribe(tell: () => void): () => void {
    this.listeners.add(tell)
    return () => this.listeners.delete(tell)
  }

  /** Asks for the other stream; the picture goes on until its next key picture. */
  want(stream: StreamName): void {
    if (this.wish === stream) return
    this.wish = stream
    this.of.agree()
  }

  /** Connects at once instead of waiting. */
  again(): void {
    this.of.again()
  }

  close(): void {
    clearInterval(this.timer)
    this.video.cancelVideoFrameCallback?.(this.frame)
    this.video.srcObject = null
    this.of.leave(this)
  }

  /** Shows the session that stands now. */
  attach(): void {
    const { stream } = this.of
    if (this.video.srcObject === stream) return
    this.video.cancelVideoFrameCallback?.(this.frame)
    if (this.age.hasShown) this.keep(this.video)
    this.age.restart()
    const told = this.of.told
    if (told) this.age.hear(told.told, told.at)
    this.video.srcObject = stream
    if (stream) {
      this.video.play().catch(() => undefined) // muted pictures may always play; a removed element may not
      this.next()
    }
    this.judge()
  }

  hear(): void {
    const told = this.of.told
    if (told) this.age.hear(told.told, told.at)
    this.judge()
  }

  judge(): void {
    const { of } = this
    const now = performance.now()
    const here: Seen = {
      look: of.refused ? 'refused' : of.stands ? lookOf(this.age, now) : this.age.pictureAt ? 'lost' : 'connecting',
      age: this.age.age(now),
      pictureAt: this.age.pictureAt,
      fault: of.stands ? (this.age.last?.fault ?? '') : of.fault,
      refusal: of.refusal,
      retryAt: of.retryAt,
      short: this.age.short(now),
      width: this.video.videoWidth,
      height: this.video.videoHeight,
    }
    if (!of.stands && of.tries > 1 && here.look === 'connecting') here.look = 'lost'
    if (of.unplayable) here.look = 'unplayable'
    if (same(this.seen, here)) return
    this.seen = here
    for (const tell of this.listeners) tell()
  }

  private next(): void {
    if (!this.video.requestVideoFrameCallback) {
      this.video.ontimeupdate = () => this.age.show(undefined, performance.now())
      return
    }
    this.frame = this.video.requestVideoFrameCallback((now, frame) => {
      const first = !this.age.hasShown
      this.age.show(frame.rtpTimestamp, now)
      if (first) this.judge()
      this.next()
    })
  }
}

function same(a: Seen, b: Seen): boolean {
  const near = (x: number | undefined, y: number | undefined) =>
    x === y || (x !== undefined && y !== undefined && Math.abs(x - y) < TAP)
  return (
    a.look === b.look &&
    near(a.age, b.age) &&
    (a.pictureAt === undefined) === (b.pictureAt === undefined) &&
    (b.look === 'live' || a.pictureAt === b.pictureAt) &&
    a.fault === b.fault &&
    a.refusal === b.refusal &&
    a.retryAt === b.retryAt &&
    a.short === b.short &&
    a.width === b.width &&
    a.height === b.height
  )
}

class Watching {
  stream: MediaStream | null = null
  told: { told: NonNullable<ReturnType<typeof readTold>>; at: number } | undefined
  stands = false // a session was answered and is not broken
  refused = false
  unplayable = false
  fault = ''
  refusal: unknown
  retryAt: number | undefined
  tries = 0
  private readonly viewers = new Set<Viewer>()
  private readonly camera: string
  private readonly forget: () => void
  private peer: RTCPeerConnection | undefined
  private session = '' // its address at the console
  private going: StreamName = 'sub' // what the session brings, or was asked for
  private round = 0 // of attempts: an answer to an older one is not heard
  private timer: ReturnType<typeof setTimeout> | undefined
  private ending: ReturnType<typeof setTimeout> | undefined
  private readonly away = () => this.hangUp()
  private readonly back = (event: PageTransitionEvent) => {
    if (event.persisted) this.again()
  }

  constructor(camera: string, forget: () => void) {
    this.camera = camera
    this.forget = forget
    window.addEventListener('pagehide', this.away)
    window.addEventListener('pageshow', this.back)
  }

  join(video: HTMLVideoElement, stream: StreamName): Viewer {
    clearTimeout(this.ending)
    const viewer = new Viewer(this, video, stream)
    this.viewers.add(viewer)
    if (this.viewers.size === 1 && !this.peer) this.again()
    else this.agree()
    return viewer
  }

  leave(viewer: Viewer): void {
    this.viewers.delete(viewer)
    clearTimeout(this.ending)
    if (this.viewers.size > 0) this.agree()
    else this.ending = setTimeout(() => this.end(), this.stands ? LINGER : 0)
  }

  /** Brings the sharp stream while anybody wants it. */
  agree(): void {
    const wish = this.wish()
    if (wish === this.going || !this.stands) return
    this.going = wish
    const { session, round } = this
    void fetch(`${session}/stream`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ stream: wish }),
      credentials: 'same-origin',
    })
      .then((answer) => {
        // The session is no more, or its right is not. A new one says which.
        if (!answer.ok && round === this.round) this.broken('connection')
      })
      .catch(() => undefined)
  }

  again(): void {
    clearTimeout(this.timer)
    this.retryAt = undefined
    this.refused = false
    this.refusal = undefined
    this.hangUp()
    void this.connect()
  }

  private wish(): StreamName {
    return [...this.viewers].some((v) => v.wish === 'main') ? 'main' : 'sub'
  }

  private async connect(): Promise<void> {
    const round = ++this.round
    this.tries++
    if (typeof RTCPeerConnection === 'undefined') {
      this.unplayable = true
      this.fault = 'browser'
      return this.judge()
    }
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    this.peer = peer
    const limit = setTimeout(() => round === this.round && this.broken('connection'), CONNECT)
    peer.addTransceiver('video', { direction: 'recvonly' })
    peer.ontrack = ({ receiver, track }) => {
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0
      if (round !== this.round) return
      this.stream = new MediaStream([track])
      for (const viewer of this.viewers) viewer.attach()
    }
    this.hearOf(peer, round)
    let disturbed: ReturnType<typeof setTimeout> | undefined
    peer.onconnectionstatechange = () => {
      if (round !== this.round) return
      clearTimeout(disturbed)
      const { connectionState: state } = peer
      if (state === 'connected') clearTimeout(limit)
      if (state === 'failed' || state === 'closed') this.broken('connection')
      if (state === 'disconnected')
        disturbed = setTimeout(() => round === this.round && this.broken('connection'), BROKEN)
    }
    try {
      this.going = this.wish()
      await peer.setLocalDescription()
      const answer = await offer(this.camera, this.going, peer.localDescription?.sdp ?? '')
      if (round !== this.round) return void hangUp(answer.session, peer)
      this.session = answer.session
      await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
      if (round !== this.round) return
      this.stands = true
      this.fault = ''
      this.agree()
      this.judge()
    } catch (fault) {
      if (round === this.round) this.failed(fault)
    } finally {
      if (round !== this.round) clearTimeout(limit)
    }
  }

  private hearOf(peer: RTCPeerConnection, round: number): void {
    const channel = peer.createDataChannel('age', { ordered: false, maxRetransmits: 0 })
    channel.onmessage = ({ data }) => {
      const told = typeof data === 'string' ? readTold(data) : undefined
      if (!told || round !== this.round) return
      if (told.state !== 'connecting' && told.state !== 'lost') this.tries = 0
      this.told = { told, at: performance.now() }
      for (const viewer of this.viewers) viewer.hear()
    }
    // The console ends the connection when the session or the right ends.
    channel.onclose = () => round === this.round && this.broken('connection')
  }

  private failed(fault: unknown): void {
    const status = fault instanceof Refusal ? fault.problem.status : 0
    this.refusal = fault instanceof Refusal ? fault : undefined
    if (status === 401 || status === 403) {
      this.refused = true
      this.stop('')
    } else if (status === 409 && fault instanceof Refusal && fault.problem.params?.reason === 'codec') {
      this.unplayable = true
      this.stop('codec')
    } else this.broken('connection')
  }

  /** Ends the attempt and begins another a little later. */
  private broken(fault: string): void {
    this.hangUp()
    this.fault = fault
    const wait = (RETRY[Math.min(this.tries, RETRY.length) - 1] ?? 500) * (0.75 + Math.random() / 2)
    this.retryAt = performance.now() + wait
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.retryAt = undefined
      if (this.viewers.size > 0) void this.connect()
    }, wait)
    this.judge()
  }

  /** Ends for good what the console refuses; nothing of the picture stays on the screen. */
  private stop(fault: string): void {
    this.hangUp()
    this.fault = fault
    this.stream = null
    for (const viewer of this.viewers) viewer.attach()
    this.judge()
  }

  private hangUp(): void {
    this.round++
    this.stands = false
    this.told = undefined
    const { peer, session } = this
    this.peer = undefined
    this.session = ''
    if (peer) hangUp(session, peer)
  }

  private end(): void {
    clearTimeout(this.timer)
    this.hangUp()
    window.removeEventListener('pagehide', this.away)
    window.removeEventListener('pageshow', this.back)
    this.forget()
  }

  private judge(): void {
    for (const viewer of this.viewers) viewer.judge()
  }
}

/** Offers to look; returns the answer and where the session is. */
async function offer(camera: string, stream: StreamName, sdp: string): Promise<{ sdp: string; session: string }> {
  const answer = await fetch(`/api/v1/cameras/${encodeURIComponent(camera)}/whep?stream=${stream}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp, application/json' },
    body: sdp,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(CONNECT),
  })
  const text = await answer.text()
  if (answer.status !== 201) throw refusal(answer.status, text)
  return { sdp: text, session: answer.headers.get('Location') ?? '' }
}

/** Ends a session: the console is told first, also while the page goes away, so that the record ends with the watching. */
function hangUp(session: string, peer: RTCPeerConnection): void {
  if (!session) {
    peer.close()
    return
  }
  void fetch(session, {
    method: 'DELETE',
    credentials: 'same-origin',
    keepalive: true,
    signal: AbortSignal.timeout(3_000),
  })
    .catch(() => undefined)
    .finally(() => peer.close())
}
