// Reading places and plans. They change seldom: the live stream says when, and
// then they are read anew while the old ones stay on the screen.
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { ask, everything } from '../ask'
import type { Device, Point, Thing } from '../contract'
import { useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import type { Place, Plan, Site } from './schema'

interface SiteVersion extends Thing {
  station: string
  version: number
}

/** The version of a station's site, as the stream says it; 0 before anybody drew anything. */
export function useSiteVersion(station: string): number {
  const versions = useThings<SiteVersion>('site')
  return versions.find((v) => v.id === station)?.version ?? 0
}

export function useSite(station: string): UseQueryResult<Site> {
  const { may } = useDesk()
  const version = useSiteVersion(station)
  return useQuery({
    queryKey: ['site', station, version],
    queryFn: ({ signal }) => ask<Site>(`/sites/${encodeURIComponent(station)}`, { signal }),
    enabled: station !== '' && station !== ALL && may('sites.read', station),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
}

export function usePlan(level: string | undefined, station: string): UseQueryResult<Plan> {
  const version = useSiteVersion(station)
  return useQuery<Plan>({
    queryKey: ['plan', level, version],
    queryFn: ({ signal }) => ask<Plan>(`/plans/${encodeURIComponent(level ?? '')}`, { signal }),
    enabled: level !== undefined,
    placeholderData: (before) => (before?.level === level ? before : undefined),
    staleTime: 60_000,
  })
}

/** The points of a station with their devices; shared with no other page, because a plan's station is not always the desk's. */
export function useStationDevices(station: string): {
  points: Map<string, Point>
  devices: Map<string, Device>
  loading: boolean
} {
  const { may } = useDesk()
  const query = useQuery({
    queryKey: ['devices', station],
    queryFn: ({ signal }) => everything<Device>('/devices', { station }, signal),
    enabled: station !== '' && station !== ALL && may('devices.read', station),
    staleTime: 30_000,
  })
  return useMemo(() => {
    const points = new Map<string, Point>()
    const devices = new Map<string, Device>()
    for (const device of query.data ?? [])
      for (const point of device.points ?? []) {
        points.set(point.id, point)
        devices.set(point.id, device)
      }
    return { points, devices, loading: query.isPending }
  }, [query.data, query.isPending])
}

/** A site as screens walk over it. */
export interface SiteIndex {
  site: Site
  byId: Map<string, Place>
  placeOf: Map<string, string> // of a point
  levels: Place[]
  buildings: Place[]
  levelsOf: (building: string) => Place[]
  levelOf: (place: string | undefined) => Place | undefined
  buildingOf: (place: string | undefined) => Place | undefined
  path: (place: string | undefined) => string
}

export function useSiteIndex(site: Site | undefined): SiteIndex | undefined {
  return useMemo(() => (site ? indexSite(site) : undefined), [site])
}

export function indexSite(site: Site): SiteIndex {
  const byId = new Map((site.places ?? []).map((p) => [p.id, p]))
  const placeOf = new Map((site.points ?? []).map((b) => [b.point, b.place]))
  const up = (place: string | undefined, kind: Place['kind']): Place | undefined => {
    let at = place === undefined ? undefined : byId.get(place)
    while (at && at.kind !== kind) at = byId.get(at.parent)
    return at
  }
  const levels = (site.places ?? []).filter((p) => p.kind === 'level')
  return {
    site,
    byId,
    placeOf,
    levels,
    buildings: (site.places ?? []).filter((p) => p.kind === 'building'),
    levelsOf: (building) => levels.filter((l) => l.parent === building),
    levelOf: (place) => up(place, 'level'),
    buildingOf: (place) => up(place, 'building'),
    path: (place) => {
      const names: string[] = []
      for (let at = place === undefined ? undefined : byId.get(place); at; at = byId.get(at.parent))
        names.unshift(at.name)
      return names.join(' · ')
    },
  }
}

/** Where a picture is; its name is the hash of its content, so that it is read once. */
export const pictureAddress = (station: string, hash: string): string =>
  `/api/v1/sites/${encodeURIComponent(station)}/drawings/${hash}`
