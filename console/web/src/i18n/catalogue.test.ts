import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import i18next from 'i18next'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../ask'
import type { Command, Reading } from '../contract'
import first from './en'
import { joined } from './en/joined'
import later from './en/later'
import { alarmPlace, commandWords, kindWords, readingWords, refusalWords, stateWords, verbWords } from './words'

const en = joined(first, later)

beforeAll(() =>
  i18next.init({ lng: 'en', resources: { en: { translation: en } }, interpolation: { escapeValue: false } }),
)
const t = i18next.t

const sources = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.tsx?$/.test(entry.name) && !/\.test\./.test(entry.name) ? [path] : []
  })

describe('the catalogue', () => {
  it('has every key that the screens ask for', () => {
    const missing: string[] = []
    for (const path of sources('src')) {
      for (const [, key] of readFileSync(path, 'utf8').matchAll(/\bt\(\s*'([^']+)'/g)) {
        if (key && !i18next.exists(key) && !i18next.exists(key, { count: 2 })) missing.push(`${path}: ${key}`)
      }
    }
    expect(missing).toEqual([])
  })
  it('has words for every kind, verb, receipt and access reason of the wire', () => {
    const go = (file: string) => readFileSync(join('..', '..', 'devices', file), 'utf8')
    const has = (group: string, code: string) => i18next.exists(`${group}.${code.replace(/[.:]/g, '_')}`)
    const codes = (file: string, pattern: RegExp) => [...go(file).matchAll(pattern)].map((m) => m[1] ?? '')
    const kinds = codes('kind.go', /\bKind\s+= "([a-z._]+)"/g)
    const verbs = codes('command.go', /\bVerb = "([a-z._]+)"/g)
    const reasons = codes('access.go', /AccessReason = "([a-z._]+)"/g)
    const receipts = codes('command.go', /(?:Refused|Unknown|TimedOut)[A-Za-z]+\s+= "([a-z._]+)"/g)
    expect([kinds.length > 40, verbs.length > 15, reasons.length > 30, receipts.length > 10]).not.toContain(false)
    expect(kinds.filter((c) => !has('kind', c))).toEqual([])
    expect(verbs.filter((c) => !has('verb', c))).toEqual([])
    expect(reasons.filter((c) => !has('reason', c))).toEqual([])
    expect(receipts.filter((c) => !has('receipt', c))).toEqual([])
  })
})

describe('words', () => {
  it('show codes that nobody knows, and hide none', () => {
    expect(kindWords(t, 'lift.stuck')).toContain('lift.stuck')
    expect(stateWords(t, 'half_open')).toContain('half_open')
    expect(verbWords(t, 'fly')).toContain('fly')
    expect(refusalWords(t, new Refusal({ status: 418, code: 'teapot', detail: 'short and stout' }))).toMatch(
      /teapot.*stout/,
    )
  })
  const command = (more: Partial<Command>): Command =>
    ({ id: 'c', point: 'g/d.door1', verb: 'unlock', state: 'sent', version: 1, ...more }) as Command
  it.each<[string, Partial<Command>, RegExp]>([
    [
      'confirmed',
      { state: 'confirmed', read_back: 'unlocked', finished_at: '2026-11-22T02:47:12Z' },
      /confirmed 05:47:12\. Read back: Unlocked/,
    ],
    ['refused', { state: 'refused', code: 'read_only' }, /refused\. The gateway only looks/],
    ['refused for a reason nobody knows', { state: 'refused', code: 'moon', text: 'full' }, /moon.*full/],
    [
      'unknown',
      { state: 'unknown', code: 'no_answer' },
      /Nobody knows whether the door is unlocked.*camera or officer/,
    ],
    ['timed out', { state: 'timed_out', code: 'not_confirmed' }, /not confirmed/],
    ['sent', { state: 'sent' }, /sent/],
    ['a state nobody knows', { state: 'dreamt' as Command['state'] }, /dreamt/],
  ])('%s', (_, more, want) => expect(commandWords(t, command(more), 'Africa/Nairobi', false)).toMatch(want))
  it('never call an overdue command done', () => {
    expect(commandWords(t, command({ state: 'sent' }), 'UTC', true)).toMatch(/Nobody knows/)
  })
  it('say no data where there is none', () => {
    expect(readingWords(t, null)).toBe('No data')
    expect(readingWords(t, { value: 231.456, quality: 'good' } as Reading, 'V')).toBe('231.46 V')
  })
  it('name a place once', () => {
    const alarm = { location: 'Block S', device_name: 'Panel', point_name: 'Panel' } as Parameters<typeof alarmPlace>[0]
    expect(alarmPlace(alarm)).toBe('Block S · Panel')
  })
})
