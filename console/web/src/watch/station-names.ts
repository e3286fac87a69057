// Stations by name, also those that this desk may not see: a cover grant names two.
import { useQuery } from '@tanstack/react-query'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import type { List } from '../contract'
import { useDesk } from '../session/desk'

export type StationName = components['schemas']['StationName']

/** Every station's id and name, for those who may let one cover another. */
export function useCoveringStations() {
  const { may } = useDesk()
  return useQuery({
    queryKey: ['covering stations'],
    queryFn: ({ signal }) => ask<List<StationName>>('/covers/stations', { signal }),
    enabled: may('cover.grant'),
    staleTime: 60_000,
  })
}

/** The name of a station; its id where this officer may not know more. */
export function useStationName(): (id: string) => string {
  const { stations } = useDesk()
  const others = useCoveringStations()
  return (id) => [...stations, ...(others.data?.items ?? [])].find((s) => s.id === id)?.name ?? id
}
