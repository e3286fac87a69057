// Two officers for one thing: what the second one sees, and how they confirm at
// the first one's desk.
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords, verbWords } from '../i18n/words'
import { useEachSecond, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import type { Approval } from './door'
import './doors.css'

/** Waits at the first officer's desk for the second one, who may type name and password here. */
export function Second({ approval, onDone }: { approval: Approval; onDone: () => void }) {
  const { t } = useTranslation()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const waiting = useThings<Approval>('approval').some((a) => a.id === approval.id)
  const [seen, setSeen] = useState(false)
  const [end, setEnd] = useState<Approval | null>(null)
  const left = useSecondsLeft(approval)
  useEffect(() => {
    if (waiting) setSeen(true)
    else if (seen && !end)
      void ask<Approval>(`/approvals/${approval.id}`)
        .then(setEnd)
        .catch(() => undefined)
  }, [waiting, seen, end, approval.id])
  const confirm = async (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    try {
      setEnd(await ask<Approval>(`/approvals/${approval.id}/confirm`, { method: 'POST', body: { username, password } }))
    } catch (why) {
      setFault(why)
    }
    setPassword('')
  }
  if (end)
    return (
      <div className="second" role="status" data-second={end.state}>
        <p>{t(`approval.end.${end.state}`, { name: end.second_name })}</p>
        <button type="button" className="btn sm" onClick={onDone}>
          {t('shell.close')}
        </button>
      </div>
    )
  return (
    <form className="second" onSubmit={confirm} data-second="waiting">
      <p role="status">
        <b>{t('approval.needed', { what: what(t, approval) })}</b> {t('approval.left', { count: left })}
      </p>
      <label className="field">
        {t('approval.username')}
        <input
          className="input"
          autoComplete="off"
          value={username}
          maxLength={64}
          onChange={(e) => setUsername(e.target.value)}
        />
      </label>
      <label className="field">
        {t('approval.password')}
        <input
          className="input"
          type="password"
          autoComplete="off"
          value={password}
          maxLength={200}
          onChange={(e) => setPassword(e.target.value)}
        />
      </label>
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
      <div className="actions">
        <button type="submit" className="btn pri" disabled={!username.trim() || !password || left === 0}>
          {t('approval.confirm_here')}
        </button>
        <button
          type="button"
          className="btn ghost"
          onClick={() => {
            void ask(`/approvals/${approval.id}/decline`, { method: 'POST' }).catch(() => undefined)
            onDone()
          }}
        >
          {t('approval.take_back')}
        </button>
      </div>
    </form>
  )
}

function useSecondsLeft(approval: Approval): number {
  const due = Date.parse(approval.expires)
  return useEachSecond((now) => Math.max(0, Math.round((due - now) / 1000)))
}

type T = ReturnType<typeof useTranslation>['t']

const what = (t: T, a: Approval): string =>
  t(`approval.what.${a.action}`, { name: a.name, verb: a.verb ? verbWords(t, a.verb) : '' })

/** What others want and this officer may confirm. */
export function ApprovalStrip() {
  const { session, station, may } = useDesk()
  const mine = useThings<Approval>('approval').filter(
    (a) =>
      a.by !== session.user.id &&
      (station === ALL || a.station === station) &&
      may(a.permission as Parameters<typeof may>[0], a.station),
  )
  return (
    <>
      {mine.map((a) => (
        <Asked key={a.id} approval={a} />
      ))}
    </>
  )
}

function Asked({ approval }: { approval: Approval }) {
  const { t } = useTranslation()
  const [fault, setFault] = useState<unknown>(null)
  const left = useSecondsLeft(approval)
  const send = (path: 'confirm' | 'decline') =>
    ask(`/approvals/${approval.id}/${path}`, { method: 'POST', body: path === 'confirm' ? {} : undefined }).catch(
      setFault,
    )
  return (
    <div className="strip" role="alert" data-approval={approval.id}>
      <span>
        <b>{t('approval.asks', { name: approval.by_name, what: what(t, approval) })}</b>
        {approval.reason && ` “${approval.reason}”`} {t('approval.left', { count: left })}
      </span>
      {fault !== null && <span className="fault">{refusalWords(t, fault)}</span>}
      <span className="grow" />
      <button type="button" className="btn sm pri" disabled={left === 0} onClick={() => void send('confirm')}>
        {t('approval.confirm')}
      </button>
      <button type="button" className="btn sm" onClick={() => void send('decline')}>
        {t('approval.decline')}
      </button>
    </div>
  )
}
