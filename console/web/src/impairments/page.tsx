// The registers: points on test, isolated or disabled; why, until when, what the
// panel says, and the rounds of the fire watch.
import '../fire/fire.css'
import './impairments.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Impairment, useImpairments } from '../fire/live'
import { withUTC } from '../i18n/time'
import { ALL, useDesk } from '../session/desk'
import { Pager, usePaged } from '../shell/pages-of'
import { Failed, Loading } from '../shell/states'
import { Register } from './register'

const Enter = lazy(() => import('./enter'))
const Entry = lazy(() => import('./entry'))

const modes = ['test', 'isolated', 'disabled'] as const

export default function Registers() {
  const { t } = useTranslation()
  const desk = useDesk()
  const search = useSearch({ from: '/registers' })
  const navigate = useNavigate({ from: '/registers' })
  const [adding, setAdding] = useState(false)
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const past = search.past === 'yes'
  const station = desk.station === ALL ? undefined : desk.station
  const pairs = Object.entries({
    station,
    mode: search.mode,
    fire: search.only === 'fire' ? 'true' : undefined,
    open: past ? 'false' : 'true',
  }).filter((pair): pair is [string, string] => Boolean(pair[1]))
  const demo = desk.session.demo || desk.stations.some((s) => s.demo)
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('impairments.title')} data-panel>
        <div className="ph">
          <h1>{t('impairments.title')}</h1>
          {demo && <span className="chip demo">{t('shell.demo')}</span>}
          <span className="print-only">{withUTC(Date.now(), desk.zone)}</span>
          <div className="grow" />
          {desk.may('alarms.remove') && (
            <button type="button" className="btn sm pri no-print" onClick={() => setAdding(true)}>
              {t('impairments.add')}
            </button>
          )}
          <a className="btn sm no-print" href={`/api/v1/impairments.csv?${new URLSearchParams(pairs)}`} download>
            {t('impairments.csv')}
          </a>
          <button type="button" className="btn sm no-print" onClick={() => window.print()}>
            {t('impairments.print')}
          </button>
        </div>
        <div className="filters">
          <div className="seg" role="group" aria-label={t('impairments.when')}>
            <button type="button" aria-pressed={!past} onClick={() => go({ past: undefined })}>
              {t('impairments.open')}
            </button>
            <button type="button" aria-pressed={past} onClick={() => go({ past: 'yes' })}>
              {t('impairments.past')}
            </button>
          </div>
          <div className="seg" role="group" aria-label={t('impairments.mode_label')}>
            <button type="button" aria-pressed={!search.mode} onClick={() => go({ mode: undefined })}>
              {t('impairments.all_modes')}
            </button>
            {modes.map((mode) => (
              <button key={mode} type="button" aria-pressed={search.mode === mode} onClick={() => go({ mode })}>
                {t(`fire.mode.${mode}`)}
              </button>
            ))}
          </div>
          <label className="check">
            <input
              type="checkbox"
              checked={search.only === 'fire'}
              onChange={(e) => go({ only: e.target.checked ? 'fire' : undefined })}
            />{' '}
            {t('impairments.only_fire')}
          </label>
        </div>
        {past ? (
          <Past query={Object.fromEntries(pairs)} open={(id) => go({ entry: id })} />
        ) : (
          <Open mode={search.mode} fire={search.only === 'fire'} open={(id) => go({ entry: id })} />
        )}
      </section>
      <Suspense fallback={null}>
        {(adding || search.point) && (
          <Enter
            point={search.point}
            onClose={() => {
              setAdding(false)
              go({ point: undefined })
            }}
          />
        )}
        {search.entry && <Entry id={search.entry} onClose={() => go({ entry: undefined })} />}
      </Suspense>
    </div>
  )
}

function Open(props: { mode: string | undefined; fire: boolean; open: (id: string) => void }) {
  const { t } = useTranslation()
  const all = useImpairments().filter((i) => (!props.mode || i.mode === props.mode) && (!props.fire || i.fire))
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('impairments.open')}>
      {all.length === 0 ? (
        <p className="empty">{t('impairments.none')}</p>
      ) : (
        <Register entries={all} open={props.open} acts />
      )}
    </div>
  )
}

function Past({ query, open }: { query: Record<string, string>; open: (id: string) => void }) {
  const { t } = useTranslation()
  const paged = usePaged<Impairment>('/impairments', query)
  return (
    <>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('impairments.past')}>
        {paged.error ? (
          <Failed fault={paged.error} again={paged.again} />
        ) : paged.loading ? (
          <Loading />
        ) : paged.items.length === 0 ? (
          <p className="empty">{t('impairments.none_past')}</p>
        ) : (
          <Register entries={paged.items} open={open} />
        )}
      </div>
      <Pager paged={paged} />
    </>
  )
}
