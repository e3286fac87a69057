// One alarm: what it says, where, since when, who has it, what happened to it,
// and the point it came from with its commands.
import { IconMapPin } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { permissionFor } from '../commands/buttons'
import type { Alarm, AlarmStep, AlarmWithHistory } from '../contract'
import { useCatalogue } from '../devices/catalogue'
import { PointCard, PointName } from '../devices/point'
import { alarmPlace, alarmTitle, categoryWords, detailWords, stateWords } from '../i18n/words'
import { useAlarm, useAlarms, useLink } from '../live'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { acknowledge, useAttempt } from './acknowledge'
import { AlarmGlyph } from './glyph'
import { bandOf, priorityOf, wantsAcknowledgement } from './order'
import { attemptWords, Chips, useLate } from './row'

export function NothingSelected() {
  const { t } = useTranslation()
  return (
    <section className="panel detail" aria-label={t('alarms.detail')} data-panel tabIndex={-1}>
      <div className="ph">
        <h2>{t('alarms.detail')}</h2>
      </div>
      <p className="empty">{t('alarms.nothing_selected')}</p>
    </section>
  )
}

export function AlarmDetail(props: { id: string; onPoint: (id: string) => void; onClose: () => void }) {
  const { id, onPoint, onClose } = props
  const { t } = useTranslation()
  const live = useAlarm(id)
  const full = useQuery({
    queryKey: ['alarm', id, live?.version, live?.change],
    queryFn: ({ signal }) => ask<AlarmWithHistory>(`/alarms/${encodeURIComponent(id)}`, { signal }),
    placeholderData: (old) => old,
  })
  const alarm = live ?? full.data
  const { points } = useCatalogue()
  return (
    <section className="panel detail" aria-label={t('alarms.detail')} data-panel tabIndex={-1}>
      {!alarm && (full.error ? <Failed fault={full.error} again={() => void full.refetch()} /> : <Loading />)}
      {alarm && (
        <>
          <Head alarm={alarm} onClose={onClose} />
          <div className="scroll" tabIndex={0} role="group" aria-label={t('alarms.facts')}>
            <Facts alarm={alarm} onPoint={onPoint} />
            {points.has(alarm.point) && (
              <>
                <div className="h3">
                  {t('devices.point_now')}
                  <span className="grow" />
                  <button type="button" className="btn sm ghost" onClick={() => onPoint(alarm.point)}>
                    {t('devices.open_point')}
                  </button>
                </div>
                <PointCard id={alarm.point} />
              </>
            )}
            <Panels alarm={alarm} onPoint={onPoint} />
            <div className="h3">{t('alarms.history_of')}</div>
            {full.error ? (
              <Failed fault={full.error} again={() => void full.refetch()} />
            ) : (
              <History steps={full.data?.history ?? []} />
            )}
          </div>
          <Compose alarm={alarm} />
        </>
      )}
    </section>
  )
}

/** The commands of the panel itself: a detector has none, its panel is silenced and reset. */
function Panels({ alarm, onPoint }: { alarm: Alarm; onPoint: (id: string) => void }) {
  const { t } = useTranslation()
  const { deviceOf } = useCatalogue()
  const { may } = useDesk()
  const device = deviceOf(alarm.point)
  if (device?.category !== 'fire' || !may(permissionFor('fire'), alarm.station)) return null
  const panels = (device.points ?? []).filter(
    (p) => p.id !== alarm.point && (p.verbs ?? []).some((v) => v.verb === 'reset'),
  )
  return panels.map((point) => (
    <div key={point.id}>
      <div className="h3 name">
        <bdi>
          {device.name} · {point.name || point.id}
        </bdi>
        <span className="grow" />
        <button type="button" className="btn sm ghost" onClick={() => onPoint(point.id)}>
          {t('devices.open_point')}
        </button>
      </div>
      <PointCard id={point.id} />
    </div>
  ))
}

function Head({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { t } = useTranslation()
  const band = bandOf(alarm)
  const closed = alarm.state === 'normal'
  return (
    <div className="detail-head">
      <div className="kicker">
        <span>{categoryWords(t, alarm.category)}</span>
        <span className={closed ? 'chip' : 'chip accent'}>{stateWords(t, `alarm_${alarm.state}`)}</span>
        <Chips alarm={alarm} />
        <span className="grow" />
        <button type="button" className="btn ghost sm" onClick={onClose} aria-label={t('shell.close')}>
          <kbd>Esc</kbd>
        </button>
      </div>
      <h2 className="name">
        <AlarmGlyph priority={priorityOf(alarm)} band={closed ? 'acknowledged' : band} size={26} />
        <span>{alarmTitle(t, alarm)}</span>
      </h2>
      <div className="where">
        <IconMapPin size={14} aria-hidden style={{ verticalAlign: -2 }} /> {alarmPlace(alarm)} ·{' '}
        {closed ? t('alarms.closed') : <Age at={alarm.raised_at} />}
      </div>
    </div>
  )
}

function Facts({ alarm, onPoint }: { alarm: Alarm; onPoint: (id: string) => void }) {
  const { t } = useTranslation()
  const { stations } = useDesk()
  const station = stations.find((s) => s.id === alarm.station)
  return (
    <dl className="pairs" style={{ paddingBlockStart: 12 }}>
      {alarm.first_up && (
        <>
          <dt>{t('alarms.first_up')}</dt>
          <dd>
            <b>{alarm.first_up.point_name || alarm.first_up.point}</b> <At at={alarm.first_up.at} />
          </dd>
        </>
      )}
      {alarm.acknowledged && (
        <>
          <dt>{t('alarms.acknowledged_by')}</dt>
          <dd>
            {alarm.acknowledged.by_name || alarm.acknowledged.by} <At at={alarm.acknowledged.at} />
            {alarm.acknowledged.comment && <div className="dim">“{alarm.acknowledged.comment}”</div>}
          </dd>
        </>
      )}
      <dt>{t('alarms.raised')}</dt>
      <dd>
        <At at={alarm.raised_at} />
        {alarm.late && (
          <span className="faint">
            {' · '}
            {t('alarms.received')} <At at={alarm.received_at} />
          </span>
        )}
      </dd>
      {alarm.count > 1 && (
        <>
          <dt>{t('alarms.last')}</dt>
          <dd>
            <At at={alarm.last_at} /> · {t('alarms.times', { count: alarm.count })}
          </dd>
        </>
      )}
      {alarm.cleared_at && (
        <>
          <dt>{t('alarms.cleared')}</dt>
          <dd>
            <At at={alarm.cleared_at} />
          </dd>
        </>
      )}
      {alarm.signal_state && (
        <>
          <dt>{t('alarms.signal')}</dt>
          <dd>{stateWords(t, alarm.signal_state)}</dd>
        </>
      )}
      {alarm.text && (
        <>
          <dt>{t('alarms.text')}</dt>
          <dd>
            <bdi>{alarm.text}</bdi>
          </dd>
        </>
      )}
      {Object.entries(alarm.detail ?? {}).map(([name, value]) => {
        const [label, words] = detailWords(t, name, String(value))
        return (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>
              <bdi>{words}</bdi>
            </dd>
          </div>
        )
      })}
      {alarm.cause && (
        <>
          <dt>{t('alarms.cause')}</dt>
          <dd>
            <PointName id={alarm.cause} onOpen={onPoint} />
          </dd>
        </>
      )}
      {alarm.suppressed_children > 0 && (
        <>
          <dt>{t('alarms.caused')}</dt>
          <dd>
            {t('alarms.children_why', { count: alarm.suppressed_children })}
            <Children cause={alarm.point} />
          </dd>
        </>
      )}
      <dt>{t('alarms.device')}</dt>
      <dd>
        {alarm.device_name || alarm.device}
        {station ? ` · ${station.name}` : ''}
      </dd>
      <dt>{t('alarms.point')}</dt>
      <dd className="faint mono">
        <bdi>{alarm.point}</bdi>
      </dd>
    </dl>
  )
}

function Children({ cause }: { cause: string }) {
  const { t } = useTranslation()
  const children = useAlarms().filter((a) => a.cause === cause)
  return (
    <ul className="plain-list">
      {children.slice(0, 30).map((a) => (
        <li key={a.id}>
          {alarmTitle(t, a)} · {a.device_name || a.device}
        </li>
      ))}
    </ul>
  )
}

function History({ steps }: { steps: AlarmStep[] }) {
  const { t } = useTranslation()
  if (steps.length === 0) return <p className="empty">{t('alarms.no_history')}</p>
  return (
    <dl className="steps">
      {steps.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at one end
        <div key={`${step.at} ${i}`} style={{ display: 'contents' }}>
          <dt>
            <At at={step.at} />
          </dt>
          <dd>
            {t(`alarms.step.${step.what}`, { defaultValue: step.what })}
            {step.by_name && ` · ${step.by_name}`}
            {step.comment && <span className="dim"> “{step.comment}”</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Acknowledge with or without a comment; what became of it stands above the button. */
function Compose({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const link = useLink()
  const attempt = useAttempt(alarm.id)
  const late = useLate(attempt)
  const [comment, setComment] = useState('')
  if (!wantsAcknowledgement(alarm) || !may('alarms.acknowledge', alarm.station)) return null
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault()
        if (link.up && (await acknowledge(alarm, comment.trim()))) setComment('')
      }}
    >
      {attempt && (
        <div className={attempt.state === 'sending' ? 'notice' : 'notice p1'} role="alert">
          {attemptWords(t, attempt, late)}
        </div>
      )}
      <div className="compose">
        <input
          className="input"
          aria-label={t('alarms.comment')}
          placeholder={t('alarms.comment_hint')}
          maxLength={500}
          value={comment}
          onChange={(e) => setComment(e.target.value)}
        />
        <button type="submit" className="btn pri" data-focus disabled={!link.up || attempt?.state === 'sending'}>
          {t('alarms.acknowledge')}
        </button>
      </div>
    </form>
  )
}
