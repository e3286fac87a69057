// Words for what the console sends as codes. A code that the catalogue does not
// know is shown as it came, in a sentence that says so; it is never hidden.
import type { TFunction } from 'i18next'
import { Refusal } from '../ask'
import type { Alarm, Command, Reading } from '../contract'
import { ageParts, clockTime } from './time'

/** The catalogue keeps codes with their dots replaced, because a dot is a path there. */
const key = (code: string): string => code.replace(/[.:]/g, '_')

function coded(t: TFunction, group: string, code: string, unknown: string): string {
  return t(`${group}.${key(code)}`, { defaultValue: t(unknown, { code }) })
}

/** The code of the rule whose kind this is. */
const ruleOf = (kind: string): string => /^rule\.p[1-4]\.(.+)$/.exec(kind)?.[1] ?? ''

export const kindWords = (t: TFunction, kind: string): string =>
  ruleOf(kind) ? t('rule_kind', { code: ruleOf(kind) }) : coded(t, 'kind', kind, 'kind_unknown')
export const stateWords = (t: TFunction, state: string): string => coded(t, 'state', state, 'state_unknown')
export const qualityWords = (t: TFunction, quality: string): string => coded(t, 'quality', quality, 'quality_unknown')
export const verbWords = (t: TFunction, verb: string): string => coded(t, 'verb', verb, 'verb_unknown')
export const categoryWords = (t: TFunction, category: string): string => coded(t, 'category', category, 'as_is')
export const clockWords = (t: TFunction, state: string): string => coded(t, 'clock', state, 'as_is')
export const roleWords = (t: TFunction, role: string): string => coded(t, 'role', role, 'as_is')
export const permissionWords = (t: TFunction, permission: string): string => coded(t, 'permission', permission, 'as_is')
export const actionWords = (t: TFunction, action: string): string => coded(t, 'action', action, 'as_is')

/** One fact of a signal: the name and the value in words. */
export function detailWords(t: TFunction, name: string, value: string): [string, string] {
  const label = coded(t, 'detail', name, 'as_is')
  return [label, name === 'reason' ? coded(t, 'reason', value, 'as_is') : value]
}

/** What an alarm says, in one line. */
export function alarmTitle(t: TFunction, alarm: Pick<Alarm, 'kind'> & Partial<Pick<Alarm, 'text'>>): string {
  return (ruleOf(alarm.kind) && alarm.text) || kindWords(t, alarm.kind)
}

/** Where an alarm is: location, device, point, each once; the device only where the row has room or nothing else says it. */
export function alarmPlace(alarm: Alarm, short = false): string {
  const device = short && alarm.location && alarm.point_name ? '' : alarm.device_name || alarm.device
  const parts = [alarm.location, device, alarm.point_name || alarm.point]
  return parts.filter((part, i) => part && parts.indexOf(part) === i).join(' · ')
}

export function ageWords(t: TFunction, seconds: number): string {
  const parts = ageParts(seconds)
  if (parts.d !== undefined) return t('time.d_h', { d: parts.d, h: parts.h })
  if (parts.h !== undefined) return t('time.h_min', { h: parts.h, min: parts.min })
  if (parts.min !== undefined) return t('time.min', { min: parts.min })
  return t('time.s', { s: parts.s })
}

/** What the console refused and why. */
export function refusalWords(t: TFunction, fault: unknown): string {
  if (!(fault instanceof Refusal)) return t('error.unclear', { detail: String(fault) })
  const { code, detail, params, errors } = fault.problem
  if (code === 'forbidden') {
    const permission = typeof params?.permission === 'string' ? permissionWords(t, params.permission) : ''
    return permission ? t('error.forbidden', { permission }) : t('error.forbidden_plain')
  }
  if (code === 'invalid') {
    const first = errors?.[0]
    const field = String(params?.field ?? first?.location ?? '')
    const reason = String(params?.reason ?? first?.message ?? detail ?? '')
    return t('error.invalid', { field: coded(t, 'field', field, 'as_is'), reason })
  }
  const known = t(`error.${key(code)}`, { ...params, defaultValue: '' })
  return known || t('error.unknown_code', { code, detail: detail ?? '' })
}

/** What became of a command, in words; door is how the point is called. */
export function commandWords(t: TFunction, command: Command, zone: string, overdue: boolean): string {
  const verb = verbWords(t, command.verb)
  const point = command.point
  switch (command.state) {
    case 'requested':
    case 'sent':
      return overdue ? unknownWords(t, command) : t('command.under_way', { verb })
    case 'confirmed': {
      const at = command.finished_at ? clockTime(command.finished_at, zone) : ''
      return command.read_back
        ? t('command.confirmed_read_back', { verb, state: stateWords(t, command.read_back), at })
        : t('command.confirmed', { verb, at })
    }
    case 'refused':
      return t('command.refused', { verb, why: whyWords(t, command) })
    case 'timed_out':
      return t('command.timed_out', { verb, why: whyWords(t, command) })
    case 'unknown':
      return unknownWords(t, command)
    default:
      return t('command.state_unknown', { verb, state: command.state, point })
  }
}

function whyWords(t: TFunction, command: Command): string {
  const { code = '', text = '' } = command
  if (code === '') return text || t('receipt_none')
  const words = coded(t, 'receipt', code, 'receipt_unknown')
  return text && !words.includes(text) ? t('receipt_with_text', { words, text }) : words
}

/** Nobody knows: say exactly what nobody knows, and how to find out. */
export function unknownWords(t: TFunction, command: Command): string {
  const what = t(`command.unknown_what.${key(command.verb)}`, {
    defaultValue: t('command.unknown_what.other', { verb: verbWords(t, command.verb) }),
  })
  const door = /^(access|lock|unlock|block|lockdown|lockdown_release)$/.test(command.verb)
  const why = command.code ? coded(t, 'receipt', command.code, 'receipt_unknown') : ''
  return t(door ? 'command.unknown_door' : 'command.unknown', { what, why })
}

/** A reading in words: "231 V", "Open", "No data". */
export function readingWords(t: TFunction, reading: Reading | null | undefined, unit = ''): string {
  if (!reading) return t('quality.unknown')
  if (reading.value !== undefined && reading.value !== null) {
    const number = new Intl.NumberFormat('en-u-nu-latn', { maximumFractionDigits: 2 }).format(reading.value)
    return unit ? `${number} ${unit}` : number
  }
  const states = reading.states?.length ? reading.states : reading.state ? [reading.state] : []
  const telling = states.length > 1 ? states.filter((s) => s !== 'normal') : states
  if (telling.length > 0) return telling.map((s) => stateWords(t, s)).join(', ')
  return reading.text || t('quality.unknown')
}
