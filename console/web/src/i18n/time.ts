// Instants as an operator reads them: the duty station's wall time, 24 hours,
// western digits. The browser's own zone is never used.

const formats = new Map<string, Intl.DateTimeFormat>()

function format(key: string, locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${key} ${locale} ${options.timeZone}`
  let made = formats.get(id)
  if (!made) {
    try {
      made = new Intl.DateTimeFormat(`${locale}-u-nu-latn-hc-h23`, options)
    } catch {
      made = new Intl.DateTimeFormat('en-u-nu-latn-hc-h23', { ...options, timeZone: 'UTC' })
    }
    formats.set(id, made)
  }
  return made
}

const ms = (at: string | number): number => (typeof at === 'number' ? at : Date.parse(at))

/** 05:47:12 */
export function clockTime(at: string | number, zone: string, locale = 'en'): string {
  const t = ms(at)
  if (Number.isNaN(t)) return '–'
  return format('clock', locale, {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(t)
}

/** Sun 22 Nov 2026, whatever order the language prefers. */
export function day(at: string | number, zone: string, locale = 'en'): string {
  const t = ms(at)
  if (Number.isNaN(t)) return '–'
  const parts = format('day', locale, {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }).formatToParts(t)
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${part('weekday')} ${part('day')} ${part('month')} ${part('year')}`
}

/** 05:47:12 on the day, Sat 21 Nov 2026 05:47:12 from 24 hours on. */
export function dayOrClock(at: string | number, zone: string, now: number, locale = 'en'): string {
  return now - ms(at) < 86_400_000 ? clockTime(at, zone, locale) : full(at, zone, locale)
}

/** Sun 22 Nov 2026 05:47:12 */
export function full(at: string | number, zone: string, locale = 'en'): string {
  return Number.isNaN(ms(at)) ? '–' : `${day(at, zone, locale)} ${clockTime(at, zone, locale)}`
}

/** 22 Nov 05:47, for tables that carry the whole date in their head; with the year where it is another. */
export function brief(at: string | number, zone: string, now: number, locale = 'en'): string {
  const t = ms(at)
  if (Number.isNaN(t)) return '–'
  const [, number, month, year] = day(t, zone, locale).split(' ')
  const other = year === day(now, zone, locale).split(' ')[3] ? '' : ` ${year}`
  return `${number} ${month}${other} ${clockTime(t, zone, locale).slice(0, 5)}`
}

/** For tooltips and prints: wall time with its zone, and UTC. */
export function withUTC(at: string | number, zone: string, locale = 'en'): string {
  if (Number.isNaN(ms(at))) return '–'
  if (zone === 'UTC') return `${full(at, zone, locale)} UTC`
  return `${full(at, zone, locale)} ${zoneName(zone, ms(at))} · ${full(at, 'UTC', locale)} UTC`
}

/** The short name of a zone where some English-speaking place has one: EAT, CET, EDT; else GMT+3. */
export function zoneName(zone: string, at: number): string {
  let name = ''
  for (const locale of ['en-KE', 'en-GB', 'en-US', 'en-AU', 'en-ZA', 'en-IN']) {
    name =
      format('zone', locale, { timeZone: zone, timeZoneName: 'short' })
        .formatToParts(at)
        .find((p) => p.type === 'timeZoneName')?.value ?? ''
    if (!/[+\d−-]/.test(name)) return name
  }
  return name
}

/** Units of an age, largest first, at most two: {h: 1, min: 5}. */
export function ageParts(seconds: number): { d?: number; h?: number; min?: number; s?: number } {
  const s = Math.max(0, Math.floor(seconds))
  if (s < 60) return { s }
  if (s < 3600) return { min: Math.floor(s / 60) }
  if (s < 86_400) return { h: Math.floor(s / 3600), min: Math.floor((s % 3600) / 60) }
  return { d: Math.floor(s / 86_400), h: Math.floor((s % 86_400) / 3600) }
}

/**
 * The instant of a wall time ("2026-11-22 05:47:00") in a zone, as RFC 3339.
 * A wall time that the clock skips becomes the moment after the gap; of one
 * that happens twice, the first. Empty for something that is no wall time.
 */
export function instantOf(wall: string, zone: string): string {
  const asUTC = Date.parse(`${wall.trim().replace(' ', 'T')}Z`)
  if (Number.isNaN(asUTC)) return ''
  const candidates = [asUTC - offset(asUTC - 86_400_000, zone), asUTC - offset(asUTC + 86_400_000, zone)]
  const right = candidates.filter((t) => t + offset(t, zone) === asUTC)
  return new Date(right.length > 0 ? Math.min(...right) : Math.max(...candidates)).toISOString()
}

/** How far the wall clock of a zone is ahead of UTC at t, in ms. */
function offset(t: number, zone: string): number {
  const parts = format('offset', 'en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(t)
  const n = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  return (
    Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second')) - Math.floor(t / 1000) * 1000
  )
}
