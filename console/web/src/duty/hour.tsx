import { clockTime, dayOrClock, withUTC } from '../i18n/time'
import { clock } from '../live'
import { useDesk } from '../session/desk'

/** 14:00 by the clock of the station; with the date where it is a day away. */
export function Hour({ at }: { at: string | undefined }) {
  const { zone } = useDesk()
  if (!at || at.startsWith('0001-')) return null
  const far = Math.abs(clock.now() - Date.parse(at)) > 86_400_000
  return (
    <time dateTime={at} title={withUTC(at, zone)}>
      <bdi>{far ? dayOrClock(at, zone, clock.now()) : clockTime(at, zone).slice(0, 5)}</bdi>
    </time>
  )
}
