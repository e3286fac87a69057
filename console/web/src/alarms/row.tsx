import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm, Thing } from '../contract'
import { clockTime } from '../i18n/time'
import { alarmPlace, alarmTitle, stateWords } from '../i18n/words'
import { useLink, useThings } from '../live'
import { useDesk } from '../session/desk'
import { Age, At } from '../shell/times'
import { type Attempt, useAttempt } from './acts'
import { attemptWords, useLate } from './attempt'
import { Chips } from './chips'
import { AlarmGlyph } from './glyph'
import { bandOf, isHandled, isRemoved, priorityOf, stateOf, wantsAcknowledgement, wantsClosing } from './order'

export interface RowActions {
  select: (id: string) => void
  open: (id: string) => void
  acknowledge: (id: string) => void
  respond: (id: string) => void
  close: (id: string) => void
}

const looks = { unacknowledged: 'unack', acknowledged: 'ack', returned: 'rtn', other: 'ack' } as const

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
  const attempt = useAttempt(alarm.id)
  const band = bandOf(alarm)
  const priority = priorityOf(alarm)
  const handled = isHandled(alarm)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys belong to the list, which has the focus
    <div
      id={`alarm-${alarm.id}`}
      className={`row q${priority} ${looks[band]}${handled ? ' handled' : ''}`}
      role="row"
      tabIndex={-1}
      aria-selected={selected}
      aria-rowindex={index + 1}
      data-alarm={alarm.id}
      data-state={stateOf(alarm)}
      data-owner={alarm.owner?.by}
      style={{ transform: `translateY(${top}px)`, blockSize: height }}
      onClick={() => actions.select(alarm.id)}
      onDoubleClick={() => actions.open(alarm.id)}
    >
      <div role="gridcell" className="sign">
        <AlarmGlyph priority={priority} band={band} size={22} still={handled} over={wantsClosing(alarm)} />
      </div>
      <div role="gridcell" className="what">
        <div className="msg">
          <span className="title">{alarmTitle(t, alarm)}</span>
          <Chips alarm={alarm} />
        </div>
        <Under alarm={alarm} attempt={attempt} />
      </div>
      <div role="gridcell" className="tm">
        {selected && <Buttons alarm={alarm} actions={actions} busy={attempt?.state === 'sending'} />}
        <div className="at">
          <At at={alarm.last_at} />
          <small>
            <Age at={alarm.last_at} />
          </small>
        </div>
      </div>
    </div>
  )
})

/** What can be done with one key stands on the selected row. */
function Buttons({ alarm, actions, busy }: { alarm: Alarm; actions: RowActions; busy: boolean }) {
  const { t } = useTranslation()
  const { may, session } = useDesk()
  const { up } = useLink()
  const wanted = wantsAcknowledgement(alarm)
  const answers = wanted && may('alarms.acknowledge', alarm.station)
  const handles = may('alarms.handle', alarm.station)
  const buttons: [keyof RowActions, string, string, boolean][] = []
  const others = alarm.owner && alarm.owner.by !== session.user.id
  if (answers && handles && !others) buttons.push(['respond', t('alarms.respond'), 'R', true])
  if (answers) buttons.push(['acknowledge', t('alarms.ack'), 'A', !handles || Boolean(others)])
  if (wantsClosing(alarm) && handles) buttons.push(['close', t('alarms.close'), 'C', true])
  return (
    <>
      {buttons.map(([act, words, key, main]) => (
        <button
          key={act}
          type="button"
          className={main ? 'btn sm pri' : 'btn sm'}
          tabIndex={-1}
          disabled={!up || busy}
          data-act={act}
          onClick={(event) => {
            event.stopPropagation()
            actions[act](alarm.id)
          }}
        >
          {words} <kbd>{key}</kbd>
        </button>
      ))}
    </>
  )
}

interface Cover extends Thing {
  station: string
  by_station: string
  active: boolean
}

/** The names of the stations that cover this one now. */
export function useCoverOf(station: string): string {
  const { stations } = useDesk()
  const covers = useThings<Cover>('cover').filter((c) => c.active && c.station === station)
  return covers.map((c) => stations.find((s) => s.id === c.by_station)?.name ?? c.by_station).join(', ')
}

/** The second line: where it is and who has it, or what became of an act. */
function Under({ alarm, attempt }: { alarm: Alarm; attempt: Attempt | undefined }) {
  const { t } = useTranslation()
  const { zone, stations, session } = useDesk()
  const late = useLate(attempt)
  const cover = useCoverOf(alarm.station)
  if (attempt)
    return (
      <div className={attempt.state === 'sending' ? 'sub' : 'sub refused'} role="status">
        {attemptWords(t, attempt, late)}
      </div>
    )
  const station = stations.length > 1 ? (stations.find((s) => s.id === alarm.station)?.name ?? alarm.station) : ''
  const parts = [station, cover && t('alarms.covered_by', { name: cover }), alarmPlace(alarm, true)]
  const state = stateOf(alarm)
  if (state === 'returned' || wantsClosing(alarm)) parts.push(t('alarms.normal_again'))
  else if (isRemoved(alarm)) parts.push(stateWords(t, `alarm_${state}`))
  else if (!['unacknowledged', 'acknowledged', 'normal'].includes(state)) parts.push(stateWords(t, state))
  const where = parts.filter(Boolean).join(' · ')
  const { owner, acknowledged } = alarm
  const who = owner
    ? t(owner.by === session.user.id ? 'alarms.handled_by_you' : 'alarms.handled_by', {
        name: owner.by_name || owner.by,
        at: clockTime(owner.at, zone),
      })
    : acknowledged
      ? t('alarms.by', { name: acknowledged.by_name || acknowledged.by, at: clockTime(acknowledged.at, zone) })
      : ''
  return (
    <div className="sub two" title={[where, who].filter(Boolean).join(' · ')}>
      <span>{where}</span>
      {who && <span className={owner ? 'by has' : 'by'}>&nbsp;· {who}</span>}
    </div>
  )
}
