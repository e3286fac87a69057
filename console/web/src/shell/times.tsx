// Times and ages on the screen, in the desk's zone.
import { useTranslation } from 'react-i18next'
import type { Instant } from '../contract'
import { brief, clockTime, dayOrClock, full, withUTC } from '../i18n/time'
import { ageWords } from '../i18n/words'
import { clock, useEachSecond } from '../live'
import { useDesk } from '../session/desk'

/** 05:46:34, with the date from a day on or when asked for, or 22 Nov 05:46; the zone and UTC in the tooltip. */
export function At(props: { at: Instant | number | null | undefined; date?: boolean; short?: boolean }) {
  const { at, date, short } = props
  const { zone } = useDesk()
  if (isNever(at)) return <>–</>
  const iso = typeof at === 'number' ? new Date(at).toISOString() : at
  return (
    <time dateTime={iso} title={withUTC(at, zone)}>
      <bdi>{short ? brief(at, zone, clock.now()) : date ? full(at, zone) : dayOrClock(at, zone, clock.now())}</bdi>
    </time>
  )
}

/** No time, or the zero time of the console. */
function isNever(at: Instant | number | null | undefined): at is null | undefined | '' {
  return !at || (typeof at === 'string' && at.startsWith('0001-'))
}

/** "38 s", "14 min", "1 h 5 min". */
export function Age({ at }: { at: Instant | number | null | undefined }) {
  const { t } = useTranslation()
  const ms = isNever(at) ? Number.NaN : typeof at === 'string' ? Date.parse(at) : at
  const words = useEachSecond((now) => (Number.isNaN(ms) ? '' : ageWords(t, (now - ms) / 1000)))
  return <bdi>{words}</bdi>
}

/** The clock time of a moment, for sentences. */
export function useClockTime(): (at: Instant | number) => string {
  const { zone } = useDesk()
  return (at) => clockTime(at, zone)
}
