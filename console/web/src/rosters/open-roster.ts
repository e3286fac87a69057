// Opens a draft, or the roster in force, and keeps it up to date by the live stream.
import { useQuery } from '@tanstack/react-query'
import { startTransition, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { ask, hereAhead } from '../ask'
import { board as live, useThings } from '../live'
import type { Draft, DraftNews, RosterNews, Table, Turn } from './contract'
import { cellKey } from './contract'
import type { Day } from './days'
import { Roster } from './roster'
import { cellsOf } from './table'

export interface Period {
  from: Day
  until: Day
}

/** The drafts that are being made, renewed with every change of one. */
export function useDrafts(station: string, enabled: boolean): { drafts: Draft[]; loaded: boolean; again: () => void } {
  const news = useThings<DraftNews>('draft').filter((d) => d.station === station)
  const got = useQuery({
    queryKey: ['rosters', station, 'drafts', news.map((d) => d.id).join(' ')],
    queryFn: ({ signal }) => ask<{ items: Draft[] }>(`/rosters/${station}/drafts`, { signal }),
    initialData: () => hereAhead<{ items: Draft[] }>(`/rosters/${station}/drafts`),
    enabled: enabled && station !== '',
    placeholderData: (old) => old,
  })
  return { drafts: got.data?.items ?? [], loaded: !enabled || got.data !== undefined, again: () => void got.refetch() }
}

/** A draft by its id, or with none the roster in force of a period. */
export function useRoster(
  station: string,
  draft: string,
  period: Period,
  judged: boolean,
): { roster: Roster | undefined; error: unknown; again: () => void } {
  const publication = useThings<RosterNews>('roster').find((r) => r.station === station)
  const about = draft || `${period.from} ${period.until} ${publication?.version ?? 0}`
  const got = useQuery({
    queryKey: ['rosters', station, 'board', about],
    queryFn: ({ signal }) =>
      draft
        ? ask<Table>(`/rosters/${station}/drafts/${draft}/table`, { signal, timeout: 30_000 })
        : ask<Table>(`/rosters/${station}/roster/table`, { query: { ...period }, signal, timeout: 30_000 }),
    initialData: () => (draft ? hereAhead<Table>(`/rosters/${station}/drafts/${draft}/table`) : undefined),
    enabled: station !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    placeholderData: draft ? undefined : (old) => (old?.draft ? undefined : old),
  })
  const [roster, setRoster] = useState<Roster>()
  const open = useRef<Roster | undefined>(undefined)
  useEffect(() => {
    const table = got.data
    const now = open.current
    if (now && table && now.isOf(station, table)) {
      now.renew(table)
      if (judged && !table.draft) now.later(0, false) // its hours stay in sight until they are read anew
      return
    }
    now?.close()
    open.current = table && new Roster(station, table)
    setRoster(open.current)
  }, [got.data, station, judged])
  useEffect(
    () => () => {
      open.current?.close()
      open.current = undefined
    },
    [],
  )
  useHearing(roster)
  useJudging(judged ? roster : undefined)
  // Leave, rules and publications change what is wrong with a draft.
  const known = useRef(publication?.version)
  useEffect(() => {
    if (publication && known.current !== undefined && publication.version > known.current && roster?.draft)
      roster.later(300)
    known.current = publication?.version
  }, [publication, roster])
  return { roster, error: got.error, again: () => void got.refetch() }
}

/** Reads what is wrong once the cells have been painted. */
function useJudging(roster: Roster | undefined): void {
  useEffect(() => {
    if (!roster) return
    // A frame is painted after its callbacks: from the second one on, the cells can be seen.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => roster.later(0, false))
    })
    return () => cancelAnimationFrame(frame)
  }, [roster])
}

function useHearing(roster: Roster | undefined): void {
  useEffect(() => {
    if (!roster?.draft) return
    return live.subscribe('draft', () => {
      const news = live.things.get('draft')?.get(roster.draft) as DraftNews | undefined
      if (news) void roster.heard(news)
    })
  }, [roster])
}

/** Draws again whenever anything of the roster changed. */
export function useRosterChanges(roster: Roster | undefined): number {
  return useSyncExternalStore(
    (tell) => roster?.subscribe(tell) ?? (() => {}),
    () => roster?.version ?? 0,
  )
}

/** The same for those who draw much and may come a moment later: keys that are typed meanwhile come first. */
export function useCalmChanges(roster: Roster): number {
  const [version, setVersion] = useState(roster.version)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = roster.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        startTransition(() => setVersion(roster.version))
      }, 120)
    })
    setVersion(roster.version)
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [roster])
  return version
}

/** What is published for a period, by cell; undefined until it is read or where nothing is. */
export function usePublished(
  station: string,
  period: Period,
  enabled: boolean,
): ReadonlyMap<string, readonly Turn[]> | undefined {
  const publication = useThings<RosterNews>('roster').find((r) => r.station === station)?.publication ?? 0
  const got = useQuery({
    queryKey: ['rosters', station, 'published', period.from, period.until, publication],
    queryFn: ({ signal }) =>
      ask<Table>(`/rosters/${station}/roster/table`, { query: { ...period }, signal, timeout: 30_000 }),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return useMemo(
    () =>
      got.data && got.data.rows.length > 0
        ? new Map(cellsOf(got.data).map((c) => [cellKey(c.officer, c.date), c.duties as readonly Turn[]]))
        : undefined,
    [got.data],
  )
}
