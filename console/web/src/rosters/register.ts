// A station's registers as the screens need them: by id, in the order of the rolls.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { ask, hereAhead } from '../ask'
import { useThings } from '../live'
import type { Holiday, Kept, Officer, Post, Register, RosterNews, RosterRule, ShiftType } from './contract'
import { rankAt } from './contract'

export interface Rolls {
  register: Register
  officers: Map<string, Officer>
  posts: Map<string, Post>
  types: Map<string, ShiftType>
  rules: Map<string, RosterRule>
  holidays: Map<string, string>
  /** Officers by unit, rank and name, as a roster lists them. */
  order: Officer[]
  units: string[]
  held: string[] // all qualifications
  keys: Map<string, ShiftType> // by the letter that sets it
}

export const registerKey = (station: string) => ['rosters', station, 'register'] as const

export function rollsOf(register: Register): Rolls {
  const items = <T>(list: Kept<T>[]): T[] => list.map((k) => k.item)
  const officers = items<Officer>(register.officers)
  const types = items<ShiftType>(register.shift_types)
  const order = [...officers].sort(
    (a, b) => a.unit.localeCompare(b.unit) || rankAt(b.rank) - rankAt(a.rank) || a.name.localeCompare(b.name),
  )
  return {
    register,
    order,
    officers: new Map(officers.map((o) => [o.id, o])),
    posts: new Map(items<Post>(register.posts).map((p) => [p.id, p])),
    types: new Map(types.map((t) => [t.code, t])),
    rules: new Map(items<RosterRule>(register.rules).map((r) => [r.id, r])),
    holidays: new Map(items<Holiday>(register.holidays).map((h) => [h.date, h.name])),
    units: [...new Set(officers.map((o) => o.unit).filter(Boolean))].sort(),
    held: [...new Set(officers.flatMap((o) => o.held.map((h) => h.code)))].sort(),
    keys: new Map(types.filter((t) => t.key && !t.gone).map((t) => [t.key.toUpperCase(), t])),
  }
}

/** The registers of a station, read anew when the live stream says that they changed. */
export function useRolls(station: string): { rolls: Rolls | undefined; error: unknown; again: () => void } {
  const client = useQueryClient()
  const got = useQuery({
    queryKey: registerKey(station),
    queryFn: ({ signal }) => ask<Register>(`/rosters/${station}`, { signal, timeout: 20_000 }),
    initialData: () => hereAhead<Register>(`/rosters/${station}`),
    enabled: station !== '',
  })
  const version = useRosterVersion(station)
  const known = got.data?.version
  useEffect(() => {
    if (known !== undefined && version !== undefined && version > known)
      void client.invalidateQueries({ queryKey: registerKey(station) })
  }, [client, station, version, known])
  const rolls = useMemo(() => (got.data ? rollsOf(got.data) : undefined), [got.data])
  return { rolls, error: got.error, again: () => void got.refetch() }
}

/** The number of the station's last change of registers, leave or roster, as the stream says it. */
export function useRosterVersion(station: string): number | undefined {
  return useThings<RosterNews>('roster').find((r) => r.station === station)?.version
}

/** "C. Nguyen": as rosters print it. */
export function shortName(name: string): string {
  const parts = name.trim().split(/\s+/)
  const family = parts[parts.length - 1] ?? name
  return parts.length > 1 ? `${parts[0]?.[0] ?? ''}. ${family}` : family
}
