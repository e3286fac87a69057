// The end of a shift: one sheet, two signatures, and what was handed over before.
import { IconPrinter } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List, Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { SheetView } from './sheet'
import type { Handover, Sheet } from './told'

export default function HandoverPage({ station }: { station: Station }) {
  const search = useSearch({ from: '/watch' })
  return search.id ? <Signed id={search.id} station={station} /> : <Current station={station} />
}

/** The sheet as it is now, with the place for the next signature. */
function Current({ station }: { station: Station }) {
  const { t } = useTranslation()
  const { may, session } = useDesk()
  const client = useQueryClient()
  const [notes, setNotes] = useState('')
  const [remarks, setRemarks] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const sheet = useQuery({
    queryKey: ['handover', station.id],
    queryFn: ({ signal }) => ask<Sheet>('/handover', { query: { station: station.id }, signal }),
    refetchInterval: 15_000,
  })
  const past = useQuery({
    queryKey: ['handovers', station.id],
    queryFn: ({ signal }) => ask<List<Handover>>('/handovers', { query: { station: station.id, limit: 50 }, signal }),
    refetchInterval: 5_000,
  })
  const again = () => {
    void client.invalidateQueries({ queryKey: ['handover'] })
    void client.invalidateQueries({ queryKey: ['handovers'] })
  }
  const sign = (path: string, body: object) => {
    setFault(null)
    ask(path, { method: 'POST', body }).then(() => {
      setNotes('')
      setRemarks('')
      again()
    }, setFault)
  }
  const confirmShelf = (id: string) => {
    setFault(null)
    ask(`/shelf/${encodeURIComponent(id)}/confirm`, { method: 'POST' }).then(again, setFault)
  }
  const offered = past.data?.items?.find((h) => h.state === 'offered')
  const mine = offered?.outgoing === session.user.id
  return (
    <div className="scroll handover" tabIndex={0} role="group" aria-label={t('watch.tab.handover')}>
      {may('alarms.handle', station.id) && (
        <section className="handover-sign" aria-label={t('handover.sign')}>
          {offered ? (
            <>
              <p>
                {t('handover.offered', { name: offered.outgoing_name })} <At at={offered.outgoing_at} date />
                {offered.notes && <span className="watch-text dim">{offered.notes}</span>}
              </p>
              {mine ? (
                <p className="dim">{t('handover.other_signs')}</p>
              ) : (
                <label className="field">
                  {t('handover.remarks')}
                  <textarea
                    className="input"
                    rows={2}
                    maxLength={8000}
                    value={remarks}
                    onChange={(e) => setRemarks(e.target.value)}
                  />
                </label>
              )}
            </>
          ) : (
            <label className="field">
              {t('handover.notes')}
              <textarea
                className="input"
                rows={3}
                maxLength={8000}
                value={notes}
                onChange={(e) => setNotes(e.target.value)}
                data-notes
              />
            </label>
          )}
          {fault !== null && (
            <div className="fault" role="alert">
              {refusalWords(t, fault)}
            </div>
          )}
          <div className="actions">
            {offered && !mine && (
              <button
                type="button"
                className="btn pri"
                onClick={() => sign(`/handovers/${encodeURIComponent(offered.id)}/take`, { remarks })}
              >
                {t('handover.take', { name: session.user.name })}
              </button>
            )}
            {(!offered || mine) && (
              <button
                type="button"
                className={offered ? 'btn' : 'btn pri'}
                onClick={() => sign('/handovers', { station: station.id, notes: offered ? offered.notes : notes })}
              >
                {offered ? t('handover.offer_again') : t('handover.offer', { name: session.user.name })}
              </button>
            )}
            <Print />
          </div>
        </section>
      )}
      {sheet.error && !sheet.data ? (
        <Failed fault={sheet.error} again={() => void sheet.refetch()} />
      ) : sheet.data ? (
        <SheetView sheet={sheet.data} onConfirm={may('alarms.shelve', station.id) ? confirmShelf : undefined} />
      ) : (
        <Loading />
      )}
      <Past list={past.data?.items ?? []} />
    </div>
  )
}

function Print() {
  const { t } = useTranslation()
  return (
    <button type="button" className="btn" onClick={() => window.print()}>
      <IconPrinter size={16} aria-hidden /> {t('handover.print')}
    </button>
  )
}

function Past({ list }: { list: Handover[] }) {
  const { t } = useTranslation()
  const navigate = useNavigate({ from: '/watch' })
  const search = useSearch({ from: '/watch' })
  if (list.length === 0) return null
  return (
    <section className="no-print">
      <h3 className="h3">{t('handover.past')}</h3>
      <table className="table">
        <thead>
          <tr>
            {['at', 'outgoing', 'incoming', 'state'].map((head) => (
              <th scope="col" key={head}>
                {t(`handover.head.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((h) => (
            <tr key={h.id} data-handover={h.state}>
              <td>
                <button
                  type="button"
                  className="rowlink"
                  onClick={() => void navigate({ search: { ...search, id: h.id } })}
                >
                  <At at={h.outgoing_at} date />
                </button>
              </td>
              <td>
                <bdi>{h.outgoing_name}</bdi>
              </td>
              <td>
                <bdi>{h.incoming_name}</bdi> {h.incoming_at && <At at={h.incoming_at} />}
              </td>
              <td>{t(`handover.state.${h.state}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** A handover of the past, as it was signed. */
function Signed({ id, station }: { id: string; station: Station }) {
  const { t } = useTranslation()
  const navigate = useNavigate({ from: '/watch' })
  const search = useSearch({ from: '/watch' })
  const got = useQuery({
    queryKey: ['handover of', id],
    queryFn: ({ signal }) => ask<Handover>(`/handovers/${encodeURIComponent(id)}`, { signal }),
  })
  const h = got.data
  return (
    <div className="scroll handover" tabIndex={0} role="group" aria-label={t('watch.tab.handover')}>
      <div className="filters no-print">
        <button
          type="button"
          className="btn sm"
          onClick={() => void navigate({ search: { ...search, id: undefined } })}
        >
          {t('handover.back')}
        </button>
        <Print />
      </div>
      {got.error ? (
        <Failed fault={got.error} again={() => void got.refetch()} />
      ) : !h ? (
        <Loading />
      ) : (
        <>
          {h.sheet && <SheetView sheet={h.sheet} />}
          <section className="handover-sheet-signs">
            {h.notes && (
              <p className="watch-text">
                <b>{t('handover.notes')}</b> {h.notes}
              </p>
            )}
            {h.remarks && (
              <p className="watch-text">
                <b>{t('handover.remarks')}</b> {h.remarks}
              </p>
            )}
            <dl>
              <dt>{t('handover.head.outgoing')}</dt>
              <dd>
                <bdi>{h.outgoing_name}</bdi> <At at={h.outgoing_at} date />
              </dd>
              <dt>{t('handover.head.incoming')}</dt>
              <dd>
                {h.incoming_at ? (
                  <>
                    <bdi>{h.incoming_name}</bdi> <At at={h.incoming_at} date />
                  </>
                ) : (
                  t(`handover.state.${h.state}`)
                )}
              </dd>
            </dl>
            <p className="faint">{station.name}</p>
          </section>
        </>
      )}
    </div>
  )
}
