// One officer's row of the board. It is drawn again only when it changed.
import { type CSSProperties, memo, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { Leave, Officer, Tally, Turn } from './contract'
import { cellKey, sameTurns } from './contract'
import type { Day } from './days'
import { type Rolls, shortName } from './register'
import type { Roster } from './roster'
import { hoursWords, leaveCode, leaveWords, rankShort, rankWords } from './words'

export const ROW = 24
export const HEAD = 42
export const NAME = 214 // the column of names

/** What rows show besides the cells; one object for all of them. */
export interface Look {
  days: Day[]
  offDays: boolean[] // weekends and holidays
  today: number // the column of today, or -1
  rolls: Rolls
  leave: ReadonlyMap<string, Leave['kind']>
  /** What is published, for cells that differ; undefined while nothing is. */
  published: ReadonlyMap<string, readonly Turn[]> | undefined
  compare: boolean
  tallies: Record<string, Tally>
  minutes: ReadonlyMap<string, number> // of each shift type
  fairness: boolean
}

const MARKS = ['', ' wish', ' exc', ' must']

export const OfficerRow = memo(function OfficerRow(props: {
  roster: Roster
  officer: Officer
  index: number
  look: Look
}) {
  const { roster, officer, index, look } = props
  const { t } = useTranslation()
  useSyncExternalStore(roster.subscribe, () => roster.rowVersion(officer.id))
  const tally = look.tallies[officer.id]
  return (
    <div className="rb-row" role="row" aria-rowindex={index + 2} style={{ insetBlockStart: index * ROW }}>
      <div
        className="rb-name"
        role="rowheader"
        title={`${officer.name} · ${rankWords(t, officer.rank)} · ${officer.unit}`}
      >
        <span className="rb-rank">{rankShort(t, officer.rank)}</span>
        <span className="rb-who">
          <bdi>{shortName(officer.name)}</bdi>
        </span>
        <Hours tally={tally} more={moreMinutes(roster, officer, look)} />
      </div>
      {look.days.map((day, col) => (
        <RosterCell
          key={day}
          id={`rc-${index}-${col}`}
          turns={roster.turns(officer.id, day)}
          className={cellClass(roster, officer, day, col, look)}
          leave={look.leave.get(cellKey(officer.id, day))}
          look={look}
        />
      ))}
      {look.fairness &&
        (['nights', 'weekends', 'holidays', 'unpopular'] as const).map((name) => (
          <span key={name} className="rb-fair" role="gridcell">
            {tally?.[name] ?? 0}
          </span>
        ))}
    </div>
  )
})

/** Minutes of duty that the row shows beyond those that the console has counted. */
function moreMinutes(roster: Roster, officer: Officer, look: Look): number {
  let more = 0
  for (const day of look.days) {
    const now = roster.turns(officer.id, day)
    const was = roster.counted(officer.id, day)
    if (now === was) continue
    for (const turn of now) more += look.minutes.get(turn.shift) ?? 0
    for (const turn of was) more -= look.minutes.get(turn.shift) ?? 0
  }
  return more
}

function Hours({ tally, more }: { tally: Tally | undefined; more: number }) {
  const { t } = useTranslation()
  if (!tally) return null
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

function cellClass(roster: Roster, officer: Officer, day: Day, col: number, look: Look): string {
  let name = 'rc'
  if (look.offDays[col]) name += ' off'
  if (col === look.today) name += ' today'
  name += MARKS[roster.mark(officer.id, day)] ?? ''
  if (roster.isWaiting(officer.id, day)) name += ' waits'
  if (roster.isFresh(officer.id, day)) name += ' fresh'
  if (roster.refused.has(cellKey(officer.id, day))) name += ' refused'
  if (look.compare && look.published) {
    const was = look.published.get(cellKey(officer.id, day)) ?? []
    if (!sameTurns(was, roster.turns(officer.id, day))) name += ' chg'
  }
  return name
}

function RosterCell(props: {
  id: string
  turns: readonly Turn[]
  className: string
  leave: Leave['kind'] | undefined
  look: Look
}) {
  const { id, turns, className, leave, look } = props
  const { t } = useTranslation()
  const first = turns[0]
  if (!first)
    return (
      <div id={id} role="gridcell" className={className}>
        {leave && (
          <span className={`rt away ${leave === 'training' ? 'training' : ''}`} title={leaveWords(t, leave)}>
            {leaveCode(t, leave)}
          </span>
        )}
      </div>
    )
  const type = look.rolls.types.get(first.shift)
  return (
    <div id={id} role="gridcell" className={className}>
      <span
        className={`rt ${type?.class ?? 'other'}${first.post === '' && type?.class !== 'standby' ? ' reserve' : ''}${leave ? ' clash' : ''}`}
        style={type?.colour ? ({ '--rt': type.colour } as CSSProperties) : undefined}
      >
        {turns.length > 1 ? turns.map((turn) => turn.shift).join('+') : first.shift}
      </span>
    </div>
  )
}
