// Somebody is away, and the roster in force must be mended: a few ways, by how many
// people they touch; one press puts one of them in force and tells the officers.
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { clock } from '../live'
import { Dialog } from '../shell/dialog'
import { Choice } from '../shell/field'
import type { Alternative, Leave, Publication, Reliefs } from './contract'
import { leaveKinds } from './contract'
import { dayOf, dayWords } from './days'
import { OfficersByName } from './options'
import type { Rolls } from './register'
import { Span, useSpan } from './span'
import {
  hoursWords,
  leaveWords,
  momentWords,
  rankWords,
  refusedWords,
  shiftName,
  turnsWords,
  violationWords,
  wall,
} from './words'

export default function Away(props: {
  station: string
  rolls: Rolls
  officer?: string
  day?: string // of the duty that is known to be missed
  onClose: () => void
  onDone?: () => void
}) {
  const { station, rolls, onClose, onDone } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const today = dayOf(clock.now(), rolls.register.zone)
  const [officer, setOfficer] = useState(props.officer ?? '')
  const [kind, setKind] = useState('sick')
  const [[from, until], setSpan] = useSpan(props.day ?? today, props.day ?? today)
  const [found, setFound] = useState<Reliefs | null>(null)
  const [done, setDone] = useState<Publication | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const leave: Leave = { id: '', officer, kind, from, until, decision: 'approved', note: '' }
  const act = async (step: () => Promise<void>) => {
    setBusy(true)
    setFault(null)
    try {
      await step()
    } catch (why) {
      setFault(why)
    }
    setBusy(false)
  }
  const look = (event: FormEvent) => {
    event.preventDefault()
    void act(async () =>
      setFound(
        await ask<Reliefs>(`/rosters/${station}/reliefs`, {
          method: 'POST',
          body: { leave: [leave] },
          timeout: 30_000,
        }),
      ),
    )
  }
  const take = (one: Alternative) =>
    act(async () => {
      setDone(
        await ask<Publication>(`/rosters/${station}/roster`, {
          method: 'POST',
          body: {
            publication: found?.publication ?? 0,
            why: t('rosters.away_why', { name: rolls.officers.get(officer)?.name ?? officer }),
            leave: [leave],
            changes: one.changes,
          },
          timeout: 30_000,
        }),
      )
      await client.invalidateQueries({ queryKey: ['rosters', station] })
      onDone?.()
    })
  const again = () => setFound(null)
  return (
    <Dialog title={t('rosters.away_title')} onClose={onClose} wide>
      <div className="body" data-away={done ? 'done' : found ? 'found' : 'asked'}>
        <form className="rosters-four" onSubmit={look}>
          <Choice
            label={t('rosters.officer')}
            at="officer"
            fault={fault}
            required
            value={officer}
            onChange={(e) => {
              setOfficer(e.target.value)
              again()
            }}
            data-autofocus
          >
            <option value="">{t('rosters.choose')}</option>
            <OfficersByName rolls={rolls} />
          </Choice>
          <Choice
            label={t('rosters.kind_of_leave')}
            value={kind}
            onChange={(e) => {
              setKind(e.target.value)
              again()
            }}
          >
            {leaveKinds.map((k) => (
              <option key={k} value={k}>
                {leaveWords(t, k)}
              </option>
            ))}
          </Choice>
          <Span
            from={from}
            until={until}
            fault={fault}
            onChange={(span) => {
              setSpan(span)
              again()
            }}
          />
          {!done && (
            <button type="submit" className="btn pri" disabled={busy || officer === ''}>
              {t('rosters.away_find')}
            </button>
          )}
        </form>
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        {done && <Told done={done} rolls={rolls} />}
        {found && !done && <Lost list={found.lost} rolls={rolls} />}
        {found && !done && found.alternatives.length === 0 && found.lost.length > 0 && (
          <p className="empty">{t('rosters.away_nobody')}</p>
        )}
        {found && !done && (
          <ol className="alternatives">
            {found.alternatives.map((one, i) => (
              <Way
                // biome-ignore lint/suspicious/noArrayIndexKey: ways have no name, and the list is replaced whole
                key={i}
                one={one}
                rolls={rolls}
                away={officer}
                busy={busy}
                onTake={() => void take(one)}
              />
            ))}
          </ol>
        )}
      </div>
    </Dialog>
  )
}

/** The duties that nobody does any more. */
function Lost({ list, rolls }: { list: Reliefs['lost']; rolls: Rolls }) {
  const { t } = useTranslation()
  if (list.length === 0) return <p className="empty">{t('rosters.away_nothing')}</p>
  return (
    <ul className="away-lost" data-lost={list.length}>
      {list.slice(0, 8).map((a) => (
        <li key={`${a.date} ${a.shift}`}>
          {t(a.post ? 'rosters.away_lost' : 'rosters.away_lost_reserve', {
            post: rolls.posts.get(a.post)?.name ?? a.post,
            shift: shiftName(rolls, a.shift),
            from: momentWords(a.from),
            to: wall(a.to),
          })}
        </li>
      ))}
      {list.length > 8 && <li className="dim">{t('rosters.and_n_more', { count: list.length - 8 })}</li>}
    </ul>
  )
}

/** Who hears of it by themselves, and who has to be rung. */
function Told({ done, rolls }: { done: Publication; rolls: Rolls }) {
  const { t } = useTranslation()
  const untold = done.untold ?? []
  const name = (o: string) => rolls.officers.get(o)?.name ?? o
  const told = done.told.filter((o) => !untold.includes(o))
  return (
    <div role="status" className="notice">
      <p>{t('rosters.away_done', { count: told.length, names: told.map(name).join(', ') || t('rosters.nobody') })}</p>
      {untold.length > 0 && (
        <p>
          <b>{t('rosters.away_ring')}</b>{' '}
          {untold.map((o) => [name(o), rolls.officers.get(o)?.phone].filter(Boolean).join(' ')).join(', ')}
        </p>
      )}
    </div>
  )
}

function Way(props: { one: Alternative; rolls: Rolls; away: string; busy: boolean; onTake: () => void }) {
  const { one, rolls, away, busy, onTake } = props
  const { t } = useTranslation()
  const name = (o: string) => rolls.officers.get(o)?.name ?? o
  const theirs = one.changes.filter((c) => c.officer !== away)
  return (
    <li data-way={one.asked.length}>
      <div className="way-head">
        <b>
          {one.asked.length === 0
            ? t('rosters.way_nobody')
            : t('rosters.way', { count: one.asked.length, names: one.asked.map(name).join(', ') })}
        </b>
        {one.open > 0 && <span className="chip late">{t('rosters.way_open', { hours: hoursWords(t, one.open) })}</span>}
        <span className="grow" />
        <button type="button" className="btn sm pri" disabled={busy || one.changes.length === 0} onClick={onTake}>
          {t('rosters.way_take', { count: one.asked.length })}
        </button>
      </div>
      <ul className="way-does">
        {theirs.slice(0, 8).map((c) => {
          const officer = rolls.officers.get(c.officer)
          return (
            <li key={`${c.officer} ${c.date}`}>
              {theirs.length > 1 && <bdi>{name(c.officer)}, </bdi>}
              {dayWords(c.date)}: {turnsWords(t, c.duties, rolls)}
              <span className="dim">
                {' '}
                · {rankWords(t, officer?.rank ?? '')}
                {officer?.phone && (
                  <>
                    {' '}
                    · <bdi>{officer.phone}</bdi>
                  </>
                )}
              </span>
            </li>
          )
        })}
        {one.came.slice(0, 4).map((v) => (
          <li key={v.key} className="way-came">
            {violationWords(t, v, rolls)}
          </li>
        ))}
        {one.came.length === 0 && one.open === 0 && <li className="dim">{t('rosters.way_clean')}</li>}
      </ul>
    </li>
  )
}
