// What the live stream says of fire: investigations, warden boards, what is
// impaired; and the panels, which of them can be heard.
import { useQuery } from '@tanstack/react-query'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import type { Alarm, Instant, List, Thing } from '../contract'
import { board, useAlarms, useDevicesVersion, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'

type Schemas = components['schemas']

export interface Investigation extends Thing {
  station: string
  panel: string
  panel_name: string
  zone: string
  zone_name: string
  building: string
  building_name: string
  point: string
  point_name: string
  location: string
  alarm: string
  started_at: Instant
  due_at: Instant
  seconds: number
  state: 'running' | 'undecided' | 'decided'
  investigator: string
  assigned_at: Instant | null
  assigned_by: string
  extended: { seconds: number; by_name: string; at: Instant; reason: string } | null
  outcome: '' | 'real' | 'false' | 'fire' | 'second_sensor'
  reason: string
  decided_at: Instant | null
  decided_by_name: string
  other_name: string
  demo: boolean
  version: number
}

export type FloorState = 'open' | 'swept' | 'not_swept' | 'not_reached'

export interface Floor {
  id: string
  name: string
  state: FloorState
  warden: string
  remark: string
  at: Instant | null
  by_name: string
  version: number
}

export interface Person {
  id: string
  kind: 'missing' | 'help'
  name: string
  where: string
  remark: string
  safe: boolean
  at: Instant
  by_name: string
  version: number
}

export interface Assembly {
  id: string
  name: string
  count: number | null
  warden: string
  at: Instant | null
  by_name: string
  version: number
}

export interface Step {
  at: Instant
  by_name: string
  note: string
}

export interface Service {
  called: Step | null
  arrived: Step | null
  handed_over: Step | null
  version: number
}

export interface Evacuation extends Thing {
  station: string
  building: string
  building_name: string
  alarm: string
  zone_name: string
  reason: string
  drill: boolean
  demo: boolean
  running: boolean
  started_at: Instant
  started_by_name: string
  detected_at: Instant | null
  received_at: Instant | null
  floors: Floor[]
  people: Person[]
  assembly: Assembly[]
  service: Service
  closed_at: Instant | null
  closed_by_name: string
  summary: string
  lines: number
  version: number
}

export interface Impairment extends Thing {
  station: string
  point: string
  point_name: string
  device_name: string
  location: string
  fire: boolean
  zone: string
  zone_name: string
  mode: 'test' | 'isolated' | 'disabled'
  source: 'person' | 'panel'
  reason: string
  by_name: string
  since: Instant
  until: Instant | null
  panel: '' | 'active' | 'restored'
  panel_since: Instant | null
  removed: string
  command: Schemas['Told'] | null
  commands?: Schemas['Told'][] // what each point of a device answered
  warned: boolean
  over_run: boolean
  watch: string
  watch_every: number
  watch_due: Instant | null
  watch_overdue: boolean
  watch_last: { at: Instant; by_name: string; remark: string } | null
  ended_at: Instant | null
  ended_by_name: string
  ended: string
  end_reason: string
  demo: boolean
  version: number
}

export interface Panel {
  id: string
  station: string
  name: string
  location: string
  state: string
  lost: boolean
  since: Instant
  last_heard: Instant | null
  error: string
  points: number
  unzoned: number
}

/** Whether something of a station belongs on this desk's screen. */
export function useMine(): (station: string) => boolean {
  const { station } = useDesk()
  return (of) => station === ALL || station === of
}

const byId = (a: Thing, b: Thing) => (a.id < b.id ? -1 : 1)

export function useInvestigations(): Investigation[] {
  const mine = useMine()
  return useThings<Investigation>('investigation')
    .filter((i) => mine(i.station))
    .sort((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at))
}

export function useEvacuations(): Evacuation[] {
  const mine = useMine()
  return useThings<Evacuation>('evacuation')
    .filter((e) => mine(e.station))
    .sort((a, b) => Number(a.drill) - Number(b.drill) || byId(a, b))
}

export function useImpairments(): Impairment[] {
  const mine = useMine()
  return useThings<Impairment>('impairment')
    .filter((i) => mine(i.station))
    .sort((a, b) => Number(b.fire) - Number(a.fire) || byId(b, a))
}

/** The fire panels, each with how it stands at this second. */
export function usePanels(): { panels: Panel[]; error: unknown; again: () => void; loading: boolean } {
  const mine = useMine()
  const { may } = useDesk()
  useDevicesVersion()
  const got = useQuery({
    queryKey: ['/fire/panels'],
    queryFn: ({ signal }) => ask<List<Panel>>('/fire/panels', { signal }),
    staleTime: 60_000,
    refetchInterval: 60_000,
    enabled: may('sites.read'),
  })
  const panels = (got.data?.items ?? [])
    .filter((p) => mine(p.station))
    .map((p) => {
      const life = board.devices.get(p.id)
      return life ? { ...p, state: life.state, since: life.since, lost: life.state !== 'up' } : p
    })
  return { panels, error: got.error, again: () => void got.refetch(), loading: got.isPending && may('sites.read') }
}

/** A fire panel of which nothing is known. */
export interface SilentPanel {
  id: string
  name: string
  location: string
  since: Instant
}

const silence = new Set(['comms.lost', 'lifesign.stopped'])

/** The fire lines that are lost: by the register, and by the alarms, whichever says so. */
export function useSilentPanels(): SilentPanel[] {
  const mine = useMine()
  const alarms = useAlarms()
  const { panels } = usePanels()
  const found = new Map<string, SilentPanel>()
  for (const p of panels) if (p.lost) found.set(p.id, p)
  for (const a of alarms) {
    if (a.category !== 'fire' || !silence.has(a.kind) || !mine(a.station)) continue
    const id = `${a.gateway}/${a.device}`
    if ((a.state === 'unacknowledged' || a.state === 'acknowledged') && !found.has(id)) {
      const panel = panels.find((p) => p.id === id)
      found.set(id, {
        id,
        name: a.device_name || a.device,
        location: panel?.location || a.location,
        since: a.raised_at,
      })
    }
  }
  return [...found.values()].sort((a, b) => a.id.localeCompare(b.id))
}

/** Buildings with a confirmed fire and no warden board. */
export function useProposals(): Alarm[] {
  const mine = useMine()
  const running = useEvacuations().filter((e) => !e.drill)
  const seen = new Set<string>()
  const found: Alarm[] = []
  const alarms = useAlarms().filter((a) => mine(a.station) && (a.confirmed || a.kind === 'fire.reported'))
  for (const a of alarms.sort((x, y) => (x.id < y.id ? -1 : 1))) {
    const place = a.building || `${a.gateway}/${a.device}`
    const covered = running.some(
      (e) =>
        e.station === a.station &&
        (e.alarm === a.id || (a.building ? e.building === a.building : e.building_name === a.building_name)),
    )
    if (covered || seen.has(`${a.station} ${place}`)) continue
    seen.add(`${a.station} ${place}`)
    found.push(a)
  }
  return found
}
