// Words for what the console says of rosters: problems, amounts, refusals.
import type { TFunction } from 'i18next'
import { Refusal } from '../ask'
import { refusalWords } from '../i18n/words'
import type { Conflict, Turn, Violation } from './contract'
import { dayWords } from './days'
import type { Exchange } from './exchange-lists'
import type { Rolls } from './register'

const key = (code: string): string => code.replace(/[.:]/g, '_')
const coded = (t: TFunction, group: string, code: string): string =>
  code === '' ? '–' : t(`rosters.${group}.${key(code)}`, { defaultValue: code.replace(/_/g, ' ') })

export const rankWords = (t: TFunction, rank: string): string => coded(t, 'rank', rank)
export const rankShort = (t: TFunction, rank: string): string => coded(t, 'rank_short', rank)
export const leaveWords = (t: TFunction, kind: string): string => coded(t, 'leave', kind)
export const leaveCode = (t: TFunction, kind: string): string => coded(t, 'leave_code', kind)
export const levelWords = (t: TFunction, level: string): string => coded(t, 'level', level)
export const decisionWords = (t: TFunction, decision: string): string => coded(t, 'decision', decision)
export const classWords = (t: TFunction, name: string): string => coded(t, 'class', name)
export const kindOfRule = (t: TFunction, kind: string): string => coded(t, 'kind_of_rule', kind)
export const qualificationWords = (code: string): string => code.replace(/^language:/, '').replace(/_/g, ' ')

/** 7 h 30 min, 12 h. */
export function hoursWords(t: TFunction, minutes: number): string {
  const h = Math.trunc(Math.abs(minutes) / 60)
  const min = Math.abs(minutes) % 60
  const sign = minutes < 0 ? '−' : ''
  return sign + (min === 0 ? t('rosters.hours', { h }) : t('rosters.hours_min', { h, min }))
}

/** The number as the sentence of a problem says it. */
export function amountWords(t: TFunction, n: number, unit: string): string {
  if (unit === 'minutes') return hoursWords(t, n)
  if (unit === 'percent') return `${n} %`
  if (unit === 'hundredths') return new Intl.NumberFormat('en-u-nu-latn', { maximumFractionDigits: 2 }).format(n / 100)
  return String(n)
}

/** The clock of a time that the console wrote, whose offset is the station's. */
export const wall = (at: string): string => at.slice(11, 16)

/** The wall time that the console wrote: its offset is the station's, so the text itself is read. */
export function momentWords(at: string, locale = 'en'): string {
  return at.startsWith('0001-') ? '' : `${dayWords(at.slice(0, 10), locale)} ${wall(at)}`
}

const nameOf = (rolls: Rolls, officer: string): string => rolls.officers.get(officer)?.name ?? officer
const postName = (rolls: Rolls, post: string): string => rolls.posts.get(post)?.name ?? post
export const shiftName = (rolls: Rolls, code: string): string => rolls.types.get(code)?.name || code

/** What is wrong, with its officer, times and numbers, in one sentence. */
export function violationWords(t: TFunction, v: Violation, rolls: Rolls): string {
  const detail =
    v.code === 'paired_posts'
      ? postName(rolls, v.detail)
      : v.code === 'rank'
        ? rankWords(t, v.detail)
        : qualificationWords(v.detail)
  const others = v.others.map((o) => nameOf(rolls, o))
  const params = {
    officer: nameOf(rolls, v.officer),
    others:
      others.length > 4
        ? t('rosters.and_more', { names: others.slice(0, 4).join(', '), count: others.length - 4 })
        : others.join(', '),
    post: postName(rolls, v.post),
    shift: shiftName(rolls, v.shift),
    after: shiftName(rolls, v.then),
    detail,
    day: dayWords(v.date),
    from: momentWords(v.from),
    to: momentWords(v.to),
    have: amountWords(t, v.have, v.unit),
    need: amountWords(t, v.need, v.unit),
    lack: v.need - v.have,
    count: v.unit === 'hundredths' ? v.have / 100 : v.have,
  }
  return t(`rosters.problem.${key(v.code)}`, { ...params, defaultValue: `${v.name}: ${params.officer} ${params.day}` })
}

export function conflictWords(t: TFunction, c: Conflict, rolls: Rolls): string {
  return t(`rosters.cannot.${key(c.kind)}`, {
    defaultValue: c.kind,
    posts: c.posts.map((p) => postName(rolls, p)).join(', '),
    officers: c.officers.map((o) => nameOf(rolls, o)).join(', '),
    count: c.officers.length,
    shift: c.shift ? shiftName(rolls, c.shift) : '',
    qualification: qualificationWords(c.qualification),
    from: dayWords(c.from),
    until: dayWords(c.until),
    have: amountWords(t, c.have, c.unit),
    need: amountWords(t, c.need, c.unit),
  })
}

/** "Day, Gate A; Stand-by". */
export function turnsWords(t: TFunction, turns: readonly Turn[], rolls: Rolls): string {
  if (turns.length === 0) return t('rosters.free')
  return turns
    .map((turn) =>
      turn.post ? `${shiftName(rolls, turn.shift)}, ${postName(rolls, turn.post)}` : shiftName(rolls, turn.shift),
    )
    .join('; ')
}

/** How far a swap has come, and by whom where the chief has decided it. */
export function swapWords(t: TFunction, swap: Exchange, rolls: Rolls): string {
  const state = t(`rosters.swap_state.${swap.state}`, { defaultValue: swap.state })
  const asked = swap.breaks.length > 0 || rolls.register.calendar.item.swaps_approved
  const chief = swap.state === 'refused' || (swap.state === 'approved' && asked)
  return chief ? t(`rosters.swap_by.${swap.state}`, { by: nameOf(rolls, swap.by) }) : state
}

/** Why the console did not take something, where the roster has words of its own for it. */
export function refusedWords(t: TFunction, fault: unknown, rolls?: Rolls): string {
  if (fault instanceof Refusal && (fault.code === 'conflict' || fault.code === 'condition')) {
    const { reason, violation } = (fault.problem.params ?? {}) as { reason?: string; violation?: Violation }
    if (violation && rolls) return t('rosters.refused.mandatory_by', { why: violationWords(t, violation, rolls) })
    const words = t(`rosters.refused.${reason}`, { ...fault.problem.params, defaultValue: '' })
    if (words) return words
    return t('rosters.refused.other', { detail: fault.problem.detail ?? reason ?? '' })
  }
  return refusalWords(t, fault)
}
