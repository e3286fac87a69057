// One door: how it stands, what can be asked of it, who came through, and what it is.
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, inPath } from '../ask'
import { CommandLife } from '../commands/buttons'
import type { Command, List } from '../contract'
import { detailWords, kindWords, refusalWords, verbWords } from '../i18n/words'
import { board, useLink, useThings } from '../live'
import { PersonFace } from '../people/card'
import { useDesk } from '../session/desk'
import { HoldButton } from '../shell/hold'
import { DoorPictures } from '../shell/slots'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { Second } from './approvals'
import { type Approval, command, type Door, type Lockdown, oneDoor, type Passage } from './door'
import { Contact, Mode, Shows } from './page'
import { DoorSettings } from './settings'
import './doors.css'

const none: string[] = []

export default function DoorPage() {
  const { t } = useTranslation()
  const { id } = useParams({ from: '/doors/$id' })
  const { may } = useDesk()
  const got = useQuery({
    queryKey: ['door', id],
    queryFn: ({ signal }) => oneDoor(id, signal),
    refetchInterval: 5_000,
  })
  const door = got.data
  return (
    <div className="doors-page">
      <section className="panel" aria-label={door?.name ?? t('doors.door')} data-panel>
        <div className="ph">
          <Link to="/doors" className="btn ghost sm">
            {t('doors.all')}
          </Link>
          <h2>{door?.name ?? t('doors.door')}</h2>
          {door?.demo && <span className="chip demo">DEMO</span>}
          <div className="grow" />
          <span className="dim">{door?.location}</span>
        </div>
        {got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : !door ? (
          <Loading />
        ) : (
          <div className="scroll door-cols" tabIndex={0} role="group" aria-label={door.name}>
            <div>
              <h3 className="h3">{t('doors.now')}</h3>
              <Facts door={door} />
              <HeldBy door={door} />
              {may('doors.command', door.station) && <Commands door={door} onDone={() => void got.refetch()} />}
              <CommandLife point={door.id} />
              {/* Below the buttons: a picture that comes must not push one away from under a hand. */}
              {may('cameras.watch', door.station) && (
                <DoorPictures station={door.station} point={door.id} named={door.settings.cameras ?? none} />
              )}
            </div>
            <div>
              <h3 className="h3">{t('doors.passages')}</h3>
              {may('signals.read', door.station) ? (
                <Passages door={door} />
              ) : (
                <p className="empty">{t('doors.no_right')}</p>
              )}
            </div>
            <div>
              <h3 className="h3">{t('doors.settings')}</h3>
              <DoorSettings door={door} onSaved={() => void got.refetch()} />
            </div>
          </div>
        )}
      </section>
    </div>
  )
}

function Facts({ door }: { door: Door }) {
  const { t } = useTranslation()
  return (
    <dl className="pairs">
      <dt>{t('doors.head.mode')}</dt>
      <dd>
        <Mode door={door} />
      </dd>
      <dt>{t('doors.head.contact')}</dt>
      <dd>
        <Contact door={door} />
      </dd>
      <dt>{t('doors.head.alarm')}</dt>
      <dd>
        {door.alarm === 'normal' ? (
          <span className="dim">{t('doors.alarm.normal')}</span>
        ) : (
          <span className="chip old">{t(`doors.alarm.${door.alarm}`)}</span>
        )}
      </dd>
      <dt>{t('doors.tamper')}</dt>
      <dd>{t(door.tamper ? 'doors.yes' : 'doors.not_told')}</dd>
      <dt>{t('doors.fault')}</dt>
      <dd>{t(door.fault ? 'doors.yes' : 'doors.not_told')}</dd>
      <dt>{t('doors.shows')}</dt>
      <dd>
        <Shows id={door.id} />
      </dd>
      <dt>{t('doors.read')}</dt>
      <dd>{door.observed ? <Age at={door.observed} /> : t('doors.never')}</dd>
      {door.unlocked_until && (
        <>
          <dt>{t('doors.locks_again')}</dt>
          <dd>
            <At at={door.unlocked_until} />
          </dd>
        </>
      )}
    </dl>
  )
}

function HeldBy({ door }: { door: Door }) {
  const { t } = useTranslation()
  const mine = useThings<Lockdown>('lockdown').filter((l) => l.doors?.some((d) => d.point === door.id))
  if (mine.length === 0) return null
  return (
    <div className="notice">
      {mine.map((l) => {
        const here = l.doors?.find((d) => d.point === door.id)
        return (
          <span key={l.id}>
            {t('doors.held_by', { name: l.scope.name, state: t(`lockdown.door.${here?.state ?? 'unknown'}`) })}{' '}
            {here?.note}
          </span>
        )
      })}
    </div>
  )
}

const grave = new Set(['lockdown', 'block', 'unlock', 'lock_open', 'double_lock'])
const minutesOf = [0, 1, 3, 5, 10]

function Commands({ door, onDone }: { door: Door; onDone: () => void }) {
  const { t } = useTranslation()
  const { up } = useLink()
  const [fault, setFault] = useState<unknown>(null)
  const [second, setSecond] = useState<Approval | null>(null)
  const [minutes, setMinutes] = useState(0)
  const [sending, setSending] = useState(false)
  const give = async (verb: string, time = 0) => {
    setFault(null)
    setSending(true)
    try {
      const got = await command(door.id, verb, time, '')
      if (got.command) board.command(got.command as Command)
      if (got.approval) setSecond(got.approval)
      onDone()
    } catch (why) {
      setFault(why)
    } finally {
      setSending(false)
    }
  }
  const verbs = door.verbs ?? []
  const off = !up || sending
  return (
    <>
      <div className="acts pad" data-door-commands>
        {verbs.includes('access') && (
          <span className="access">
            <button
              type="button"
              className="btn pri"
              data-verb="access"
              disabled={off}
              onClick={() => void give('access', minutes)}
            >
              {minutes === 0 ? verbWords(t, 'access') : t('doors.open_for', { count: minutes })}
            </button>
            <select
              className="input"
              aria-label={t('doors.open_how_long')}
              value={minutes}
              onChange={(e) => setMinutes(Number(e.target.value))}
            >
              {minutesOf.map((m) => (
                <option key={m} value={m}>
                  {m === 0 ? t('doors.once') : t('doors.minutes', { count: m })}
                </option>
              ))}
            </select>
          </span>
        )}
        {verbs
          .filter((v) => v !== 'access')
          .map((verb) =>
            grave.has(verb) ? (
              <HoldButton key={verb} name={verb} className="btn" disabled={off} onHeld={() => void give(verb)}>
                {verbWords(t, verb)}
              </HoldButton>
            ) : (
              <button
                key={verb}
                type="button"
                className="btn"
                data-verb={verb}
                disabled={off}
                onClick={() => void give(verb)}
              >
                {verbWords(t, verb)}
              </button>
            ),
          )}
      </div>
      {!up && <p className="dim pad">{t('command.no_link')}</p>}
      {fault !== null && (
        <div className="pad">
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        </div>
      )}
      {second && <Second approval={second} onDone={() => setSecond(null)} />}
    </>
  )
}

function Passages({ door }: { door: Door }) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['passages', door.id],
    queryFn: ({ signal }) => ask<List<Passage>>(`/doors/${inPath(door.id)}/passages`, { query: { limit: 20 }, signal }),
    refetchInterval: 3_000,
  })
  if (got.error) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (got.isPending) return <Loading />
  const items = got.data.items ?? []
  if (items.length === 0) return <p className="empty">{t('doors.no_passages')}</p>
  return (
    <ol className="passages">
      {items.map((p) => (
        <li key={p.id} data-passage={p.kind}>
          <PersonFace person={p.person} />
          <div>
            <div>
              <b>{kindWords(t, p.kind)}</b>{' '}
              <span className="dim">
                {p.detail?.reason && p.detail.reason !== 'granted' ? detailWords(t, 'reason', p.detail.reason)[1] : ''}
              </span>
            </div>
            <div>
              {p.person ? (
                <>
                  <bdi>{p.person.name}</bdi> <span className="dim">{t(`people.class.${p.person.class}`)}</span>{' '}
                  {p.person.standing !== 'valid' && (
                    <span className="chip strong">{t(`people.standing.${p.person.standing}`)}</span>
                  )}
                </>
              ) : (
                <span className="faint">
                  {p.detail?.card ? t('people.unknown_card', { card: p.detail.card }) : t('people.no_card')}
                </span>
              )}
            </div>
            <small className="faint">
              <At at={p.at} />
            </small>
          </div>
        </li>
      ))}
    </ol>
  )
}
