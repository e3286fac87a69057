import { useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Station } from '../contract'
import { clockTime, day, zoneName } from '../i18n/time'
import { clock, useAlarm, useEachSecond } from '../live'
import { ALL, useDesk } from '../session/desk'

const DRIFT = 2_000 // ms; beyond this the machine's own clock is wrong enough to say so

/**
 * The station's wall clock over UTC, by the console's time. A desk of stations in
 * several zones reads UTC, and beside it the time where the selected alarm is.
 */
export function DeskClock() {
  const { t } = useTranslation()
  const { zone } = useDesk()
  const there = useStationOfAlarm()
  const wall = useEachSecond((now) => `${clockTime(now, zone)}|${zone === 'UTC' ? 'UTC' : zoneName(zone, now)}`)
  const date = useEachSecond((now) => day(now, zone))
  const under = useEachSecond((now) => {
    if (zone !== 'UTC') return `${clockTime(now, 'UTC').slice(0, 5)} UTC`
    const local = there?.time_zone || 'UTC'
    return local === 'UTC' ? '' : `${clockTime(now, local).slice(0, 5)} ${zoneName(local, now)}`
  })
  const drift = useEachSecond(() => {
    const ms = clock.drift()
    return Math.abs(ms) > DRIFT ? Math.round(ms / 1000) : 0
  })
  const [time, name] = wall.split('|')
  return (
    <div className="clock" dir="ltr" role="timer" aria-label={t(zone === 'UTC' ? 'shell.clock_utc' : 'shell.clock')}>
      <b>{time}</b> <i>{name}</i>
      <br />
      <i>{zone === 'UTC' ? date : `${date} · ${under}`}</i>
      {zone === 'UTC' && there && under && (
        <i className="clock-there" title={there.name} data-clock-of={there.id}>
          {' · '}
          <span>{under}</span> <bdi>{there.name}</bdi>
        </i>
      )}
      {drift !== 0 && (
        <span className="chip old" style={{ marginInlineStart: 6 }} title={t('shell.drift_why')}>
          {t('shell.drift', { seconds: drift })}
        </span>
      )}
    </div>
  )
}

/** The station of the alarm that is looked at, at a desk that sees several. */
function useStationOfAlarm(): Station | undefined {
  const desk = useDesk()
  const id = useSearch({ strict: false }).alarm
  const alarm = useAlarm(id)
  return desk.station === ALL ? desk.stations.find((s) => s.id === alarm?.station) : undefined
}
