// What the roster board asks for, asked for while its program still loads: where
// the address names the station, and where it names a draft of it.
import { askAhead } from '../ask'

export function rosterAhead({ pathname, search }: Pick<Location, 'pathname' | 'search'>): void {
  if (pathname !== '/rosters') return
  const about = new URLSearchParams(search)
  const [station, draft] = [about.get('station') ?? '', about.get('draft') ?? '']
  if (!/^[\w-]+$/.test(station)) return
  askAhead(`/rosters/${station}`)
  if (!/^[\w-]+$/.test(draft)) return
  askAhead(`/rosters/${station}/drafts`)
  askAhead(`/rosters/${station}/drafts/${draft}/table`)
}
