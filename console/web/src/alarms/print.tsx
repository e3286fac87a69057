// The alarm list, or one alarm, on paper: light, whole, with the times of the
// station and who printed it. The list on the screen draws only what is in
// sight, so a print is a sheet of its own.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { createPortal, flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Alarm, AlarmWithHistory } from '../contract'
import { brief, full, withUTC, zoneName } from '../i18n/time'
import { alarmPlace, alarmTitle, detailWords, stateWords } from '../i18n/words'
import { clock } from '../live'
import { ALL, useDesk } from '../session/desk'
import { escalatedTo } from './chips'
import { priorityOf, stateOf } from './order'

export default function PrintSheet(props: {
  printing: 'list' | 'alarm' | null
  alarm: string | undefined
  order: string[]
  find: (id: string) => Alarm | undefined
  title: string
  onDone: () => void
}) {
  const { printing, alarm, order, find, title, onDone } = props
  const [byKey, setByKey] = useState(false)
  // Ctrl+P prints the list too, and must find it drawn.
  useEffect(() => {
    const before = () => flushSync(() => setByKey(true))
    const after = () => {
      setByKey(false)
      onDone()
    }
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
    }
  }, [onDone])
  if (printing === 'alarm' && alarm) {
    const found = find(alarm)
    return createPortal(<AlarmSheet id={alarm} live={found} />, document.body)
  }
  if (printing === 'list' || byKey)
    return createPortal(
      <ListSheet title={title} alarms={order.flatMap((id) => find(id) ?? [])} ask={printing === 'list'} />,
      document.body,
    )
  return null
}

/** Who printed what, when, for which station; DEMO where it is one. */
function SheetHead({ title }: { title: string }) {
  const { t } = useTranslation()
  const { session, station, stations, zone } = useDesk()
  const name = station === ALL ? t('shell.all_stations') : (stations.find((s) => s.id === station)?.name ?? station)
  return (
    <header>
      <h1>
        {title}
        {session.demo && <span className="chip demo">{t('shell.demo')}</span>}
      </h1>
      <p>
        {name} · {withUTC(clock.now(), zone)} ·{' '}
        {t('alarms.printed_by', { name: session.user.name || session.user.username })}
      </p>
    </header>
  )
}

function ListSheet({ title, alarms, ask: asks }: { title: string; alarms: Alarm[]; ask: boolean }) {
  const { t } = useTranslation()
  const { zone } = useDesk()
  useEffect(() => {
    if (asks) window.print()
  }, [asks])
  return (
    <article className="print-sheet">
      <SheetHead title={`${title} · ${alarms.length}`} />
      <table>
        <thead>
          <tr>
            {(['priority', 'what', 'where', 'state', 'raised', 'last', 'handled'] as const).map((head) => (
              <th scope="col" key={head}>
                {t(`alarms.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {alarms.map((alarm) => (
            <tr key={alarm.id}>
              <td>{priorityOf(alarm)}</td>
              <td>
                {alarmTitle(t, alarm)}
                {alarm.count > 1 && ` ×${alarm.count}`}
                {alarm.confirmed && ` · ${t('alarms.confirmed_fire')}`}
                {alarm.on_test && ` · ${t('alarms.on_test')}`}
                {alarm.demo && ` · ${t('shell.demo')}`}
              </td>
              <td>{alarmPlace(alarm)}</td>
              <td>{stateWords(t, `alarm_${stateOf(alarm)}`)}</td>
              <td>{brief(alarm.raised_at, zone, clock.now())}</td>
              <td>{brief(alarm.last_at, zone, clock.now())}</td>
              <td>{alarm.owner?.by_name || alarm.acknowledged?.by_name || t('alarms.nobody')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </article>
  )
}

function AlarmSheet({ id, live }: { id: string; live: Alarm | undefined }) {
  const { t } = useTranslation()
  const { zone } = useDesk()
  const got = useQuery({
    queryKey: ['alarm', id, 'sheet'],
    queryFn: ({ signal }) => ask<AlarmWithHistory>(`/alarms/${encodeURIComponent(id)}`, { signal }),
    staleTime: 0,
    gcTime: 0,
  })
  const settled = !got.isPending
  useEffect(() => {
    if (settled) window.print() // once, when the history has come
  }, [settled])
  const alarm = got.data ?? live
  if (!alarm) return null
  const rows: [string, string | undefined | null | false][] = [
    [t('alarms.priority'), `${priorityOf(alarm)} · ${t(`priority.${priorityOf(alarm)}`)}`],
    [t('alarms.state'), stateWords(t, `alarm_${stateOf(alarm)}`)],
    [t('alarms.where'), [alarm.building_name, alarm.area_name, alarmPlace(alarm)].filter(Boolean).join(' · ')],
    [t('alarms.raised'), full(alarm.raised_at, zone)],
    [
      t('alarms.last'),
      alarm.count > 1 && `${full(alarm.last_at, zone)} · ${t('alarms.times', { count: alarm.count })}`,
    ],
    [t('alarms.cleared'), alarm.cleared_at && full(alarm.cleared_at, zone)],
    [t('alarms.handled'), alarm.owner && `${alarm.owner.by_name} ${full(alarm.owner.at, zone)}`],
    [
      t('alarms.acknowledged_by'),
      alarm.acknowledged &&
        `${alarm.acknowledged.by_name} ${full(alarm.acknowledged.at, zone)} ${alarm.acknowledged.comment}`,
    ],
    [
      t('alarms.escalation'),
      alarm.escalation &&
        t('alarms.escalated', { level: alarm.escalation.level, to: escalatedTo(t, alarm.escalation.to) }),
    ],
    [
      t('alarms.closed_as'),
      alarm.closed &&
        `${t(`alarms.disposition.${alarm.closed.disposition}`)} · ${alarm.closed.by_name} ${full(alarm.closed.at, zone)} ${alarm.closed.text}`,
    ],
    [t('alarms.text'), alarm.text],
    ...Object.entries(alarm.detail ?? {}).map(([k, v]) => detailWords(t, k, String(v))),
    [t('alarms.point'), alarm.point],
  ]
  const rationale = got.data?.rationale
  return (
    <article className="print-sheet">
      <SheetHead title={alarmTitle(t, alarm)} />
      <table className="print-facts">
        <tbody>
          {rows
            .filter(([, value]) => value)
            .map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {rationale?.response && (
        <p>
          <b>{t('alarms.response')}</b> {rationale.response} {rationale.procedure}
        </p>
      )}
      <h2>{t('alarms.history_of')}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">
              {t('alarms.at')} ({zoneName(zone, clock.now())})
            </th>
            <th scope="col">{t('alarms.step_what')}</th>
            <th scope="col">{t('alarms.step_who')}</th>
            <th scope="col">{t('alarms.step_from')}</th>
            <th scope="col">{t('alarms.comment')}</th>
          </tr>
        </thead>
        <tbody>
          {(got.data?.history ?? []).map((step, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a printed list does not change
            <tr key={`${step.at} ${i}`}>
              <td>{full(step.at, zone)}</td>
              <td>{t(`alarms.step.${step.what}`, { defaultValue: step.what })}</td>
              <td>{step.by_name}</td>
              <td>{step.address}</td>
              <td>{step.comment}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </article>
  )
}
