// What rosters stand on: officers, posts, shift types, rules, public holidays,
// leave and wishes, and how the station reckons.
import './rosters.css'
import './panels.css'
import './registers.css'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { useRolls } from './register'

const tabs = {
  officers: lazy(() => import('./officers')),
  posts: lazy(() => import('./posts')),
  shifts: lazy(() => import('./shift-types')),
  rules: lazy(() => import('./rules')),
  absences: lazy(() => import('./absences')),
  swaps: lazy(() => import('./exchanges')),
  holidays: lazy(() => import('./holidays')),
  calendar: lazy(() => import('./reckoning')),
} as const
type Tab = keyof typeof tabs

const Exchange = lazy(() => import('./exchange'))

export default function RegistersPage() {
  const { t } = useTranslation()
  const desk = useDesk()
  const { station } = useOneStation()
  const search = useSearch({ from: '/rosters/registers' })
  const navigate = useNavigate({ from: '/rosters/registers' })
  const { rolls, error, again } = useRolls(station)
  const [importing, setImporting] = useState(false)
  const tab: Tab = search.tab && search.tab in tabs ? (search.tab as Tab) : 'officers'
  const write = desk.may('rosters.plan', station)
  const Body = tabs[tab]
  const what = tab === 'officers' || tab === 'posts' ? tab : undefined
  const file = (format: string) =>
    `/api/v1/rosters/${station}/export?${new URLSearchParams({ what: what ?? '', format })}`
  return (
    <div className="quiet rosters registers-page" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('rosters.registers')} data-panel>
        <div className="ph">
          <h1>{t('rosters.registers')}</h1>
          <OneStation />
          <fieldset className="seg" aria-label={t('rosters.registers')}>
            {(Object.keys(tabs) as Tab[]).map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={tab === name}
                data-tab={name}
                onClick={() =>
                  void navigate({
                    search: (old) => ({
                      ...old,
                      tab: name === 'officers' ? undefined : name,
                      q: undefined,
                      item: undefined,
                    }),
                  })
                }
              >
                {t(`rosters.tab.${name}`)}
              </button>
            ))}
          </fieldset>
          <span className="grow" />
          {what && (
            <>
              {write && (
                <button type="button" className="btn sm" onClick={() => setImporting(true)}>
                  {t('rosters.import')}
                </button>
              )}
              <a className="btn sm" href={file('xlsx')} download>
                XLSX
              </a>
              <a className="btn sm" href={file('csv')} download>
                CSV
              </a>
            </>
          )}
          <Link className="btn sm" to="/rosters" search={{}}>
            {t('page.rosters')}
          </Link>
        </div>
        {error ? (
          <Failed fault={error} again={again} />
        ) : !rolls ? (
          <Loading />
        ) : (
          <Suspense fallback={<Loading />}>
            <Body key={`${station} ${tab}`} station={station} rolls={rolls} write={write} />
          </Suspense>
        )}
      </section>
      <Suspense fallback={null}>
        {importing && rolls && (
          <Exchange station={station} rolls={rolls} what={what} onClose={() => setImporting(false)} />
        )}
      </Suspense>
    </div>
  )
}
