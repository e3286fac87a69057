// What there is: devices and their points, read once, and again when the live
// stream speaks of something unknown.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { everything } from '../ask'
import type { Device, Point } from '../contract'
import { board, useCalmly } from '../live'
import { ALL, useDesk } from '../session/desk'

export interface Catalogue {
  devices: Device[]
  points: Map<string, Point>
  deviceOf: (point: string) => Device | undefined
  error: unknown
  loading: boolean
  again: () => void
}

const none: Device[] = []

export function useCatalogue(): Catalogue {
  const { station, may } = useDesk()
  const allowed = may('devices.read')
  const query = useQuery({
    queryKey: ['devices', station],
    queryFn: ({ signal }) => everything<Device>('/devices', { station: station === ALL ? undefined : station }, signal),
    enabled: allowed,
    staleTime: 30_000,
  })
  const devices = query.data ?? none
  const { refetch } = query
  const made = useMemo(() => {
    const points = new Map<string, Point>()
    const owners = new Map<string, Device>()
    for (const device of devices) {
      owners.set(device.id, device)
      for (const point of device.points ?? []) points.set(point.id, point)
    }
    return { points, deviceOf: (id: string) => owners.get(deviceId(id)) }
  }, [devices])
  return {
    devices,
    ...made,
    error: query.error,
    loading: query.isPending && allowed,
    again: () => void refetch(),
  }
}

/** The device of a point: "<gateway>/<device>.<point>" up to the first dot after the slash. */
export function deviceId(point: string): string {
  const slash = point.indexOf('/')
  const dot = point.indexOf('.', slash)
  return dot < 0 ? point : point.slice(0, dot)
}

/** Reads the catalogue again when a device or point speaks that it does not hold. Used once, by the board. */
export function useNewcomers(catalogue: Catalogue): void {
  const client = useQueryClient()
  const { station, stations } = useDesk()
  const part = station !== ALL && stations.length > 1 // the stream speaks of the other stations too
  const devices = useCalmly('devices', 500)
  useCalmly('points', 500)
  const count = board.points.size
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at when their number or the devices change
  useEffect(() => {
    if (catalogue.loading || catalogue.error || part) return
    const known = new Set(catalogue.devices.map((d) => d.id))
    const strange =
      [...board.devices.keys()].some((id) => !known.has(id)) ||
      [...board.points.keys()].some((id) => !catalogue.points.has(id))
    if (!strange) return
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: ['devices'] }), 1_500)
    return () => clearTimeout(timer)
  }, [count, devices, catalogue.devices, catalogue.loading, catalogue.error, part, client])
}
