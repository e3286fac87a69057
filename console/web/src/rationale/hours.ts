// Hours of the week with a time of their own, as the form of a door shows them.
import type { DoorTime } from './rationale'

export type Span = NonNullable<DoorTime['hours']>[number]

export const week = [1, 2, 3, 4, 5, 6, 7] as const // Monday to Sunday
const MONDAY = Date.UTC(2024, 0, 1) // any Monday

/** Mon, Tue, … of a day from 1, Monday, to 7. */
export const dayName = (day: number, locale: string): string =>
  new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(MONDAY + (day - 1) * 86_400_000)

/** "Mon–Fri" and "Mon, Wed": three days or more that follow each other are one stretch. */
export function daysWords(days: readonly number[], locale: string): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b)
  const words: string[] = []
  for (let i = 0; i < sorted.length; ) {
    let last = i
    while (sorted[last + 1] === (sorted[last] ?? 0) + 1) last++
    const stretch = sorted.slice(i, last + 1).map((day) => dayName(day, locale))
    words.push(...(stretch.length > 2 ? [`${stretch[0]}–${stretch[stretch.length - 1]}`] : stretch))
    i = last + 1
  }
  return words.join(', ')
}

/** A time as people type it, "6:00" or "0600", as the console wants it; as it came when it is none. */
export function wallTime(text: string): string {
  const found = /^(\d{1,2}):?(\d{2})$/.exec(text.trim())
  return found ? `${found[1]?.padStart(2, '0')}:${found[2]}` : text.trim()
}

/** What is wrong with a stretch of hours, by the name of its field; undefined when nothing is. */
export function wrongIn(span: Span): 'days' | 'from' | 'to' | 'held_after' | undefined {
  const isTime = (text: string) => /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(text)
  if ((span.days ?? []).length === 0) return 'days'
  if (!isTime(span.from)) return 'from'
  if (!isTime(span.to)) return 'to'
  return span.held_after >= 5 && span.held_after <= 3600 ? undefined : 'held_after'
}
