// The one board, clock and stream of this page, and how components watch them.
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { Alarm, Command, DeviceLife, Gateway, Thing, Topic } from '../contract'
import { Board, type SeenReading } from './board'
import { ServerClock } from './clock'
import { type Link, Stream } from './stream'

export const clock = new ServerClock()
export const board = new Board(() => clock.now())
export const stream = new Stream(board, clock)

function useTopic(topic: string): number {
  const subscribe = useCallback((tell: () => void) => board.subscribe(topic, tell), [topic])
  return useSyncExternalStore(subscribe, () => board.version(topic))
}

/** Everything that is not normal, in no order; renewed at once, and in a flood ten times a second. */
export function useAlarms(): Alarm[] {
  const version = useCalmly('alarms', 100)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the map's content
  return useMemo(() => [...board.alarms.values()], [version])
}

/** The alarm as last known; it stays for a while after it became normal. */
export function useAlarm(id: string | undefined): Alarm | undefined {
  return useSyncExternalStore(onAlarms, () => (id === undefined ? undefined : board.find(id)))
}

const onAlarms = (tell: () => void): (() => void) => board.subscribe('alarms', tell)

/**
 * A topic's version for those who draw much and need not draw every frame: the
 * first change shows at once, further ones at most every so many milliseconds.
 */
export function useCalmly(topic: string, every: number): number {
  const subscribe = useCallback(
    (tell: () => void) => {
      let last = -every
      let timer: ReturnType<typeof setTimeout> | undefined
      const show = () => {
        timer = undefined
        last = performance.now()
        tell()
      }
      const stop = board.subscribe(topic, () => {
        if (timer !== undefined) return
        const wait = last + every - performance.now()
        if (wait <= 0) show()
        else timer = setTimeout(show, wait)
      })
      return () => {
        stop()
        clearTimeout(timer)
      }
    },
    [topic, every],
  )
  return useSyncExternalStore(subscribe, () => board.version(topic))
}

export function useReading(point: string): SeenReading | undefined {
  useTopic(`point:${point}`)
  return board.points.get(point)
}

/** Grows when any reading changes; for those who show many. */
export const useReadingsVersion = (): number => useTopic('points')

export function useDeviceLife(device: string): DeviceLife | undefined {
  useTopic(`device:${device}`)
  return board.devices.get(device)
}

export const useDevicesVersion = (): number => useTopic('devices')

export function useGateways(): Gateway[] {
  const version = useTopic('gateways')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the map's content
  return useMemo(() => [...board.gateways.values()].sort((a, b) => a.id.localeCompare(b.id)), [version])
}

export function useCommandsOf(point: string): Command[] {
  const version = useTopic(`commands:${point}`)
  const all = useTopic('commands')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the versions stand for the map's content
  return useMemo(() => board.commandsOf(point), [point, version, all])
}

/** Everything of a topic, as the console says it; T is what its objects are. */
export function useThings<T extends Thing>(topic: Topic): T[] {
  const version = useTopic(topic)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the map's content
  return useMemo(() => [...(board.things.get(topic)?.values() ?? [])] as T[], [topic, version])
}

export function useLink(): Link {
  return useSyncExternalStore(
    (tell) => stream.subscribe(tell),
    () => stream.link,
  )
}

const seconds = new Set<() => void>()

function tickOn(tell: () => void): () => void {
  seconds.add(tell)
  return () => seconds.delete(tell)
}

/** Ticks on the console's full seconds, while the page is open. */
function tick(): void {
  for (const tell of seconds) tell()
  setTimeout(tick, 1000 - (clock.now() % 1000) + 5)
}
tick()

/**
 * A value made from the console's time, looked at each second. The component
 * draws only when the value changed, so it must be a string, number or boolean.
 */
export function useEachSecond<T extends string | number | boolean>(make: (now: number) => T): T {
  return useSyncExternalStore(tickOn, () => make(Math.floor(clock.now() / 1000) * 1000))
}
