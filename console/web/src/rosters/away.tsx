// Somebody is away, and the roster in force must be mended: a few ways, by how many
// people they touch; one press puts one of them in force and tells the officers.
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { clock } from '../live'
import { Dialog } from '../shell/dialog'
import { Field } from '../shell/field'
import type { Alternative, Leave, Publication, Reliefs } from './contract'
import { leaveKinds } from './contract'
import { dayOf, dayWords } from './days'
import { type Rolls, shortName } from './register'
import { hoursWords, leaveWords, refusedWords, turnsWords, violationWords } from './words'

export default function Away(props: {
  station: string
  rolls: Rolls
  officer?: string
  onClose: () => void
  onDone?: () => void
}) {
  const { station, rolls, onClose, onDone } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const today = dayOf(clock.now(), rolls.register.zone)
  const [officer, setOfficer] = useState(props.officer ?? '')
  const [kind, setKind] = useState('sick')
  const [from, setFrom] = useState(today)
  const [until, setUntil] = useState(today)
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
          <Field label={t('rosters.officer')} at="officer" fault={fault}>
            {(w) => (
              <select
                {...w}
                className="input"
                required
                value={officer}
                onChange={(e) => {
                  setOfficer(e.target.value)
                  again()
                }}
                data-autofocus
              >
                <option value="">{t('rosters.choose')}</option>
                {[...rolls.order]
                  .sort((a, b) => a.name.localeCompare(b.name))
                  .map((o) => (
                    <option key={o.id} value={o.id}>
                      {o.name}
                    </option>
                  ))}
              </select>
            )}
          </Field>
          <Field label={t('rosters.kind_of_leave')}>
            {(w) => (
              <select
                {...w}
                className="input"
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
              </select>
            )}
          </Field>
          <Field label={t('rosters.first_day')} at="from" fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                type="date"
                required
                value={from}
                onChange={(e) => {
                  setFrom(e.target.value)
                  if (until < e.target.value) setUntil(e.target.value)
                  again()
                }}
              />
            )}
          </Field>
          <Field label={t('rosters.last_day')} at="until" fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                type="date"
                required
                min={from}
                value={until}
                onChange={(e) => {
                  setUntil(e.target.value)
                  again()
                }}
              />
            )}
          </Field>
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
        {done && (
          <p role="status" className="notice">
            {t('rosters.away_done', {
              count: done.told.length,
              names: done.told.map((o) => rolls.officers.get(o)?.name ?? o).join(', '),
            })}
          </p>
        )}
        {found && !done && found.alternatives.length === 0 && <p className="empty">{t('rosters.away_nothing')}</p>}
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

function Way(props: { one: Alternative; rolls: Rolls; away: string; busy: boolean; onTake: () => void }) {
  const { one, rolls, away, busy, onTake } = props
  const { t } = useTranslation()
  const name = (o: string) => shortName(rolls.officers.get(o)?.name ?? o)
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
      <ul className="dim">
        {theirs.slice(0, 8).map((c) => (
          <li key={`${c.officer} ${c.date}`}>
            <bdi>{name(c.officer)}</bdi>, {dayWords(c.date)}: {turnsWords(t, c.duties, rolls)}
          </li>
        ))}
        {one.came.slice(0, 4).map((v) => (
          <li key={v.key} className="way-came">
            {violationWords(t, v, rolls)}
          </li>
        ))}
      </ul>
    </li>
  )
}
