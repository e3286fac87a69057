// What is true now, as the screens show it. Messages change the board at once;
// whoever draws is told at most once per animation frame.
import {
  type Alarm,
  type Command,
  type DeviceLife,
  type Gateway,
  type Reading,
  type Snapshot,
  type Thing,
  type Topic,
  topics,
} from '../contract'

/** A reading, and since when its state holds, where this page saw it change. */
export interface SeenReading extends Reading {
  since?: number // ms by the console's clock
}

/** Says what a message did to an alarm: what it was before, and what it is. */
export type AlarmListener = (alarm: Alarm, before: Alarm | undefined, told: 'snapshot' | 'news') => void

const FORGET = 2_000 // closed alarms and finished commands that are remembered

export class Board {
  readonly alarms = new Map<string, Alarm>() // everything that is not normal
  readonly points = new Map<string, SeenReading>()
  readonly devices = new Map<string, DeviceLife>()
  readonly gateways = new Map<string, Gateway>()
  readonly commands = new Map<string, Command>()
  readonly things = new Map<Topic, Map<string, Thing>>(topics.map((topic) => [topic, new Map()]))

  private readonly closed = new Map<string, Alarm>()
  private readonly listeners = new Map<string, Set<() => void>>()
  private readonly alarmListeners = new Set<AlarmListener>()
  private readonly snapshotListeners = new Set<() => void>()
  private readonly dirty = new Set<string>()
  private readonly versions = new Map<string, number>()
  private scheduled = false
  private readonly schedule: (commit: () => void) => void
  private readonly now: () => number

  constructor(now: () => number, schedule: (commit: () => void) => void = nextFrame) {
    this.now = now
    this.schedule = schedule
  }

  /** Replaces everything by what the console says is true. */
  snapshot(s: Snapshot): void {
    const told = new Map((s.alarms ?? []).map((a) => [a.id, a]))
    for (const id of [...this.alarms.keys()]) {
      if (!told.has(id)) this.alarms.delete(id)
    }
    this.closed.clear()
    for (const alarm of told.values()) {
      const before = this.alarms.get(alarm.id)
      this.alarms.set(alarm.id, alarm)
      for (const tell of this.alarmListeners) tell(alarm, before, 'snapshot')
    }
    for (const id of this.points.keys()) this.touch(`point:${id}`)
    const readings = s.points ?? {}
    for (const id of [...this.points.keys()]) {
      if (!(id in readings)) this.points.delete(id)
    }
    for (const [id, reading] of Object.entries(readings)) this.setPoint(id, reading, undefined)
    for (const id of this.devices.keys()) this.touch(`device:${id}`)
    replace(this.devices, Object.entries(s.devices ?? {}))
    for (const id of this.devices.keys()) this.touch(`device:${id}`)
    replace(
      this.gateways,
      (s.gateways ?? []).map((g) => [g.id, g] as const),
    )
    for (const [id, command] of this.commands) {
      // A command that was under way and is so no longer: its end was missed, and is asked for by whoever shows it.
      if (!finished(command) && !(s.commands ?? []).some((c) => c.id === id)) this.commands.delete(id)
    }
    for (const command of s.commands ?? []) this.command(command)
    for (const [topic, map] of this.things) {
      replace(
        map,
        (s.things?.[topic] ?? []).map((thing) => [thing.id, thing] as const),
      )
      this.touch(topic)
    }
    this.touch('alarms', 'points', 'devices', 'gateways', 'commands')
    for (const tell of this.snapshotListeners) tell()
  }

  /**
   * Takes an alarm from the stream, or from an answer to a request; the two may
   * overtake each other, so the one with the older version is dropped.
   */
  alarm(alarm: Alarm): void {
    const before = this.alarms.get(alarm.id) ?? this.closed.get(alarm.id)
    if (before && older(alarm, before)) return
    if (alarm.state === 'normal') {
      this.alarms.delete(alarm.id)
      remember(this.closed, alarm)
    } else {
      this.closed.delete(alarm.id)
      this.alarms.set(alarm.id, alarm)
    }
    this.touch('alarms')
    for (const tell of this.alarmListeners) tell(alarm, before, 'news')
  }

  readings(changed: Record<string, Reading>): void {
    for (const [id, reading] of Object.entries(changed)) this.setPoint(id, reading, this.now())
    this.touch('points')
  }

  lives(changed: Record<string, DeviceLife>): void {
    for (const [id, life] of Object.entries(changed)) {
      this.devices.set(id, life)
      this.touch(`device:${id}`)
    }
    this.touch('devices')
  }

  gateway(gateway: Gateway): void {
    this.gateways.set(gateway.id, gateway)
    this.touch('gateways')
  }

  command(command: Command): void {
    const before = this.commands.get(command.id)
    if (before && (before.version > command.version || (finished(before) && !finished(command)))) return
    remember(this.commands, command)
    this.touch('commands', `commands:${command.point}`)
  }

  thing(topic: Topic, thing: Thing): void {
    if (thing.gone) this.things.get(topic)?.delete(thing.id)
    else this.things.get(topic)?.set(thing.id, thing)
    this.touch(topic)
  }

  /** The alarm as last known, open or closed while this page was open. */
  find(id: string): Alarm | undefined {
    return this.alarms.get(id) ?? this.closed.get(id)
  }

  /** The commands given to a point, newest first. */
  commandsOf(point: string): Command[] {
    return [...this.commands.values()]
      .filter((c) => c.point === point)
      .sort((a, b) => b.requested_at.localeCompare(a.requested_at))
  }

  /** Calls back after each drawn frame in which the topic changed. */
  subscribe(topic: string, listener: () => void): () => void {
    const all = this.listeners.get(topic) ?? new Set()
    this.listeners.set(topic, all.add(listener))
    return () => {
      all.delete(listener)
      if (all.size === 0) this.listeners.delete(topic)
    }
  }

  /** Calls back at once with each alarm message, also while the page is not drawn. */
  onAlarm(listener: AlarmListener): () => void {
    this.alarmListeners.add(listener)
    return () => this.alarmListeners.delete(listener)
  }

  /** Calls back when everything was replaced. */
  onSnapshot(listener: () => void): () => void {
    this.snapshotListeners.add(listener)
    return () => this.snapshotListeners.delete(listener)
  }

  /** Grows with each drawn change of the topic. */
  version(topic: string): number {
    return this.versions.get(topic) ?? 0
  }

  /** A state that changed while nobody looked has no known beginning. */
  private setPoint(id: string, reading: Reading, changed: number | undefined): void {
    const before = this.points.get(id)
    const same = before && before.state === reading.state && before.quality === reading.quality
    const since = same ? before.since : before && changed
    this.points.set(id, { ...reading, since })
    this.touch(`point:${id}`)
  }

  private touch(...topics: string[]): void {
    for (const topic of topics) this.dirty.add(topic)
    if (this.scheduled) return
    this.scheduled = true
    this.schedule(() => this.commit())
  }

  private commit(): void {
    this.scheduled = false
    const topics = [...this.dirty]
    this.dirty.clear()
    for (const topic of topics) this.versions.set(topic, this.version(topic) + 1)
    for (const topic of topics) for (const tell of this.listeners.get(topic) ?? []) tell()
  }
}

export function finished(command: Command): boolean {
  return command.state !== 'requested' && command.state !== 'sent'
}

const older = (a: Alarm, b: Alarm): boolean => a.version < b.version

function remember<T extends { id: string }>(map: Map<string, T>, item: T): void {
  map.delete(item.id)
  map.set(item.id, item)
  if (map.size > FORGET) map.delete(map.keys().next().value as string)
}

function replace<T>(map: Map<string, T>, entries: Iterable<readonly [string, T]>): void {
  map.clear()
  for (const [id, value] of entries) map.set(id, value)
}

/** The next animation frame, or a moment later where the page is hidden and has no frames. */
function nextFrame(commit: () => void): void {
  let done = false
  const once = () => {
    if (done) return
    done = true
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    commit()
  }
  const frame = requestAnimationFrame(once)
  const timer = setTimeout(once, 200)
}
