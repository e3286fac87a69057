// One line that says the cell with the cursor in words, and what became of the
// last edit. Screen readers hear it as the cursor moves.
import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { At as Moment } from '../shell/times'
import { cellKey, type Officer, sameTurns } from './contract'
import { dayWords } from './days'
import type { Rolls } from './register'
import type { Roster } from './roster'
import type { Look } from './row'
import { leaveWords, rankWords, refusedWords, turnsWords } from './words'

/** Where the cursor is, how many cells are picked, and what there is to say of it. */
export interface At {
  officer: Officer | undefined
  day: string
  count: number
  said: string
}

/** Tells whoever says it where the cursor is. */
export class Spotted {
  now: At
  private listeners = new Set<() => void>()

  constructor(now: At) {
    this.now = now
  }

  set(now: At): void {
    this.now = now
    for (const tell of this.listeners) tell()
  }

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell)
    return () => this.listeners.delete(tell)
  }
}

/** What can be done with the cell of the cursor by the pointer alone; the key stands beside it. */
const hints = [
  ['↵', 'type'],
  ['Del', 'clear'],
  ['M', 'move'],
  ['G', 'place'],
  ['!', 'problem'],
] as const
export type Hint = (typeof hints)[number][1]

export function SpotLine(props: {
  roster: Roster
  rolls: Rolls
  look: Look
  spot: Spotted
  editable: boolean
  posts: boolean
  onAct: (name: Hint) => void
}) {
  const { roster, rolls, look, spot, editable, posts, onAct } = props
  const { t } = useTranslation()
  const { officer, day, count, said } = useSyncExternalStore(spot.subscribe, () => spot.now)
  const key = officer ? cellKey(officer.id, day) : ''
  const turns = officer ? roster.turns(officer.id, day) : []
  const hours = turns.flatMap((turn) => rolls.types.get(turn.shift)?.parts.map((p) => `${p.start}–${p.end}`) ?? [])
  const leave = look.leave.get(key)
  const was = look.compare ? look.published?.get(key) : undefined
  const words =
    officer && !posts
      ? [
          `${officer.name}, ${rankWords(t, officer.rank)}`,
          dayWords(day),
          look.rolls.holidays.get(day) ?? '',
          leave ? leaveWords(t, leave) : '',
          turnsWords(t, turns, rolls),
          hours.join(', '),
          was && !sameTurns(was, turns) ? t('rosters.was', { was: turnsWords(t, was, rolls) }) : '',
          count > 1 ? t('rosters.picked', { count }) : '',
        ]
          .filter(Boolean)
          .join(' · ')
      : ''
  const { told } = roster
  return (
    <div className="rosters-foot">
      <div className="rosters-says">
        <span id="roster-spot" role="status" className="rosters-spot">
          <bdi>{said || words}</bdi>
        </span>
        <span className="grow" />
        {editable && !posts && (
          <span className="rosters-keys">
            {hints.map(([key, name]) => (
              <button key={name} type="button" className="rosters-hint" onClick={() => onAct(name)}>
                <kbd aria-hidden>{key}</kbd> {t(`rosters.key_${name}`)}
              </button>
            ))}
          </span>
        )}
        <span
          role="status"
          data-told={told?.code ?? ''}
          className={told && told.code !== 'saved' && told.code !== 'by_other' ? 'rosters-bad' : 'dim'}
        >
          {roster.busy
            ? t('rosters.saving')
            : told?.code === 'refused'
              ? refusedWords(t, told.fault, rolls)
              : told
                ? t(`rosters.told.${told.code}`, { count: told.count ?? 0, by: told.by ?? '' })
                : ''}
        </span>
        {roster.board.draft && (
          <span className="dim">
            {t('rosters.draft_at')} <Moment at={roster.board.draft.changed_at} short />{' '}
            <bdi>{roster.board.draft.changed_by}</bdi>
          </span>
        )}
      </div>
    </div>
  )
}
