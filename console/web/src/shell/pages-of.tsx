// A list of the console, read page by page with its cursor. There is no endless
// scrolling: a reader of records must know where the page begins and ends.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Ask, ask } from '../ask'
import type { List } from '../contract'

export interface Paged<T> {
  items: T[]
  page: number
  more: boolean
  loading: boolean
  error: unknown
  again: () => void
  next: () => void
  previous: () => void
}

export function usePaged<T>(path: string, query: NonNullable<Ask['query']>, limit = 100): Paged<T> {
  const about = JSON.stringify(query)
  const [cursors, setCursors] = useState<string[]>([])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins at its first page
  useEffect(() => setCursors([]), [about])
  const cursor = cursors[cursors.length - 1]
  const got = useQuery({
    queryKey: [path, about, cursor ?? '', limit],
    queryFn: ({ signal }) => ask<List<T>>(path, { query: { ...query, limit, cursor }, signal }),
  })
  return {
    items: got.data?.items ?? [],
    page: cursors.length + 1,
    more: Boolean(got.data?.next),
    loading: got.isPending,
    error: got.error,
    again: () => void got.refetch(),
    next: () => got.data?.next && setCursors([...cursors, got.data.next]),
    previous: () => setCursors(cursors.slice(0, -1)),
  }
}

export function Pager({ paged }: { paged: Paged<unknown> }) {
  const { t } = useTranslation()
  return (
    <nav className="pager" aria-label={t('shell.pager')}>
      <button type="button" className="btn sm" disabled={paged.page === 1} onClick={paged.previous}>
        {t('shell.previous')}
      </button>
      <span>{t('shell.page_n', { n: paged.page, count: paged.items.length })}</span>
      <button type="button" className="btn sm" disabled={!paged.more} onClick={paged.next}>
        {t('shell.next')}
      </button>
    </nav>
  )
}
