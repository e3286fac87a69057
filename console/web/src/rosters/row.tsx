// One officer's row of the board, and the name before it. They are drawn again only
// when they changed. A cell is one element, so that a screen of them is painted soon.
import type { TFunction } from 'i18next'
import { type CSSProperties, memo, type ReactNode, useSyncExternalStore } from 'react'
import type { Leave, Officer, Tally, Turn } from './contract'
import { cellKey, sameTurns } from './contract'
import type { Day } from './days'
import { type Rolls, shortName } from './register'
import type { Roster } from './roster'
import { hoursWords, leaveCode, leaveWords } from './words'

export const ROW = 24
export const HEAD = 42
export const NAME = 214 // the column of names
export const FAIR = 30
export const burdens = ['nights', 'weekends', 'holidays', 'unpopular'] as const

/** What rows show besides the cells; one object for all of them. */
export interface Look {
  t: TFunction
  ranks: ReadonlyMap<string, { short: string; words: string }>
  days: Day[]
  offDays: boolean[] // weekends and holidays
  today: number // the column of today, or -1
  rolls: Rolls
  leave: ReadonlyMap<string, Leave['kind']>
  /** What is published, for cells that differ; undefined while nothing is. */
  published: ReadonlyMap<string, readonly Turn[]> | undefined
  compare: boolean
  minutes: ReadonlyMap<string, number> // of each shift type
  fairness: boolean
}

const nothing: readonly Turn[] = []
const MARKS = ['', ' wish', ' exc', ' must']

interface RowProps {
  roster: Roster
  officer: Officer
  index: number
  look: Look
}

const useRow = (roster: Roster, officer: Officer) =>
  useSyncExternalStore(roster.subscribe, () => roster.rowVersion(officer.id))

export const OfficerRow = memo(function OfficerRow({ roster, officer, index, look }: RowProps) {
  useRow(roster, officer)
  const tally = roster.tally(officer.id)
  return (
    <div className="rb-row" role="row" aria-rowindex={index + 2} style={{ insetBlockStart: index * ROW }}>
      <div className="sr" role="rowheader">
        {nameWords(look, officer, tally)}
      </div>
      {look.days.map((day, col) => rosterCell(`rc-${index}-${col}`, roster, officer, day, look))}
      {look.fairness &&
        burdens.map((name) => (
          <div key={name} className="rb-fair" role="gridcell">
            {tally?.[name]}
          </div>
        ))}
    </div>
  )
})

/** The name as it is seen; readers of the screen have it in the row. */
export const NameTag = memo(function NameTag({ roster, officer, index, look }: RowProps) {
  useRow(roster, officer)
  const { t } = look
  const tally = roster.tally(officer.id)
  return (
    <div className="rb-tag" title={nameWords(look, officer, undefined)} style={{ insetBlockStart: index * ROW }}>
      <span className="rb-rank">{look.ranks.get(officer.rank)?.short}</span>
      <span className="rb-who" dir="auto">
        {shortName(officer.name)}
      </span>
      {tally && <Hours t={t} tally={tally} more={moreMinutes(roster, officer, look)} />}
    </div>
  )
})

function nameWords(look: Look, officer: Officer, tally: Tally | undefined): string {
  const words = [officer.name, look.ranks.get(officer.rank)?.words, officer.unit]
  if (tally) words.push(hoursWords(look.t, tally.minutes + tally.credit))
  return words.filter(Boolean).join(' · ')
}

/** Minutes of duty that the row shows beyond those that the console has counted. */
function moreMinutes(roster: Roster, officer: Officer, look: Look): number {
  let more = 0
  for (const day of look.days) {
    const key = cellKey(officer.id, day)
    const now = roster.turnsOf(key)
    const was = roster.countedOf(key)
    if (now === was) continue
    for (const turn of now) more += look.minutes.get(turn.shift) ?? 0
    for (const turn of was) more -= look.minutes.get(turn.shift) ?? 0
  }
  return more
}

function Hours({ t, tally, more }: { t: TFunction; tally: Tally; more: number }) {
  const done = tally.minutes + tally.credit + more
  const share = tally.target > 0 ? done / tally.target : 0
  return (
    <span
      className="rb-hours"
      title={t('rosters.hours_title', {
        done: hoursWords(t, tally.minutes + more),
        credit: hoursWords(t, tally.credit),
        target: hoursWords(t, tally.target),
      })}
    >
      <span className="rb-bar" aria-hidden>
        <i style={{ inlineSize: `${Math.min(100, Math.round(share * 83))}%` }} />
      </span>
      <b className={share > 1.05 ? 'over' : undefined}>{Math.round(done / 60)}</b>
    </span>
  )
}

function rosterCell(id: string, roster: Roster, officer: Officer, day: Day, look: Look): ReactNode {
  const key = cellKey(officer.id, day)
  const turns = roster.turnsOf(key)
  const leave = look.leave.get(key)
  const marks = cellMarks(roster, officer, day, key, turns, look)
  const first = turns[0]
  if (!first)
    return leave ? (
      <div
        key={day}
        id={id}
        role="gridcell"
        className={`rc rt away${leave === 'training' ? ' training' : ''}${marks}`}
        title={leaveWords(look.t, leave)}
      >
        {leaveCode(look.t, leave)}
      </div>
    ) : (
      <div key={day} id={id} role="gridcell" className={`rc${marks}`} />
    )
  const type = look.rolls.types.get(first.shift)
  const reserve = first.post === '' && type?.class !== 'standby' ? ' reserve' : ''
  return (
    <div
      key={day}
      id={id}
      role="gridcell"
      className={`rc rt ${type?.class ?? 'other'}${reserve}${leave ? ' clash' : ''}${turns.length > 1 ? ' many' : ''}${marks}`}
      style={type?.colour ? ({ '--rt': type.colour } as CSSProperties) : undefined}
    >
      {codes(turns)}
    </div>
  )
}

/** "D", "E+SB". */
export const codes = (turns: readonly Turn[]): string => turns.map((turn) => turn.shift).join('+')

function cellMarks(
  roster: Roster,
  officer: Officer,
  day: Day,
  key: string,
  turns: readonly Turn[],
  look: Look,
): string {
  let name = MARKS[roster.markOf(key)] ?? ''
  if (roster.isWaiting(officer.id, day)) name += ' waits'
  if (roster.isFresh(officer.id, day)) name += ' fresh'
  if (roster.refused.size > 0 && roster.refused.has(key)) name += ' refused'
  if (look.compare && look.published && !sameTurns(look.published.get(key) ?? nothing, turns)) name += ' chg'
  return name
}
