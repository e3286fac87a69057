// Jump by search: places, points and cameras of the station, by name or number.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import type { Found } from './schema'

const TYPED = 180 // ms without a key until the console is asked

export function Find({ station, onTake }: { station: string; onTake: (hit: Found) => void }) {
  const { t } = useTranslation()
  const id = useId()
  const [wish, setWish] = useState('')
  const q = useSettled(wish.trim())
  const found = useQuery({
    queryKey: ['sites-search', station, q],
    queryFn: ({ signal }) => ask<List<Found>>('/sites/search', { query: { station, q }, signal }),
    enabled: q !== '',
    staleTime: 10_000,
  })
  const hits = q === '' ? [] : (found.data?.items ?? [])
  return (
    <search className="panel">
      <div className="find">
        <label className="sr" htmlFor={id}>
          {t('sites.find')}
        </label>
        <input
          id={id}
          className="input"
          type="search"
          placeholder={t('sites.find')}
          value={wish}
          onChange={(event) => setWish(event.target.value)}
          onKeyDown={(event) => {
            const first = hits.find((h) => h.level !== '')
            if (event.key !== 'Enter' || !first) return
            event.preventDefault()
            onTake(first)
            setWish('')
          }}
        />
      </div>
      <div role="status" className="sr">
        {q !== '' && !found.isPending ? t('sites.found', { count: hits.length }) : ''}
      </div>
      {q !== '' && (
        <ul className="find-list">
          {hits.slice(0, 12).map((hit) => (
            <li key={`${hit.what} ${hit.id}`}>
              <button
                type="button"
                disabled={hit.level === ''}
                data-found={hit.id}
                onClick={() => {
                  onTake(hit)
                  setWish('')
                }}
              >
                <bdi>{hit.what === 'camera' ? `${hit.id} ${hit.name}` : hit.name}</bdi>
                <small>
                  {t(`sites.what.${hit.what === 'place' ? hit.kind : hit.what}`)}
                  {hit.path && (
                    <>
                      {' · '}
                      <bdi>{hit.path}</bdi>
                    </>
                  )}
                  {hit.level === '' && ` · ${t('sites.no_plan')}`}
                </small>
              </button>
            </li>
          ))}
          {hits.length === 0 && found.data && <li className="empty">{t('sites.nothing_found')}</li>}
        </ul>
      )}
    </search>
  )
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPED)
    return () => clearTimeout(timer)
  }, [text])
  return text === '' ? '' : settled
}
