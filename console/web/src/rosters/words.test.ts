import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import i18next from 'i18next'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../ask'
import first from '../i18n/en'
import { joined } from '../i18n/en/joined'
import later from '../i18n/en/later'
import type { Register, Violation } from './contract'
import { rollsOf } from './register'
import { hoursWords, refusedWords, violationWords } from './words'

beforeAll(() =>
  i18next.init({
    lng: 'en',
    resources: { en: { translation: joined(first, later) } },
    interpolation: { escapeValue: false },
  }),
)
const t = i18next.t
const go = (...path: string[]) => readFileSync(join('..', '..', ...path), 'utf8')
const has = (group: string, code: string) => i18next.exists(`${group}.${code.replace(/[.:]/g, '_')}`)
const codes = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((m) => m[1] ?? '')

const rolls = rollsOf({
  version: 1,
  publication: 0,
  station: 's',
  zone: 'Africa/Nairobi',
  working_week: [1, 2, 3, 4, 5],
  calendar: { version: 0, item: {} },
  officers: [{ version: 1, item: { id: 'o', name: 'Chi Nguyen', rank: 'officer', unit: 'A', held: [] } }],
  posts: [{ version: 1, item: { id: 'P01', name: 'Gate B' } }],
  shift_types: [
    { version: 1, item: { code: 'N', name: 'Night', parts: [] } },
    { version: 1, item: { code: 'D', name: 'Day', parts: [] } },
  ],
  rules: [],
  holidays: [],
} as unknown as Register)

describe('the words of rosters', () => {
  it('are there for every problem, rule and conflict that the console may name', () => {
    const problems = codes(go('rosters', 'say.go'), /^\t"([a-z_.]+)":/gm)
    const kinds = codes(go('rosters', 'rule.go'), /Kind\s+= "([a-z_]+)"/g)
    const cannot = codes(go('rosters', 'planner', 'infeasible.go'), /ConflictKind\s+= "([a-z_]+)"/g)
    const leave = codes(go('rosters', 'leave.go'), /LeaveKind\s+= "([a-z_]+)"/g)
    const remedies = codes(go('rosters', 'violation.go'), /Remedy = "([a-z_]+)"/g)
    const presence = codes(go('rosters', 'attendance.go'), /Presence\s+= "([a-z_]+)"/g)
    expect([
      problems.length > 30,
      kinds.length > 25,
      cannot.length > 3,
      leave.length > 5,
      remedies.length > 4,
    ]).not.toContain(false)
    expect(problems.filter((c) => !has('rosters.problem', c))).toEqual([])
    expect(kinds.filter((c) => !has('rosters.kind_of_rule', c))).toEqual([])
    expect(cannot.filter((c) => !has('rosters.cannot', c))).toEqual([])
    expect(leave.filter((c) => !has('rosters.leave', c) || !has('rosters.leave_code', c))).toEqual([])
    expect(remedies.filter((c) => !has('rosters.remedy', c))).toEqual([])
    expect(presence.filter((c) => !has('dutyboard.presence', c))).toEqual([])
  })
  it('name officer, times and rule', () => {
    const v = {
      code: 'daily_rest',
      officer: 'o',
      others: [],
      post: '',
      detail: '',
      shift: 'N',
      ...Object.fromEntries([['then', 'D']]),
      date: '2026-12-10',
      from: '2026-12-11T06:00:00+03:00',
      to: '2026-12-11T06:00:00+03:00',
      have: 0,
      need: 660,
      unit: 'minutes',
    } as unknown as Violation
    expect(violationWords(t, v, rolls)).toBe(
      'Chi Nguyen rests 0 h, needs 11 h: Night ends Fri 11 Dec 06:00, Day starts Fri 11 Dec 06:00.',
    )
    const off = (have: number) => violationWords(t, { ...v, code: 'days_off', have, need: 2, unit: 'days' }, rolls)
    expect(off(1)).toContain('has 1 day off in a row')
    expect(off(0)).toContain('has 0 days off in a row')
    expect(
      violationWords(t, { ...v, code: 'fairness_nights', have: 100, need: 250, unit: 'hundredths' }, rolls),
    ).toContain('has 1 night, a fair share is 2.5')
    expect(hoursWords(t, 455)).toBe('7 h 35 min')
  })
  it('say why something was not taken, and hide no code', () => {
    const refusal = (params: Record<string, unknown>) =>
      new Refusal({ status: 409, code: 'conflict', params, detail: 'x' })
    expect(refusedWords(t, refusal({ reason: 'unrelieved', wanted: 2, standing: 1 }))).toContain('1 of 2')
    expect(refusedWords(t, refusal({ reason: 'planner_busy', by: 'Eve' }))).toContain('Eve')
    expect(
      refusedWords(t, new Refusal({ status: 409, code: 'conflict', params: { reason: 'moon' }, detail: 'full' })),
    ).toContain('full')
  })
})
