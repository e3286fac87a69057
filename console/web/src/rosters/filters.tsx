// Which officers the board shows.
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { WordsFilter } from '../shell/words-filter'
import { type Officer, ranks } from './contract'
import type { Rolls } from './register'
import { qualificationWords, rankWords } from './words'

export interface Chosen {
  q?: string
  unit?: string
  rank?: string
  held?: string
  only?: string
}

export function matches(o: Officer, chosen: Chosen): boolean {
  const q = chosen.q?.toLowerCase() ?? ''
  return (
    (q === '' || `${o.name} ${o.badge} ${o.id}`.toLowerCase().includes(q)) &&
    (!chosen.unit || o.unit === chosen.unit) &&
    (!chosen.rank || o.rank === chosen.rank) &&
    (!chosen.held || o.held.some((h) => h.code === chosen.held))
  )
}

export function Filters({ rolls, problems }: { rolls: Rolls; problems: boolean }) {
  const { t } = useTranslation()
  const search = useSearch({ from: '/rosters' })
  const navigate = useNavigate({ from: '/rosters' })
  const go = (change: Chosen) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const lists: [keyof Chosen, string, [string, string][]][] = [
    ['unit', t('rosters.all_units'), rolls.units.map((u) => [u, u])],
    ['rank', t('rosters.all_ranks'), ranks.map((r) => [r, rankWords(t, r)])],
    ['held', t('rosters.all_held'), rolls.held.map((h) => [h, qualificationWords(h)])],
  ]
  return (
    <>
      <WordsFilter width={140} label={t('rosters.find')} value={search.q} onChange={(q) => go({ q })} />
      {lists.map(([name, all, values]) => (
        <select
          key={name}
          className="input rosters-filter"
          aria-label={all}
          value={search[name] ?? ''}
          onChange={(e) => go({ [name]: e.target.value || undefined })}
        >
          <option value="">{all}</option>
          {values.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      ))}
      {problems && (
        <label className="check">
          <input
            type="checkbox"
            checked={search.only === 'problems'}
            onChange={(e) => go({ only: e.target.checked ? 'problems' : undefined })}
          />
          {t('rosters.only_problems')}
        </label>
      )}
    </>
  )
}
