// Panels in windows of their own: the windows of one browser tell each other
// what is selected, and notice when one of them is gone.
import { useSyncExternalStore } from 'react'
import { sound } from '../alarms/siren'
import { pressKey } from '../ask'

export type PanelName = 'alarms' | 'plan' | 'doors' | 'detail'
export const panelNames: readonly PanelName[] = ['alarms', 'plan', 'doors', 'detail']

export interface Chosen {
  alarm?: string
  point?: string
}

interface Message {
  from: string
  user: string
  panel: string // '' for the whole of Control
  kind: 'here' | 'where' | 'gone' | 'chosen' | 'silence'
  chosen?: Chosen
  sounds: boolean // whether this window can be heard
  silent?: boolean // with kind silence: silenced, or heard again
}

export interface Sibling {
  id: string
  panel: string
  sounds: boolean
  heard: number // performance.now()
}

export interface Windows {
  siblings: Sibling[]
  lost: { panel: string; at: number }[] // windows that were there, and are so no longer; at in performance.now()
  chosen: Chosen | undefined // what another window selected last
}

/** The part of a BroadcastChannel that is needed. */
export interface Channel {
  postMessage: (message: unknown) => void
  addEventListener: (type: 'message', listener: (event: MessageEvent) => void) => void
  close: () => void
}

const ASK = 2_000 // ms between two questions who is there
const SILENT = 6_500 // ms without an answer until a window counts as gone

/**
 * One window among its siblings. Answers come from message events and not from
 * timers, which browsers slow down in windows that are hidden.
 */
export class WindowGroup {
  readonly id = pressKey()
  private state: Windows = { siblings: [], lost: [], chosen: undefined }
  private readonly listeners = new Set<() => void>()
  private readonly channel: Channel
  private readonly user: string
  private readonly now: () => number
  private panel = ''
  private mine: Chosen | undefined
  private timer: ReturnType<typeof setInterval> | undefined
  private lastLook = 0
  /** Whether this window could be heard; the group asks when it speaks of itself. */
  canSound: () => boolean = () => false
  /** Called when somebody silenced the alarms in another window, or wants to hear them again. */
  onSilence: (silent: boolean) => void = () => undefined

  constructor(channel: Channel, user: string, now: () => number = () => performance.now()) {
    this.channel = channel
    this.user = user
    this.now = now
    channel.addEventListener('message', (event) => this.take(event.data as Message))
  }

  start(panel: string): void {
    this.panel = panel
    this.lastLook = this.now()
    clearInterval(this.timer)
    this.timer = setInterval(() => this.look(), ASK)
    this.say('where')
    this.say('here')
  }

  stop(): void {
    clearInterval(this.timer)
    this.say('gone')
    this.channel.close()
  }

  /** Says goodbye while the page goes away; it may come back from the browser's cache. */
  leave(): void {
    this.say('gone')
  }

  /** Tells the others what is selected here. */
  choose(chosen: Chosen): void {
    if (same(this.mine, chosen)) return
    this.mine = chosen
    this.say('chosen', chosen)
  }

  /** Tells the others that the sound was silenced here, or is to be heard again. */
  silence(silent: boolean): void {
    this.say('silence', undefined, silent)
  }

  /**
   * Whether another window sounds for this one: the whole of Control before a
   * single panel, else the one with the lower id. One window alone always sounds.
   */
  defers(): boolean {
    const place = (panel: string, id: string) => `${panel === '' ? 0 : 1} ${id}`
    const mine = place(this.panel, this.id)
    return this.state.siblings.some((s) => s.sounds && place(s.panel, s.id) < mine)
  }

  get current(): Windows {
    return this.state
  }

  /** Forgets that a window of this panel is gone. */
  forget(panel: string): void {
    this.set({ lost: this.state.lost.filter((l) => l.panel !== panel) })
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private take(message: Message): void {
    if (message.from === this.id || message.user !== this.user) return
    if (message.kind === 'gone') {
      this.missing([message.from])
      return
    }
    this.note(message)
    if (message.kind === 'silence') this.onSilence(message.silent ?? false)
    if (message.kind === 'where') {
      this.say('here')
      // A window that has just opened follows what is selected already.
      if (this.mine && (this.panel === '' || this.panel === 'alarms')) this.say('chosen', this.mine)
    }
    if (message.kind === 'chosen' && message.chosen && !same(this.state.chosen, message.chosen)) {
      this.mine = message.chosen
      this.set({ chosen: message.chosen })
    }
  }

  private note({ from, panel, sounds }: Message): void {
    const known = this.state.siblings.find((s) => s.id === from)
    if (known?.panel === panel) {
      Object.assign(known, { heard: this.now(), sounds }) // nothing that is drawn
      return
    }
    const rest = this.state.siblings.filter((s) => s.id !== from)
    this.set({
      siblings: [...rest, { id: from, panel, sounds, heard: this.now() }],
      lost: this.state.lost.filter((l) => l.panel !== panel),
    })
  }

  private look(): void {
    const slept = this.now() - this.lastLook > 2 * ASK
    this.lastLook = this.now()
    // A window that slept itself first asks, and judges when the others had time to answer.
    if (slept) for (const s of this.state.siblings) s.heard = this.now()
    const silent = this.state.siblings.filter((s) => this.now() - s.heard > SILENT)
    if (silent.length > 0) this.missing(silent.map((s) => s.id))
    this.say('where')
  }

  private missing(ids: string[]): void {
    const gone = this.state.siblings.filter((s) => ids.includes(s.id))
    if (gone.length === 0) return
    const siblings = this.state.siblings.filter((s) => !ids.includes(s.id))
    const panels = gone.map((s) => s.panel).filter((panel) => !siblings.some((s) => s.panel === panel))
    const lost = [
      ...this.state.lost.filter((l) => !panels.includes(l.panel)),
      ...panels.map((panel) => ({ panel, at: this.now() })),
    ]
    this.set({ siblings, lost })
  }

  private say(kind: Message['kind'], chosen?: Chosen, silent?: boolean): void {
    const { id: from, user, panel } = this
    const message: Message = { from, user, panel, kind, chosen, sounds: this.canSound(), silent }
    try {
      this.channel.postMessage(message)
    } catch {
      // The channel is closed: the page is going away.
    }
  }

  private set(change: Partial<Windows>): void {
    this.state = { ...this.state, ...change }
    for (const tell of this.listeners) tell()
  }
}

const same = (a: Chosen | undefined, b: Chosen | undefined): boolean => a?.alarm === b?.alarm && a?.point === b?.point

let group: WindowGroup | undefined
const alone: Windows = { siblings: [], lost: [], chosen: undefined }

/** Joins the windows of this browser in which the same officer works. Returns what leaves them. */
export function joinWindows(user: string, panel: string): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => undefined
  const mine = new WindowGroup(new BroadcastChannel('guardroom.windows'), user)
  mine.canSound = () => sound.current.on
  mine.onSilence = (silent) => (silent ? sound.silence() : sound.hearAgain())
  sound.defers = () => mine.defers()
  const leave = () => mine.leave()
  const back = () => mine.start(panel)
  window.addEventListener('pagehide', leave)
  window.addEventListener('pageshow', back)
  mine.start(panel)
  group = mine
  for (const tell of joined) tell()
  return () => {
    window.removeEventListener('pagehide', leave)
    window.removeEventListener('pageshow', back)
    mine.stop()
    if (group === mine) group = undefined
    for (const tell of joined) tell()
  }
}

const joined = new Set<() => void>()

export const theWindows = (): WindowGroup | undefined => group

export function useWindows(): Windows {
  return useSyncExternalStore(subscribeAll, () => group?.current ?? alone)
}

function subscribeAll(tell: () => void): () => void {
  let stop = group?.subscribe(tell)
  const rejoin = () => {
    stop?.()
    stop = group?.subscribe(tell)
    tell()
  }
  joined.add(rejoin)
  return () => {
    joined.delete(rejoin)
    stop?.()
  }
}

/** Opens a panel in a window of its own, or brings the one that is open to the front. */
export function openPanel(panel: PanelName): void {
  const address = new URL(location.href)
  address.pathname = '/control'
  address.searchParams.set('panel', panel)
  window.open(address, `guardroom-${panel}`, 'popup,width=960,height=1000')
}
