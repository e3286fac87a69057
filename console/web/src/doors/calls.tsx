// An intercom that calls: look, talk on the set, open. Without a sound of its own
// until it is an alarm.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, pressKey, Refusal } from '../ask'
import { refusalWords } from '../i18n/words'
import { useEachSecond, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import { Age } from '../shell/times'
import { Second } from './approvals'
import type { Approval, Call } from './door'
import './doors.css'

export function CallStrip() {
  const { station } = useDesk()
  const calls = useThings<Call>('call')
    .filter((c) => (station === ALL || c.station === station) && !c.ended_at)
    .sort((a, b) => a.since.localeCompare(b.since))
  return (
    <>
      {calls.map((c) => (
        <CallItem key={c.id} call={c} />
      ))}
    </>
  )
}

function CallItem({ call }: { call: Call }) {
  const { t } = useTranslation()
  const { may, session } = useDesk()
  const [fault, setFault] = useState<unknown>(null)
  const [second, setSecond] = useState<Approval | null>(null)
  const allowed = may('doors.command', call.station)
  const mine = call.by === session.user.id
  const taken = call.state === 'answered' && !mine
  const due = Date.parse(call.alarm_due)
  const left = useEachSecond((now) => (call.state === 'ringing' ? Math.max(0, Math.round((due - now) / 1000)) : 0))
  const send = async (path: string, body?: object, headers?: Record<string, string>) => {
    setFault(null)
    try {
      const got = await ask<{ approval?: Approval | null }>(`/calls/${call.id}/${path}`, {
        method: 'POST',
        body,
        headers,
      })
      if (got?.approval) setSecond(got.approval)
    } catch (why) {
      setFault(why)
    }
  }
  const owner = fault instanceof Refusal && fault.problem.params?.reason === 'owner'
  return (
    <div className="strip call" role={call.state === 'ringing' ? 'alert' : 'status'} data-call={call.state}>
      <span>
        <b>{t(`call.is.${call.state}`, { name: call.name })}</b>{' '}
        <span className="dim">
          <Age at={call.since} />
          {call.by_name && ` · ${call.by_name}`}
          {(call.cameras?.length ?? 0) > 0 && ` · ${t('call.look', { cameras: call.cameras?.join(', ') })}`}
          {call.state === 'ringing' && call.alarm === '' && ` · ${t('call.alarm_in', { count: left })}`}
          {call.alarm === 'raised' && ` · ${t('call.alarm')}`}
          {(call.opened?.length ?? 0) > 0 && ` · ${t('call.opened', { count: call.opened?.length })}`}
        </span>
      </span>
      {fault !== null && <span className="fault">{refusalWords(t, fault)}</span>}
      {second && <Second approval={second} onDone={() => setSecond(null)} />}
      <span className="grow" />
      {call.demo && <span className="chip demo">DEMO</span>}
      {allowed && call.state === 'ringing' && (
        <button type="button" className="btn sm pri" data-call-do="answer" onClick={() => void send('answer', {})}>
          {t('call.answer')}
        </button>
      )}
      {allowed && (taken || owner) && (
        <button type="button" className="btn sm" onClick={() => void send('answer', { take_over: true })}>
          {t('call.take_over', { name: call.by_name })}
        </button>
      )}
      {allowed && call.state !== 'missed' && !taken && (
        <button
          type="button"
          className="btn sm"
          data-call-do="open"
          disabled={call.door === ''}
          onClick={() => void send('open', undefined, { 'Idempotency-Key': pressKey() })}
        >
          {call.door === '' ? t('call.no_door') : t('call.open', { door: call.door_name || call.door })}
        </button>
      )}
      {allowed && !taken && (
        <button type="button" className="btn sm" data-call-do="end" onClick={() => void send('end')}>
          {t(call.state === 'missed' ? 'call.seen' : 'call.end')}
        </button>
      )}
    </div>
  )
}
