import type { TFunction } from 'i18next'
import { memo, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { clockTime } from '../i18n/time'
import { alarmPlace, alarmTitle, refusalWords, stateWords } from '../i18n/words'
import { useLink } from '../live'
import { useDesk } from '../session/desk'
import { Age, At } from '../shell/times'
import { type Attempt, useAttempt } from './acknowledge'
import { AlarmGlyph } from './glyph'
import { type Band, bandOf, priorityOf } from './order'

const short: Record<Band, string> = { unacknowledged: 'unack', acknowledged: 'ack', returned: 'rtn', other: 'ack' }

export interface RowActions {
  select: (id: string) => void
  open: (id: string) => void
  acknowledge: (id: string) => void
}

export const AlarmRow = memo(function AlarmRow(props: {
  alarm: Alarm
  top: number
  height: number
  selected: boolean
  index: number
  actions: RowActions
}) {
  const { alarm, top, height, selected, index, actions } = props
  const { t } = useTranslation()
  const desk = useDesk()
  const link = useLink()
  const attempt = useAttempt(alarm.id)
  const band = bandOf(alarm)
  const priority = priorityOf(alarm)
  const wanted = band === 'unacknowledged' || band === 'returned'
  const mayAcknowledge = selected && wanted && desk.may('alarms.acknowledge', alarm.station)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys belong to the list, which has the focus
    <div
      id={`alarm-${alarm.id}`}
      className={`row q${priority} ${short[band]}`}
      role="row"
      tabIndex={-1}
      aria-selected={selected}
      aria-rowindex={index + 1}
      data-alarm={alarm.id}
      data-state={alarm.state}
      style={{ transform: `translateY(${top}px)`, blockSize: height }}
      onClick={() => actions.select(alarm.id)}
      onDoubleClick={() => actions.open(alarm.id)}
    >
      <div role="gridcell" className="sign">
        <AlarmGlyph priority={priority} band={band} size={22} />
      </div>
      <div role="gridcell" className="what">
        <div className="msg">
          <span className="title">{alarmTitle(t, alarm)}</span>
          <Chips alarm={alarm} />
        </div>
        <Under alarm={alarm} attempt={attempt} />
      </div>
      <div role="gridcell" className="tm">
        {mayAcknowledge && (
          <button
            type="button"
            className="btn sm pri"
            tabIndex={-1}
            disabled={!link.up || attempt?.state === 'sending'}
            onClick={(event) => {
              event.stopPropagation()
              actions.acknowledge(alarm.id)
            }}
          >
            {t('alarms.ack')} <kbd>A</kbd>
          </button>
        )}
        <div>
          <At at={alarm.last_at} />
          <small>
            <Age at={alarm.last_at} />
          </small>
        </div>
      </div>
    </div>
  )
})

export function Chips({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  return (
    <>
      {alarm.count > 1 && (
        <span className="chip" role="img" aria-label={t('alarms.times', { count: alarm.count })}>
          <bdi>×{alarm.count}</bdi>
        </span>
      )}
      {alarm.confirmed && <span className="chip hot">{t('alarms.confirmed_fire')}</span>}
      {alarm.late && (
        <span className="chip late" title={t('alarms.late_why')}>
          {t('alarms.late')}
        </span>
      )}
      {alarm.suppressed_children > 0 && (
        <span className="chip" title={t('alarms.children_why')}>
          {t('alarms.children', { count: alarm.suppressed_children })}
        </span>
      )}
      {alarm.demo && <span className="chip demo">{t('shell.demo')}</span>}
    </>
  )
}

/** The second line: where it is and who has it, or what became of an acknowledgement. */
function Under({ alarm, attempt }: { alarm: Alarm; attempt: Attempt | undefined }) {
  const { t } = useTranslation()
  const { zone, stations } = useDesk()
  const late = useLate(attempt)
  if (attempt)
    return (
      <div className={attempt.state === 'sending' ? 'sub' : 'sub refused'} role="status">
        {attemptWords(t, attempt, late)}
      </div>
    )
  const station = stations.length > 1 ? (stations.find((s) => s.id === alarm.station)?.name ?? alarm.station) : ''
  const parts = [station, alarmPlace(alarm, true)]
  if (alarm.state === 'returned') parts.push(t('alarms.normal_again'))
  else if (!['unacknowledged', 'acknowledged'].includes(alarm.state)) parts.push(stateWords(t, alarm.state))
  const where = parts.filter(Boolean).join(' · ')
  const { by_name, by, at } = alarm.acknowledged ?? {}
  const who = at ? t('alarms.by', { name: by_name || by, at: clockTime(at, zone) }) : ''
  return (
    <div className="sub two" title={[where, who].filter(Boolean).join(' · ')}>
      <span>{where}</span>
      {who && <span className="by">&nbsp;· {who}</span>}
    </div>
  )
}

export function attemptWords(t: TFunction, attempt: Attempt, late: boolean): string {
  if (attempt.state === 'sending') return late ? t('alarms.ack_no_answer_yet') : t('alarms.ack_sending')
  if (attempt.state === 'changed') return t('alarms.ack_changed')
  return t('alarms.ack_failed', { why: refusalWords(t, attempt.fault) })
}

/** Whether a request has been without an answer for three seconds. */
export function useLate(attempt: Attempt | undefined): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    setLate(false)
    if (attempt?.state !== 'sending') return
    const timer = setTimeout(() => setLate(true), 3_000 - (performance.now() - attempt.at))
    return () => clearTimeout(timer)
  }, [attempt])
  return late
}
