// Days as the console writes them, 2026-11-22. A day is no instant: nothing here
// knows a zone, so that a roster reads the same from every desk.

const DAY = 86_400_000

export type Day = string

const ms = (day: Day): number => Date.parse(`${day}T00:00:00Z`)

export const addDays = (day: Day, n: number): Day => new Date(ms(day) + n * DAY).toISOString().slice(0, 10)

/** How many days b is after a. */
export const daysBetween = (a: Day, b: Day): number => Math.round((ms(b) - ms(a)) / DAY)

/** 1 is Monday, 7 is Sunday. */
export const weekday = (day: Day): number => new Date(ms(day)).getUTCDay() || 7

/** All days from one to the other, both included. */
export function daysFrom(from: Day, until: Day): Day[] {
  const count = Math.max(0, daysBetween(from, until) + 1)
  return Array.from({ length: count }, (_, i) => addDays(from, i))
}

export const monday = (day: Day): Day => addDays(day, 1 - weekday(day))

/** The day at an instant, by the clock of a zone. */
export function dayOf(at: number, zone: string): Day {
  const parts = new Intl.DateTimeFormat('en-CA-u-nu-latn', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at)
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

const formats = new Map<string, Intl.DateTimeFormat>()

function written(day: Day, locale: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${locale} ${JSON.stringify(options)}`
  let format = formats.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat(`${locale}-u-nu-latn`, { ...options, timeZone: 'UTC' })
    formats.set(key, format)
  }
  return Number.isNaN(ms(day)) ? day : format.format(ms(day))
}

export const dayName = (day: Day, locale = 'en'): string => written(day, locale, { weekday: 'short' })
export const dayNumber = (day: Day): string => String(Number(day.slice(8)))
const monthName = (day: Day, locale: string) => written(day, locale, { month: 'short' })

/** Fri 11 Dec, with the year where it is asked for. */
export function dayWords(day: Day, locale = 'en', year = false): string {
  if (Number.isNaN(ms(day))) return day || '–'
  return `${dayName(day, locale)} ${dayNumber(day)} ${monthName(day, locale)}${year ? ` ${day.slice(0, 4)}` : ''}`
}

/** 30 Nov – 27 Dec 2026. */
export function spanWords(from: Day, until: Day, locale = 'en'): string {
  const one = (day: Day, year: boolean) =>
    `${dayNumber(day)} ${monthName(day, locale)}${year ? ` ${day.slice(0, 4)}` : ''}`
  if (from === until) return one(from, true)
  return `${one(from, from.slice(0, 4) !== until.slice(0, 4))} – ${one(until, true)}`
}

/** "06:30" as minutes after midnight. */
export const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))

/** Minutes after midnight as 06:30; those of the next day begin anew. */
export const clockOf = (minute: number): string =>
  `${String(Math.floor(minute / 60) % 24).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
