// The commands that a point takes from this officer, and what became of them.
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Command, Device, List, Permission, Point, PointVerb } from '../contract'
import { commandWords, refusalWords, unknownWords, verbWords } from '../i18n/words'
import { board, useCommandsOf, useEachSecond, useGateways, useLink } from '../live'
import { finished } from '../live/board'
import { useDesk } from '../session/desk'
import { HoldButton } from '../shell/hold'
import { At } from '../shell/times'
import { type Press, press, usePress } from './press'

const SLOW = 3_000 // ms after which a silence is said
const GRACE = 2_000 // ms after the deadline until the screen stops waiting for the end

/** Which right the commands of a device need. */
export function permissionFor(category: string): Permission {
  if (category === 'access') return 'doors.command'
  return category === 'fire' ? 'fire.command' : 'panels.command'
}

const grave = new Set(['lockdown', 'disable'])
const main: Record<string, string> = { access: 'access', fire: 'acknowledge', intrusion: 'arm' }

export function CommandButtons({ point, device }: { point: Point; device: Device | undefined }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const link = useLink()
  const last = usePress(point.id)
  const [reason, setReason] = useState('')
  const [asked, setAsked] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const looksOnly = useGateways().find((g) => g.id === device?.gateway)?.read_only ?? false
  const category = device?.category ?? ''
  const verbs = point.verbs ?? []
  const rights = may(permissionFor(category), point.station)
  const allowed = rights ? verbs.filter((v) => v.allowed) : []
  const off = rights ? verbs.filter((v) => !v.allowed) : []
  if (verbs.length === 0 || !rights) return <CommandLife point={point.id} />

  const give = (verb: PointVerb) => {
    if (!link.up) return
    if (verb.needs_reason && reason.trim() === '') {
      setAsked(true)
      field.current?.focus()
      return
    }
    setAsked(false)
    void press(point.id, verb.verb, reason.trim())
    setReason('')
  }
  const needs = allowed.some((v) => v.needs_reason)
  return (
    <div className="commands">
      {needs && (
        <label className="field">
          {t('command.reason')}
          <input
            ref={field}
            className="input"
            maxLength={500}
            aria-invalid={asked}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
          />
          {asked && <span role="alert">{t('command.reason_first')}</span>}
        </label>
      )}
      <div className="acts" style={{ marginBlockStart: 0 }}>
        {allowed.map((verb) => (
          <CommandButton
            key={verb.verb}
            words={verbWords(t, verb.verb)}
            verb={verb.verb}
            first={main[category] === verb.verb}
            hold={verb.off_by_default || grave.has(verb.verb)}
            disabled={!link.up || last?.state === 'sending'}
            onGive={() => give(verb)}
          />
        ))}
      </div>
      {!link.up && <p className="dim">{t('command.no_link')}</p>}
      {off.length > 0 && (
        <p className="dim" data-off>
          {looksOnly ? `${t('receipt.read_only')} ` : ''}
          {t('command.off_here', { verbs: off.map((v) => verbWords(t, v.verb)).join(', ') })}
        </p>
      )}
      <CommandLife point={point.id} />
    </div>
  )
}

function CommandButton(props: {
  words: string
  verb: string
  first: boolean
  hold: boolean
  disabled: boolean
  onGive: () => void
}) {
  const { words, verb, first, hold, disabled, onGive } = props
  if (hold)
    return (
      <HoldButton verb={verb} disabled={disabled} onHeld={onGive}>
        {words}
      </HoldButton>
    )
  return (
    <button type="button" className={first ? 'btn pri' : 'btn'} data-verb={verb} disabled={disabled} onClick={onGive}>
      {words}
    </button>
  )
}

/** The last commands of a point: from the press to the words of its receipt. */
export function CommandLife({ point }: { point: string }) {
  const { t } = useTranslation()
  const last = usePress(point)
  const commands = useCommandsOf(point)
  const { up } = useLink()
  const past = useQuery({
    queryKey: ['commands', point, up],
    queryFn: async ({ signal }) => {
      const got = await ask<List<Command>>('/commands', { query: { point, limit: 5 }, signal })
      for (const command of got.items ?? []) board.command(command)
      return got.items ?? []
    },
  })
  const untold = last && last.state !== 'taken' && !commands.some((c) => Date.parse(c.requested_at) > last.at + 500)
  if (!untold && commands.length === 0)
    return past.error ? <p className="faint">{refusalWords(t, past.error)}</p> : null
  const [first, ...older] = commands
  return (
    <div className="command-life" aria-live="assertive">
      {untold && <PressWords press={last} point={point} />}
      {first && <CommandLine command={first} main={!untold} />}
      {older.slice(0, 3).map((c) => (
        <CommandLine key={c.id} command={c} main={false} />
      ))}
    </div>
  )
}

function PressWords({ press: one, point }: { press: Press; point: string }) {
  const { t } = useTranslation()
  const slow = useEachSecond((now) => now - one.at > SLOW)
  const verb = verbWords(t, one.verb)
  if (one.state === 'sending')
    return <div className="receipt">{slow ? t('command.no_answer_yet', { verb }) : t('command.sending', { verb })}</div>
  if (one.state === 'refused')
    return (
      <div className="receipt bad" data-command="refused">
        {t('command.refused', { verb, why: refusalWords(t, one.fault) })}
      </div>
    )
  return (
    <div className="receipt bad" data-command="unknown">
      {unknownWords(t, { verb: one.verb, point, code: '' } as Command)} {refusalWords(t, one.fault)}
    </div>
  )
}

function CommandLine({ command, main: big }: { command: Command; main: boolean }) {
  const { t } = useTranslation()
  const { zone } = useDesk()
  const begun = Date.parse(command.requested_at)
  const due = Date.parse(command.deadline)
  const done = finished(command)
  const slow = useEachSecond((now) => !done && now - begun > SLOW)
  const overdue = useEachSecond((now) => !done && now > due + GRACE)
  const bad = (done && command.state !== 'confirmed') || overdue
  const words =
    slow && !overdue
      ? t('command.no_answer_yet', { verb: verbWords(t, command.verb) })
      : commandWords(t, command, zone, overdue)
  return (
    <div
      className={`receipt${bad && big ? ' bad' : ''}${big ? '' : ' past'}`}
      data-command={overdue ? 'unknown' : command.state}
    >
      <div>{words}</div>
      <small className="faint">
        <At at={command.requested_at} /> · {command.by_name || command.by}
        {command.reason && <> · “{command.reason}”</>}
      </small>
    </div>
  )
}
