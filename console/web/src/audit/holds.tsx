// Legal holds: a stretch of the journal that stays, however old it grows.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import type { List } from '../contract'
import { ALL, useDesk } from '../session/desk'
import { Choice, Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { MomentInput, useInstant } from '../shell/moment'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'

type Hold = components['schemas']['Hold']

export function Holds() {
  const { t } = useTranslation()
  const { may, station, stations } = useDesk()
  const [asking, setAsking] = useState<Hold | 'new' | null>(null)
  const client = useQueryClient()
  const got = useQuery({
    queryKey: ['holds', station],
    queryFn: ({ signal }) =>
      ask<List<Hold>>('/retention/holds', { query: { station: station === ALL ? undefined : station }, signal }),
  })
  const holds = got.data?.items ?? []
  const close = () => {
    setAsking(null)
    void client.invalidateQueries({ queryKey: ['holds'] })
  }
  return (
    <section aria-label={t('hold.title')}>
      <div className="holds-head">
        <h3 className="h3">{t('hold.title')}</h3>
        <span className="grow" />
        {may('stations.manage') && (
          <button type="button" className="btn sm" onClick={() => setAsking('new')}>
            {t('hold.place')}
          </button>
        )}
      </div>
      <p className="dim">{t('hold.why')}</p>
      {got.error ? (
        <Failed fault={got.error} again={() => void got.refetch()} />
      ) : !got.data ? (
        <Loading />
      ) : holds.length === 0 ? (
        <p className="empty">{t('hold.none')}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              {['state', 'station', 'from', 'until', 'reason', 'placed', 'act'].map((head) => (
                <th scope="col" key={head}>
                  {head === 'act' ? <span className="sr">{t('hold.act')}</span> : t(`hold.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {holds.map((h) => (
              <tr key={h.id} data-hold-of={h.station} data-released={h.released_at !== null}>
                <td>
                  <span className={h.released_at ? 'chip late' : 'chip accent'}>
                    {t(h.released_at ? 'hold.released' : 'hold.stands')}
                  </span>
                </td>
                <td>
                  <bdi>{h.station === ALL ? t('hold.every') : nameOf(stations, h.station)}</bdi>
                </td>
                <td>
                  <At at={h.from} date />
                </td>
                <td>
                  <At at={h.until} date />
                </td>
                <td className="hold-reason">
                  <bdi>{h.reason}</bdi>
                  {h.released_at && (
                    <div className="faint">
                      {t('hold.released_by', { name: h.released_name, why: h.release_reason })}{' '}
                      <At at={h.released_at} date />
                    </div>
                  )}
                </td>
                <td>
                  <bdi>{h.by_name}</bdi>
                  <div className="faint">
                    <At at={h.at} date />
                  </div>
                </td>
                <td>
                  {!h.released_at && may('stations.manage', h.station) && (
                    <button
                      type="button"
                      className="btn sm"
                      aria-label={t('hold.release_named', { reason: h.reason })}
                      onClick={() => setAsking(h)}
                    >
                      {t('hold.release')}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {asking === 'new' && <Place onClose={close} />}
      {asking && asking !== 'new' && <Release hold={asking} onClose={close} />}
    </section>
  )
}

const nameOf = (stations: readonly { id: string; name: string }[], id: string) =>
  stations.find((s) => s.id === id)?.name ?? id

function Place({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const instant = useInstant()
  const mine = desk.stations.filter((s) => desk.may('stations.manage', s.id))
  const every = desk.may('stations.manage', ALL)
  const [station, setStation] = useState(desk.station !== ALL ? desk.station : every ? ALL : (mine[0]?.id ?? ''))
  const [from, setFrom] = useState<string>()
  const [until, setUntil] = useState<string>()
  const [reason, setReason] = useState('')
  const send = () => {
    const body = { station, from: instant(from), until: instant(until), reason: reason.trim() }
    return ask('/retention/holds', { method: 'POST', body })
  }
  const moment = (
    fault: unknown,
    name: 'from' | 'until',
    value: string | undefined,
    set: (wall: string | undefined) => void,
  ) => (
    <Field label={t(`hold.${name}`)} at={name} fault={fault} hint={t('hold.wall', { zone: desk.zone })}>
      {() => <MomentInput label={t(`hold.${name}`)} value={value} onChange={set} />}
    </Field>
  )
  return (
    <FormDialog
      title={t('hold.place')}
      submit={t('hold.place')}
      off={!from || !until}
      send={send}
      onClose={onClose}
      own={['station', 'from', 'until', 'reason']}
    >
      {(fault) => (
        <>
          <Choice
            label={t('hold.station')}
            at="station"
            fault={fault}
            value={station}
            onChange={(e) => setStation(e.target.value)}
          >
            {every && <option value={ALL}>{t('hold.every')}</option>}
            {mine.map((s) => (
              <option key={s.id} value={s.id}>
                {s.name}
              </option>
            ))}
          </Choice>
          <div className="hold-span">
            {moment(fault, 'from', from, setFrom)}
            {moment(fault, 'until', until, setUntil)}
          </div>
          <Reason
            label={t('hold.reason')}
            hint={t('hold.reason_hint')}
            value={reason}
            fault={fault}
            onChange={setReason}
          />
        </>
      )}
    </FormDialog>
  )
}

function Release({ hold, onClose }: { hold: Hold; onClose: () => void }) {
  const { t } = useTranslation()
  const [why, setWhy] = useState('')
  const body = { reason: why.trim() }
  return (
    <FormDialog
      title={t('hold.release')}
      submit={t('hold.release')}
      danger
      send={() => ask(`/retention/holds/${hold.id}/release`, { method: 'POST', body })}
      onClose={onClose}
      own={['reason']}
    >
      {(fault) => (
        <>
          <p>
            <bdi>{hold.reason}</bdi>
          </p>
          <p className="dim">{t('hold.release_means')}</p>
          <Reason label={t('hold.release_why')} value={why} fault={fault} onChange={setWhy} />
        </>
      )}
    </FormDialog>
  )
}

function Reason(props: {
  label: string
  hint?: string
  value: string
  fault: unknown
  onChange: (text: string) => void
}) {
  const { label, hint, value, fault, onChange } = props
  return (
    <Field label={label} at="reason" fault={fault} hint={hint}>
      {(wiring) => (
        <textarea
          {...wiring}
          className="input"
          rows={3}
          required
          maxLength={1000}
          value={value}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </Field>
  )
}
