// Fire: what burns and since when, what is looked into, which panels can be
// heard, which boards run.
import './fire.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../session/desk'
import { Loading } from '../shell/states'
import { Now } from './now'

const Past = lazy(() => import('./past'))
const ZoneTable = lazy(() => import('./zone-table'))
const Choices = lazy(() => import('./choices'))
const StartBoard = lazy(() => import('./start'))

const tabs = ['now', 'past', 'zones', 'settings'] as const

export default function FirePage() {
  const { t } = useTranslation()
  const { session, stations, may } = useDesk()
  const search = useSearch({ from: '/fire' })
  const navigate = useNavigate({ from: '/fire' })
  const tab = tabs.find((name) => name === search.tab) ?? 'now'
  const demo = session.demo || stations.some((s) => s.demo)
  const close = () => void navigate({ search: (old) => ({ ...old, start: undefined }), replace: true })
  return (
    <div className="quiet fire-page" style={{ gridTemplateRows: 'auto minmax(0, 1fr)' }}>
      <div className="fire-head">
        <h1>{t('fire.title')}</h1>
        {demo && <span className="chip demo">{t('shell.demo')}</span>}
        <div className="seg" role="group" aria-label={t('fire.tabs')}>
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={tab === name}
              onClick={() => void navigate({ search: name === 'now' ? {} : { tab: name }, replace: true })}
            >
              {t(`fire.tab.${name}`)}
            </button>
          ))}
        </div>
        <div className="grow" />
        {may('wardens.write') && (
          <button
            type="button"
            className="btn danger"
            onClick={() => void navigate({ search: (old) => ({ ...old, start: 'building' }) })}
          >
            {t('fire.start_board')}
          </button>
        )}
      </div>
      <Suspense fallback={<Loading />}>
        {tab === 'now' && <Now chosen={search.investigation} />}
        {tab === 'past' && <Past />}
        {tab === 'zones' && <ZoneTable />}
        {tab === 'settings' && <Choices />}
      </Suspense>
      <Suspense fallback={null}>{search.start && <StartBoard from={search.start} onClose={close} />}</Suspense>
    </div>
  )
}
