// Swaps and recalls of a station, as the officers' own page and the registers show
// them: read anew when the live stream says so, and what is done with one.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import type { Kept } from './contract'
import { useRosterVersion } from './register'

export type Exchange = components['schemas']['Exchange']
export type Summons = components['schemas']['Summons']

/** How far a swap or recall has come, for sorting: what somebody must decide is first. */
const waits = ({ state }: { state: string }): number =>
  state === 'accepted' || state === 'asked' ? 0 : state === 'offered' ? 1 : 2

function useList<T extends { state: string }>(station: string, what: 'swaps' | 'recalls', enabled: boolean) {
  const version = useRosterVersion(station) ?? 0
  const got = useQuery({
    queryKey: ['rosters', station, what, version],
    queryFn: ({ signal }) => ask<{ items: Kept<T>[] }>(`/rosters/${station}/${what}`, { signal }),
    enabled: enabled && station !== '',
    placeholderData: (old) => old,
  })
  return { ...got, items: got.data && [...got.data.items].sort((a, b) => waits(a.item) - waits(b.item)) }
}

export const useSwaps = (station: string, enabled = true) => useList<Exchange>(station, 'swaps', enabled)

export function useExchanges(station: string) {
  const swaps = useSwaps(station)
  const recalls = useList<Summons>(station, 'recalls', true)
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const again = () => Promise.all([swaps.refetch(), recalls.refetch()])
  const turn = async (what: 'swaps' | 'recalls', { item, version }: Kept<{ id: string }>, step: string) => {
    setBusy(true)
    setFault(null)
    try {
      await ask(`/rosters/${station}/${what}/${item.id}`, { method: 'POST', body: { version, do: step } })
    } catch (why) {
      setFault(why)
    }
    await again()
    setBusy(false)
  }
  return { swaps: swaps.items, recalls: recalls.items, error: swaps.error ?? recalls.error, again, turn, busy, fault }
}
