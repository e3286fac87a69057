// Rationalisation: why each point alarms, what follows, what is to be done and
// by when. Filtered, edited in place, set for many, out and in as a table.
import './rationale.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Fragment, lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ageWords, kindWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Pager, usePaged } from '../shell/pages-of'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { WordsFilter } from '../shell/words-filter'
import { Editor } from './editor'
import type { Rationale } from './rationale'
import { OneStation, useOneStation } from './station'

const Import = lazy(() => import('./import'))
const Doors = lazy(() => import('./doors'))
const Changes = lazy(() => import('./changes'))

const keyOf = (row: { point: string; kind: string }): string => `${row.point} ${row.kind}`

export default function Page() {
  const { t } = useTranslation()
  const { may, session, stations } = useDesk()
  const { station } = useOneStation()
  const search = useSearch({ from: '/rationale' })
  const navigate = useNavigate({ from: '/rationale' })
  const [importing, setImporting] = useState(false)
  const tab = search.only === 'doors' || search.only === 'changes' ? search.only : 'alarms'
  const write = may('alarms.rationalise', station)
  const file = (format: string) => `/api/v1/rationale/file?${new URLSearchParams({ station, format })}`
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel rationale" aria-label={t('page.rationale')} data-panel>
        <div className="ph">
          <h1>{t('page.rationale')}</h1>
          {(session.demo || stations.some((s) => s.id === station && s.demo)) && (
            <span className="chip demo">{t('shell.demo')}</span>
          )}
          <OneStation />
          <fieldset className="seg" aria-label={t('rationale.parts')}>
            {(['alarms', 'doors', 'changes'] as const).map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={tab === one}
                onClick={() => void navigate({ search: { only: one === 'alarms' ? undefined : one }, replace: true })}
              >
                {t(`rationale.part.${one}`)}
              </button>
            ))}
          </fieldset>
          <div className="grow" />
          {tab === 'alarms' && (
            <>
              {write && (
                <button type="button" className="btn sm no-print" onClick={() => setImporting(true)}>
                  {t('rationale.import')}
                </button>
              )}
              <a className="btn sm no-print" href={file('xlsx')} download>
                XLSX
              </a>
              <a className="btn sm no-print" href={file('csv')} download>
                CSV
              </a>
            </>
          )}
        </div>
        <Suspense fallback={<Loading />}>
          {tab === 'doors' ? (
            <Doors station={station} />
          ) : tab === 'changes' ? (
            <Changes station={station} />
          ) : (
            <Alarms station={station} write={write} />
          )}
        </Suspense>
      </section>
      <Suspense fallback={null}>
        {importing && <Import station={station} onClose={() => setImporting(false)} />}
      </Suspense>
    </div>
  )
}

function Alarms({ station, write }: { station: string; write: boolean }) {
  const { t } = useTranslation()
  const search = useSearch({ from: '/rationale' })
  const navigate = useNavigate({ from: '/rationale' })
  const [open, setOpen] = useState<string | null>(null)
  const [picked, setPicked] = useState<Map<string, Rationale>>(new Map())
  const [many, setMany] = useState(false)
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const paged = usePaged<Rationale>('/rationale', {
    station,
    q: search.q,
    area: search.area,
    device: search.device,
    point: search.point,
    kind: search.kind,
    only: search.only,
  })
  const pick = (row: Rationale) => {
    const next = new Map(picked)
    if (!next.delete(keyOf(row))) next.set(keyOf(row), row)
    setPicked(next)
  }
  const all = paged.items.length > 0 && paged.items.every((row) => picked.has(keyOf(row)))
  const done = () => {
    setOpen(null)
    setMany(false)
    setPicked(new Map())
    paged.again()
  }
  return (
    <>
      <div className="filters">
        <WordsFilter width={240} label={t('rationale.search')} value={search.q} onChange={(q) => go({ q })} />
        <select
          className="input"
          style={{ inlineSize: 210 }}
          aria-label={t('rationale.only')}
          value={search.only ?? ''}
          onChange={(e) => go({ only: e.target.value || undefined })}
        >
          {['', 'missing', 'default', 'own'].map((one) => (
            <option key={one} value={one}>
              {t(`rationale.only_${one || 'all'}`)}
            </option>
          ))}
        </select>
        {(['device', 'area', 'point', 'kind'] as const).map(
          (name) =>
            search[name] && (
              <button key={name} type="button" className="chip accent" onClick={() => go({ [name]: undefined })}>
                {t(`rationale.${name}`)}: <bdi>{name === 'kind' ? kindWords(t, search[name]) : search[name]}</bdi> ×
              </button>
            ),
        )}
        <span className="grow" />
        {write && picked.size > 0 && (
          <button type="button" className="btn sm pri" onClick={() => setMany(true)}>
            {t('rationale.set_many', { count: picked.size })}
          </button>
        )}
      </div>
      {many && <Editor station={station} rows={[...picked.values()]} onDone={done} onCancel={() => setMany(false)} />}
      <div className="scroll" tabIndex={0} role="group" aria-label={t('rationale.part.alarms')}>
        {paged.error ? (
          <Failed fault={paged.error} again={paged.again} />
        ) : paged.loading ? (
          <Loading />
        ) : paged.items.length === 0 ? (
          <p className="empty">{t(search.only === 'missing' ? 'rationale.none_missing' : 'rationale.none')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {write && (
                  <th scope="col">
                    <input
                      type="checkbox"
                      aria-label={t('rationale.pick_all')}
                      checked={all}
                      onChange={() => setPicked(all ? new Map() : new Map(paged.items.map((row) => [keyOf(row), row])))}
                    />
                  </th>
                )}
                {['where', 'kind', 'priority', 'response', 'respond_within', 'delay', 'changed'].map((head) => (
                  <th scope="col" key={head}>
                    {t(`rationale.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {paged.items.map((row) => (
                <Fragment key={keyOf(row)}>
                  <tr className={open === keyOf(row) ? 'on' : undefined} data-rationale={keyOf(row)}>
                    {write && (
                      <td>
                        <input
                          type="checkbox"
                          aria-label={t('rationale.pick', { name: row.point_name, kind: kindWords(t, row.kind) })}
                          checked={picked.has(keyOf(row))}
                          onChange={() => pick(row)}
                        />
                      </td>
                    )}
                    <Cells
                      row={row}
                      open={open === keyOf(row)}
                      onOpen={() => setOpen(open === keyOf(row) ? null : keyOf(row))}
                      go={go}
                    />
                  </tr>
                  {open === keyOf(row) && (
                    <tr className="on">
                      <td colSpan={write ? 8 : 7}>
                        <Editor
                          station={station}
                          rows={[row]}
                          readOnly={!write}
                          onDone={done}
                          onCancel={() => setOpen(null)}
                        />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        )}
      </div>
      <Pager paged={paged} />
    </>
  )
}

function Cells(props: {
  row: Rationale
  open: boolean
  onOpen: () => void
  go: (change: { device?: string; area?: string }) => void
}) {
  const { row, open, onOpen, go } = props
  const { t } = useTranslation()
  const delay = [row.on_delay_ms, row.off_delay_ms].map((ms) => (ms > 0 ? `${ms / 1000} s` : '–')).join(' / ')
  return (
    <>
      <td>
        <button type="button" className="rowlink" aria-expanded={open} onClick={onOpen}>
          <bdi>{row.point_name || row.point}</bdi>
        </button>
        <div className="dim where">
          <button type="button" className="quietlink" onClick={() => go({ device: row.device })}>
            <bdi>{row.device_name || row.device}</bdi>
          </button>
          {(row.area_name || row.location) && ' · '}
          {row.area ? (
            <button type="button" className="quietlink" onClick={() => go({ area: row.area })}>
              <bdi>{row.area_name}</bdi>
            </button>
          ) : (
            <bdi>{row.location}</bdi>
          )}
        </div>
      </td>
      <td>{row.kind === '' ? t('rationale.all_kinds') : kindWords(t, row.kind)}</td>
      <td className="num">
        {row.priority || '–'}
        {row.life_safety && <div className="faint">{t('rationale.life_safety')}</div>}
      </td>
      <td className="response-cell">
        {row.response ? (
          <span className={row.own?.includes('response') ? undefined : 'dim'}>{row.response}</span>
        ) : (
          <span className="chip late">{t('rationale.missing')}</span>
        )}
      </td>
      <td className="num">{row.respond_within ? ageWords(t, row.respond_within) : '–'}</td>
      <td className="num">
        <bdi>{row.on_delay_ms || row.off_delay_ms ? delay : '–'}</bdi>
      </td>
      <td>
        {row.changed_at ? (
          <>
            <At at={row.changed_at} date /> <bdi className="dim">{row.changed_by}</bdi>
          </>
        ) : (
          <span className="faint">{t('rationale.shipped')}</span>
        )}
      </td>
    </>
  )
}
