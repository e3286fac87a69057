// The watch of a station: who is there, what goes up, who covers, what is handed
// over, who is reached when nobody is.
import './watch.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { ALL, DeskContext, useDesk } from '../session/desk'
import { Loading } from '../shell/states'

const tabs = {
  now: lazy(() => import('./overview')),
  covers: lazy(() => import('./covers')),
  handover: lazy(() => import('./handover')),
  contacts: lazy(() => import('./contacts')),
  deliveries: lazy(() => import('./deliveries')),
  settings: lazy(() => import('./settings')),
} as const
type Tab = keyof typeof tabs

export default function WatchPage() {
  const { t } = useTranslation()
  const desk = useDesk()
  const search = useSearch({ from: '/watch' })
  const navigate = useNavigate({ from: '/watch' })
  const tab: Tab = search.tab && search.tab in tabs ? (search.tab as Tab) : 'now'
  const mine = desk.stations.filter((s) => desk.may('alarms.read', s.id))
  const chosen = desk.station !== ALL ? desk.station : search.at
  const station = mine.find((s) => s.id === chosen) ?? mine[0]
  const Body = tabs[tab]
  return (
    <div className="quiet watch-page" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('watch.title')} data-panel>
        <div className="ph">
          <h2>{t('watch.title')}</h2>
          <div className="seg">
            {(Object.keys(tabs) as Tab[]).map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={tab === name}
                data-tab={name}
                onClick={() => void navigate({ search: { tab: name === 'now' ? undefined : name, at: search.at } })}
              >
                {t(`watch.tab.${name}`)}
              </button>
            ))}
          </div>
          <div className="grow" />
          {tab !== 'now' && desk.station === ALL && mine.length > 1 && (
            <select
              className="input watch-station"
              aria-label={t('shell.station')}
              value={station?.id}
              onChange={(e) => void navigate({ search: { ...search, at: e.target.value } })}
            >
              {mine.map((s) => (
                <option key={s.id} value={s.id}>
                  {s.name}
                </option>
              ))}
            </select>
          )}
        </div>
        {station ? (
          <Suspense fallback={<Loading />}>
            {/* Times are those of the station that is shown, whichever the desk has chosen. */}
            <DeskContext value={{ ...desk, zone: station.time_zone || 'UTC' }}>
              <Body key={station.id} station={station} />
            </DeskContext>
          </Suspense>
        ) : (
          <p className="empty">{t('watch.no_station')}</p>
        )}
      </section>
    </div>
  )
}
