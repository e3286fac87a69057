// What is not in the alarm list, as a page: three counted lists, to print, to
// restore, and for the incoming shift to confirm anew.
import './alarms.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../session/desk'
import { NotAllowed } from '../shell/states'
import { isShelfMode, segmentOf, shelfModes } from './segments'
import ShelfList, { useShelves } from './shelf-list'

export default function ShelfPage() {
  const { t } = useTranslation()
  const { may } = useDesk()
  const search = useSearch({ from: '/shelf' })
  const navigate = useNavigate({ from: '/shelf' })
  const toControl = useNavigate()
  const all = useShelves(undefined)
  const wish = segmentOf(search.mode)
  const mode = isShelfMode(wish) ? wish : 'shelved'
  if (!may('alarms.read')) return <NotAllowed permission="alarms.read" />
  const waiting = all.filter((s) => s.needs_confirm).length
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('page.shelf')} data-panel>
        <div className="ph">
          <h1>{t('page.shelf')}</h1>
          {waiting > 0 && <span className="chip old">{t('alarms.to_confirm', { count: waiting })}</span>}
          <div className="grow" />
          <div className="seg">
            {shelfModes.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={mode === one}
                data-segment={one}
                onClick={() => void navigate({ search: (old) => ({ ...old, mode: one }), replace: true })}
              >
                {t(`alarms.segment.${one}`, { count: all.filter((s) => s.mode === one).length })}
              </button>
            ))}
          </div>
          <button type="button" className="btn sm no-print" onClick={() => window.print()}>
            {t('alarms.print')}
          </button>
        </div>
        {search.point && (
          <div className="filters">
            <button
              type="button"
              className="btn"
              onClick={() => void navigate({ search: (old) => ({ ...old, point: undefined }), replace: true })}
            >
              <bdi>{search.point}</bdi> ×
            </button>
          </div>
        )}
        <ShelfList
          mode={mode}
          point={search.point}
          onOpen={(alarm, point) => void toControl({ to: '/control', search: alarm ? { alarm } : { point } })}
        />
      </section>
    </div>
  )
}
