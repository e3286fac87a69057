// What is said in place: the text of a cell while it is typed, why a cell was
// refused, and both values where two editors met.
import { useEffect, useId, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { Officer, Turn } from './contract'
import { dayWords } from './days'
import { fits } from './give'
import type { Spot } from './pick'
import type { Rolls } from './register'
import type { Roster } from './roster'
import { NAME, ROW } from './row'
import { isUnread, readTurns, writeTurns } from './turns'
import { refusedWords, turnsWords } from './words'

/** A cell as text, with what it may be; Enter takes it, Escape does not. */
export function CellEditor(props: {
  roster: Roster
  rolls: Rolls
  officer: Officer
  day: string
  spot: Spot
  wide: number
  onGive: (duties: Turn[]) => void
  onDone: (next?: 'down' | 'ahead') => void
}) {
  const { roster, rolls, officer, day, spot, wide, onGive, onDone } = props
  const { t } = useTranslation()
  const id = useId()
  const ref = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(() => writeTurns(roster.turns(officer.id, day)))
  const [wrong, setWrong] = useState('')
  useEffect(() => ref.current?.select(), [])
  const take = (next?: 'down' | 'ahead') => {
    const read = readTurns(text, rolls.types, rolls.posts)
    if (isUnread(read)) return setWrong(t(`rosters.unread.${read.code}`, { value: read.value }))
    onGive(read)
    onDone(next)
  }
  return (
    <div
      className="rb-over rb-editor"
      style={{ insetBlockStart: spot.row * ROW - 2, insetInlineStart: NAME + spot.col * wide - 2 }}
    >
      <input
        ref={ref}
        className="input"
        aria-label={t('rosters.cell_text', { officer: officer.name, day: dayWords(day) })}
        aria-invalid={wrong !== ''}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        list={id}
        value={text}
        onChange={(e) => {
          setText(e.target.value)
          setWrong('')
        }}
        onKeyDown={(e) => {
          e.stopPropagation()
          if (e.key === 'Enter') take('down')
          else if (e.key === 'Tab') take('ahead')
          else if (e.key === 'Escape') onDone()
          else return
          e.preventDefault()
        }}
        onBlur={() => onDone()}
      />
      <datalist id={id}>
        {choices(rolls, officer, day).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </datalist>
      {wrong && (
        <p className="fault" role="alert" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  )
}

/** Shifts, and shifts at the posts for which the officer is fit. */
function choices(rolls: Rolls, officer: Officer, day: string): [string, string][] {
  const types = [...rolls.types.values()].filter((type) => !type.gone)
  const list: [string, string][] = types.map((type) => [type.code, type.name])
  for (const post of rolls.posts.values()) {
    if (post.gone || !fits(officer, post, day, rolls.register.calendar.item.firearm)) continue
    for (const code of post.shifts)
      list.push([`${code}@${post.id}`, `${rolls.types.get(code)?.name ?? code}, ${post.name}`])
  }
  return list
}

/** The cells that were refused or met another editor, said beside them, the nearest first. */
export function Callouts(props: { roster: Roster; rolls: Rolls; officers: Officer[]; days: string[]; wide: number }) {
  const { roster, rolls, officers, days, wide } = props
  const { t } = useTranslation()
  useSyncExternalStore(roster.subscribe, () => roster.version)
  const place = (officer: string, date: string): Spot | undefined => {
    const row = officers.findIndex((o) => o.id === officer)
    const col = days.indexOf(date)
    return row >= 0 && col >= 0 ? { row, col } : undefined
  }
  const conflict = roster.conflicts[0]
  const spot = conflict && place(conflict.officer, conflict.date)
  if (conflict) {
    const officer = rolls.officers.get(conflict.officer)?.name ?? conflict.officer
    return (
      <Callout spot={spot ?? { row: 0, col: 0 }} wide={wide} days={days.length} label={t('rosters.met')}>
        <b>{t('rosters.met_who', { officer, day: dayWords(conflict.date) })}</b>
        <dl className="pairs">
          <dt>{t('rosters.met_now')}</dt>
          <dd>{turnsWords(t, conflict.duties, rolls)}</dd>
          <dt>{t('rosters.met_yours')}</dt>
          <dd>{turnsWords(t, conflict.yours, rolls)}</dd>
        </dl>
        <div className="acts">
          <button type="button" className="btn sm" onClick={() => roster.settle(conflict, false)}>
            {t('rosters.met_leave')}
          </button>
          <button type="button" className="btn sm" onClick={() => roster.settle(conflict, true)}>
            {t('rosters.met_write')}
          </button>
          {roster.conflicts.length > 1 && (
            <span className="dim">{t('rosters.met_more', { count: roster.conflicts.length - 1 })}</span>
          )}
        </div>
      </Callout>
    )
  }
  const [key, fault] = [...roster.refused][0] ?? []
  if (key === undefined) return null
  const [who = '', date = ''] = key.split('|')
  return (
    <Callout
      spot={place(who, date) ?? { row: 0, col: 0 }}
      wide={wide}
      days={days.length}
      label={t('rosters.refused_cell')}
    >
      <b>
        {rolls.officers.get(who)?.name ?? who} · {dayWords(date)}
      </b>
      <p>{refusedWords(t, fault, rolls)}</p>
      <div className="acts">
        <button type="button" className="btn sm" onClick={() => roster.dismiss()}>
          {t('shell.close')}
        </button>
      </div>
    </Callout>
  )
}

function Callout(props: { spot: Spot; wide: number; days: number; label: string; children: React.ReactNode }) {
  const { spot, wide, days, label, children } = props
  const col = Math.min(spot.col, Math.max(0, days - Math.ceil(340 / wide)))
  return (
    <div
      className="rb-over rb-callout"
      role="alertdialog"
      aria-label={label}
      style={{ insetBlockStart: (spot.row + 1) * ROW + 4, insetInlineStart: NAME + col * wide }}
    >
      {children}
    </div>
  )
}
