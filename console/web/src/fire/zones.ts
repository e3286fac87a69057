// Fire zones and how they stand at this second: what the panels' alarms, the
// registers and the lines to the panels say, put together as the console does.
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { ask } from '../ask'
import type { Alarm, Instant, List } from '../contract'
import { useAlarms } from '../live'
import { useDesk } from '../session/desk'
import { type Impairment, type Panel, useImpairments, useMine, usePanels } from './live'

export type ZoneState = 'fire' | 'prealarm' | 'unknown' | 'fault' | 'disabled' | 'test' | 'normal'

export interface Zone {
  id: string
  station: string
  panel: string
  number: number
  name: string
  place: string
  place_name: string
  level: string
  level_name: string
  building: string
  building_name: string
  points: string[]
  investigate_seconds: number
  version: number
}

/** One thing that holds in a zone. */
export interface Condition {
  state: ZoneState
  point: string
  pointName: string
  since: Instant
  reason: string
  alarm?: Alarm
}

export interface Standing {
  zone: Zone
  state: ZoneState
  conditions: Condition[] // first-up first
}

const graveness: ZoneState[] = ['fire', 'prealarm', 'unknown', 'fault', 'disabled', 'test', 'normal']
const grave = (s: ZoneState): number => graveness.indexOf(s)

const fires = new Set(['fire.alarm', 'fire.evacuation', 'fire.reported'])
const prealarms = new Set(['fire.prealarm', 'fire.undecided'])

export const stateOf = (kind: string): ZoneState =>
  fires.has(kind) ? 'fire' : prealarms.has(kind) ? 'prealarm' : 'fault'

/** Puts zones and what holds in them together, the gravest first. */
export function standings(zones: Zone[], alarms: Alarm[], impaired: Impairment[], panels: Panel[]): Standing[] {
  const zoneOf = new Map<string, string>()
  for (const z of zones) for (const p of z.points) zoneOf.set(p, z.id)
  const held = new Map<string, Condition[]>()
  const hold = (zone: string | undefined, c: Condition) => {
    if (zone !== undefined) held.set(zone, [...(held.get(zone) ?? []), c])
  }
  for (const a of alarms) {
    if (a.category === 'fire' && a.state !== 'normal') hold(zoneOf.get(a.point), ofAlarm(a))
  }
  for (const i of impaired) {
    if (!i.fire) continue
    const state = i.mode === 'test' ? 'test' : 'disabled'
    const of = i.point.endsWith('.*') ? zones.filter((z) => `${z.panel}.*` === i.point) : []
    const c: Condition = { state, point: i.point, pointName: i.point_name, since: i.since, reason: i.reason }
    if (of.length > 0) for (const z of of) hold(z.id, c)
    else hold(zoneOf.get(i.point), c)
  }
  const silent = new Map(panels.filter((p) => p.lost).map((p) => [p.id, p]))
  const all = zones.map((zone) => {
    const panel = silent.get(zone.panel)
    const conditions = [...(held.get(zone.id) ?? [])]
    if (panel)
      conditions.push({ state: 'unknown', point: '', pointName: panel.name, since: panel.since, reason: panel.error })
    conditions.sort(byFirst)
    const state = conditions.reduce<ZoneState>(
      (worst, c) => (grave(c.state) < grave(worst) ? c.state : worst),
      'normal',
    )
    return { zone, state, conditions }
  })
  return all.sort(byGravest)
}

function ofAlarm(a: Alarm): Condition {
  return {
    state: stateOf(a.kind),
    point: a.point,
    pointName: a.point_name || a.point,
    since: a.raised_at,
    reason: a.text,
    alarm: a,
  }
}

const isFirstUp = (c: Condition): boolean => c.alarm?.first_up?.alarm === c.alarm?.id && c.alarm !== undefined

function byFirst(a: Condition, b: Condition): number {
  return Number(isFirstUp(b)) - Number(isFirstUp(a)) || Date.parse(a.since) - Date.parse(b.since)
}

function byGravest(a: Standing, b: Standing): number {
  const first = (s: Standing) => (s.conditions[0] && isFirstUp(s.conditions[0]) ? 0 : 1)
  return (
    grave(a.state) - grave(b.state) ||
    first(a) - first(b) ||
    Date.parse(a.conditions[0]?.since ?? '') - Date.parse(b.conditions[0]?.since ?? '') ||
    a.zone.panel.localeCompare(b.zone.panel) ||
    a.zone.number - b.zone.number
  )
}

export const firstUp = isFirstUp

/** Alarms of fire panels at points that nobody has put into a zone. */
export function unzoned(zones: Zone[], alarms: Alarm[]): Condition[] {
  const known = new Set(zones.flatMap((z) => z.points))
  return alarms
    .filter((a) => a.category === 'fire' && a.state !== 'normal' && !known.has(a.point))
    .map(ofAlarm)
    .sort(byFirst)
}

export interface ZonesNow {
  standings: Standing[]
  unzoned: Condition[]
  panels: Panel[]
  error: unknown
  loading: boolean
  again: () => void
}

/** The zones of this desk as they stand. */
export function useZones(): ZonesNow {
  const mine = useMine()
  const { may } = useDesk()
  const alarms = useAlarms()
  const impaired = useImpairments()
  const { panels, error } = usePanels()
  const got = useQuery({
    queryKey: ['/fire/zones'],
    queryFn: ({ signal }) => ask<List<Zone>>('/fire/zones', { signal }),
    staleTime: 60_000,
    refetchInterval: 60_000,
    enabled: may('sites.read'),
  })
  const zones = (got.data?.items ?? []).filter((z) => mine(z.station))
  const ours = alarms.filter((a) => mine(a.station))
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts stand for what is made of them
  const made = useMemo(
    () => ({ standings: standings(zones, ours, impaired, panels), unzoned: unzoned(zones, ours) }),
    [got.data, alarms, impaired, panels],
  )
  return { ...made, panels, error: got.error ?? error, loading: got.isPending, again: () => void got.refetch() }
}
