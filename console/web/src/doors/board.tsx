// One lockdown as it stands: which doors obeyed, which did not, why, and what can
// be done about it.
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords } from '../i18n/words'
import { useEachSecond } from '../live'
import { useDesk } from '../session/desk'
import { HoldButton } from '../shell/hold'
import { Age, At } from '../shell/times'
import { Second } from './approvals'
import { type Approval, byNeed, type Lockdown, needsSomebody, tally } from './door'
import './doors.css'

export default function LockdownBoard({ lockdown }: { lockdown: Lockdown }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const [fault, setFault] = useState<unknown>(null)
  const [second, setSecond] = useState<Approval | null>(null)
  const command = may('lockdown.command', lockdown.station)
  const counts = tally(lockdown)
  const held = (lockdown.doors?.length ?? 0) - (counts.left_out ?? 0) - (counts.cannot ?? 0)
  const good = (counts.obeyed ?? 0) + (counts.released ?? 0) + (counts.held_elsewhere ?? 0)
  const bad = (counts.not_obeyed ?? 0) + (counts.not_released ?? 0) + (counts.unknown ?? 0)
  const active = lockdown.state === 'active'
  const send = async (path: string, body: object) => {
    setFault(null)
    try {
      const got = await ask<{ approval?: Approval | null }>(`/lockdowns/${lockdown.id}/${path}`, {
        method: 'POST',
        body,
      })
      if (got.approval) setSecond(got.approval)
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <section
      className="lockdown-board"
      aria-label={t('lockdown.of', { name: lockdown.scope.name })}
      data-lockdown-board={lockdown.state}
    >
      <header>
        <h3>{t('lockdown.of', { name: lockdown.scope.name })}</h3>
        <span className="chip">{t(`lockdown.state.${lockdown.state}`)}</span>
        {lockdown.demo && <span className="chip demo">DEMO</span>}
        <span className="grow" />
        <span className="dim">
          {lockdown.by_name} · <At at={lockdown.at} /> · <Age at={lockdown.at} />
        </span>
      </header>
      <p className="verdict" aria-live="polite" data-verdict>
        <b>{t(active ? 'lockdown.obeyed_of' : 'lockdown.released_of', { good, count: held })}</b>
        {bad > 0 && <strong> {t(active ? 'lockdown.bad' : 'lockdown.bad_release', { count: bad })}</strong>}
        {(counts.offline ?? 0) > 0 && ` ${t('lockdown.away', { count: counts.offline })}`}
        {(counts.left_out ?? 0) > 0 && ` ${t('lockdown.escape', { count: counts.left_out })}`}
      </p>
      {(lockdown.fire?.length ?? 0) > 0 && active && (
        <div className="fire-note" role="alert">
          <p>
            {t(lockdown.fire_active ? 'lockdown.fire_now' : 'lockdown.fire_was', {
              buildings: lockdown.fire?.filter(Boolean).join(', ') || t('lockdown.somewhere'),
            })}
          </p>
          {command && !lockdown.fire_active && (
            <button type="button" className="btn sm" onClick={() => void send('hold-again', {})}>
              {t('lockdown.hold_again')}
            </button>
          )}
        </div>
      )}
      <Reason lockdown={lockdown} onSend={(reason) => send('reason', { reason })} may={command && active} />
      <div className="scroll doors-of">
        <table className="table">
          <thead>
            <tr>
              {['door', 'outcome', 'why', 'shows', 'since'].map((head) => (
                <th key={head} scope="col">
                  {t(`lockdown.head.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {byNeed(lockdown.doors).map((door) => (
              <tr key={door.point} data-door={door.point} data-state={door.state}>
                <td>
                  <b>
                    <bdi>{door.name}</bdi>
                  </b>{' '}
                  <span className="faint">
                    <bdi>{door.location}</bdi>
                  </span>
                </td>
                <td>
                  <span className={needsSomebody(door.state) ? 'chip strong' : 'chip'}>
                    {t(`lockdown.door.${door.state}`)}
                  </span>
                  {door.suspended && door.state !== 'suspended' && (
                    <span className="chip late">{t('lockdown.not_asserted')}</span>
                  )}
                </td>
                <td className="dim">{door.note}</td>
                <td className="dim">{shows(t, door.seen)}</td>
                <td>
                  <At at={door.at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
      {second && <Second approval={second} onDone={() => setSecond(null)} />}
      {command && (
        <div className="actions">
          {bad > 0 && (
            <button type="button" className="btn" onClick={() => void send('again', {})}>
              {t('lockdown.again')}
            </button>
          )}
          {lockdown.state === 'releasing' && (
            <button type="button" className="btn" onClick={() => void send('dismiss', { reason: t('lockdown.seen') })}>
              {t('lockdown.dismiss')}
            </button>
          )}
          {active && (
            <HoldButton name="release" className="btn" onHeld={() => void send('release', { reason: '' })}>
              {t('lockdown.release', { name: lockdown.scope.name })}
            </HoldButton>
          )}
        </div>
      )}
    </section>
  )
}

type T = ReturnType<typeof useTranslation>['t']

function shows(t: T, seen: string): string {
  if (!seen) return t('lockdown.nothing_seen')
  return seen
    .split(', ')
    .map((state) => t(`state.${state}`, { defaultValue: state }))
    .join(', ')
}

/** Why: asked for within minutes, never before the doors are shut. */
function Reason(props: { lockdown: Lockdown; may: boolean; onSend: (reason: string) => Promise<void> }) {
  const { lockdown, may, onSend } = props
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const due = Date.parse(lockdown.reason_due)
  const left = useEachSecond((now) => Math.max(0, Math.ceil((due - now) / 60_000)))
  if (lockdown.reason)
    return <p className="dim">{t('lockdown.reason_is', { reason: lockdown.reason, name: lockdown.reason_by_name })}</p>
  if (!may) return <p className="dim">{t('lockdown.no_reason')}</p>
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim().length >= 3) void onSend(text.trim())
  }
  return (
    <form className="reason" onSubmit={send}>
      <label className="field">
        {lockdown.reason_late ? t('lockdown.reason_late') : t('lockdown.reason_within', { count: left })}
        <input className="input" value={text} maxLength={500} onChange={(e) => setText(e.target.value)} />
      </label>
      <button type="submit" className="btn" disabled={text.trim().length < 3}>
        {t('lockdown.reason_send')}
      </button>
    </form>
  )
}
