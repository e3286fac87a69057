// The cardholders of a station, as the pass office's list has them; read only.
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ALL, useDesk } from '../session/desk'
import { PagedTable } from '../shell/paged-table'
import { usePaged } from '../shell/pages-of'
import { type Person, PersonFace } from './card'
import './people.css'

const ImportList = lazy(() => import('./import'))

const classes = ['staff', 'delegate', 'retiree', 'media', 'ngo', 'intern', 'courtesy', 'temporary']
const statuses = ['active', 'lost', 'stolen', 'blocked']

export default function PeoplePage() {
  const { t } = useTranslation()
  const { station, may } = useDesk()
  const search = useSearch({ from: '/people' })
  const navigate = useNavigate({ from: '/people' })
  const [importing, setImporting] = useState(false)
  const at = station === ALL ? undefined : station
  const paged = usePaged<Person>('/people', { station: at, q: search.q, class: search.class, status: search.status })
  const set = (change: Record<string, string | undefined>) =>
    void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('people.title')} data-panel>
        <div className="ph">
          <h2>{t('people.title')}</h2>
          <span className="faint">{t('people.register')}</span>
          <div className="grow" />
          {may('people.import', at) && (
            <button type="button" className="btn sm" onClick={() => setImporting(true)}>
              {t('people.import')}
            </button>
          )}
        </div>
        <div className="filters">
          <input
            className="input"
            type="search"
            style={{ maxInlineSize: 320 }}
            value={search.q ?? ''}
            placeholder={t('people.find')}
            aria-label={t('people.find')}
            onChange={(e) => set({ q: e.target.value || undefined })}
          />
          <select
            className="input"
            style={{ inlineSize: 'auto' }}
            aria-label={t('people.head.class')}
            value={search.class ?? ''}
            onChange={(e) => set({ class: e.target.value || undefined })}
          >
            <option value="">{t('people.class_all')}</option>
            {classes.map((c) => (
              <option key={c} value={c}>
                {t(`people.class.${c}`)}
              </option>
            ))}
          </select>
          <select
            className="input"
            style={{ inlineSize: 'auto' }}
            aria-label={t('people.head.standing')}
            value={search.status ?? ''}
            onChange={(e) => set({ status: e.target.value || undefined })}
          >
            <option value="">{t('people.status_all')}</option>
            {statuses.map((s) => (
              <option key={s} value={s}>
                {t(`people.standing.${s === 'active' ? 'valid' : s}`)}
              </option>
            ))}
          </select>
        </div>
        <PagedTable
          label={t('people.title')}
          paged={paged}
          none={t('people.none')}
          words="people.head"
          heads={['photo', 'name', 'ref', 'class', 'expires', 'standing']}
          className="table people-table"
          row={(p) => (
            <tr key={p.id} data-person={p.ref}>
              <td>
                <PersonFace person={p} />
              </td>
              <td>
                <bdi>{p.name}</bdi>
              </td>
              <td className="mono">{p.ref}</td>
              <td>{t(`people.class.${p.class}`)}</td>
              <td>{p.expires || <span className="faint">{t('people.never')}</span>}</td>
              <td>
                <span className={p.standing === 'valid' ? 'dim' : 'chip strong'}>
                  {t(`people.standing.${p.standing}`)}
                </span>
              </td>
            </tr>
          )}
        />
      </section>
      {importing && (
        <Suspense fallback={null}>
          <ImportList
            station={at}
            onClose={() => {
              setImporting(false)
              paged.again()
            }}
          />
        </Suspense>
      )}
    </div>
  )
}
