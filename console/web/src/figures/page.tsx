// Figures of the position: what ISA-18.2 and EEMUA 191 ask of alarms, live for a
// day, a week or a month, and as a report for a month.
import './figures.css'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { withUTC } from '../i18n/time'
import { clock } from '../live'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { Bars } from './chart'
import { type Figures, monthOf, monthsBefore } from './figures'
import { Actors, Answers, Closed, Floods, Mix, Stale } from './parts'
import { Tiles } from './tiles'

const FloodSettings = lazy(() => import('./settings'))
const spans = { day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000 } as const
type Span = keyof typeof spans

export default function Page() {
  const { t } = useTranslation()
  const { session, stations, may } = useDesk()
  const { station, zone, name } = useOneStation()
  const search = useSearch({ from: '/figures' })
  const navigate = useNavigate({ from: '/figures' })
  const [settings, setSettings] = useState(false)
  const span: Span = search.tab === 'week' || search.tab === 'month' ? search.tab : 'day'
  const now = monthOf(clock.now(), zone)
  const got = useQuery({
    queryKey: ['figures', station, search.month ?? span],
    queryFn: ({ signal }) =>
      search.month
        ? ask<Figures>('/figures/month', { query: { station, month: search.month }, signal, timeout: 20_000 })
        : ask<Figures>('/figures', {
            query: { station, from: new Date(clock.now() - spans[span]).toISOString() },
            signal,
            timeout: 20_000,
          }),
    refetchInterval: 15_000,
    placeholderData: (old) => (old?.station === station ? old : undefined),
  })
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const file = (format: string) =>
    `/api/v1/figures/file?${new URLSearchParams({ station, month: search.month ?? now, format })}`
  const demo = session.demo || stations.some((s) => s.id === station && s.demo)
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel figures" aria-label={t('page.figures')} data-panel>
        <div className="ph">
          <h1>{t('page.figures')}</h1>
          {demo && <span className="chip demo">{t('shell.demo')}</span>}
          <OneStation />
          <fieldset className="seg no-print" aria-label={t('figures.span')}>
            {(Object.keys(spans) as Span[]).map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={!search.month && span === one}
                onClick={() => go({ tab: one, month: undefined })}
              >
                {t(`figures.spans.${one}`)}
              </button>
            ))}
          </fieldset>
          <select
            className="input no-print"
            style={{ inlineSize: 150 }}
            aria-label={t('figures.report_of')}
            value={search.month ?? ''}
            onChange={(e) => go({ month: e.target.value || undefined })}
          >
            <option value="">{t('figures.report_of')}</option>
            {monthsBefore(now, 13).map((m) => (
              <option key={m} value={m}>
                {m}
              </option>
            ))}
          </select>
          <div className="grow" />
          {may('alarms.rationalise', station) && (
            <button type="button" className="btn sm no-print" onClick={() => setSettings(true)}>
              {t('flood.settings')}
            </button>
          )}
          <a className="btn sm no-print" href={file('xlsx')} download>
            XLSX
          </a>
          <a className="btn sm no-print" href={file('csv')} download>
            CSV
          </a>
          <button type="button" className="btn sm no-print" onClick={() => window.print()}>
            {t('figures.print')}
          </button>
        </div>
        <div className="scroll pad" tabIndex={0} role="group" aria-label={t('page.figures')}>
          {got.error && !got.data ? (
            <Failed fault={got.error} again={() => void got.refetch()} />
          ) : !got.data ? (
            <Loading />
          ) : (
            <Everything f={got.data} name={name} old={Boolean(got.error)} zone={zone} />
          )}
        </div>
      </section>
      <Suspense fallback={null}>
        {settings && <FloodSettings station={station} onClose={() => setSettings(false)} />}
      </Suspense>
    </div>
  )
}

function Everything({ f, name, old, zone }: { f: Figures; name: string; old: boolean; zone: string }) {
  const { t } = useTranslation()
  const target = f.slot_seconds === 600 ? f.targets.peak_10 : f.slot_seconds === 3600 ? 6 : 150
  return (
    <>
      <p className="dim span-words">
        <b>
          <bdi>{name}</bdi>
        </b>
        , {t('figures.position')} · {withUTC(f.from, zone)} – {withUTC(f.to, zone)}
        {old && <span className="chip old"> {t('figures.old')}</span>}
      </p>
      <Tiles f={f} />
      <Bars slots={f.slots ?? []} seconds={f.slot_seconds} target={target} />
      <div className="two">
        <Mix f={f} />
        <Answers f={f} />
        <Actors f={f} />
        <Closed f={f} />
        <Floods f={f} />
        <Stale f={f} />
      </div>
      <p className="faint sources">{t('figures.sources')}</p>
    </>
  )
}
