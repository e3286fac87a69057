import { useTranslation } from 'react-i18next'
import { clockTime, day, zoneName } from '../i18n/time'
import { clock, useEachSecond } from '../live'
import { useDesk } from '../session/desk'

const DRIFT = 2_000 // ms; beyond this the machine's own clock is wrong enough to say so

/** The station's wall clock over UTC, by the console's time. */
export function DeskClock() {
  const { t } = useTranslation()
  const { zone } = useDesk()
  const wall = useEachSecond((now) => `${clockTime(now, zone)}|${zoneName(zone, now)}`)
  const under = useEachSecond((now) => `${day(now, zone)} · ${clockTime(now, 'UTC').slice(0, 5)} UTC`)
  const drift = useEachSecond(() => {
    const ms = clock.drift()
    return Math.abs(ms) > DRIFT ? Math.round(ms / 1000) : 0
  })
  const [time, name] = wall.split('|')
  return (
    <div className="clock" dir="ltr" role="timer" aria-label={t('shell.clock')}>
      <b>{time}</b> <i>{name}</i>
      <br />
      <i>{under}</i>
      {drift !== 0 && (
        <span className="chip old" style={{ marginInlineStart: 6 }} title={t('shell.drift_why')}>
          {t('shell.drift', { seconds: drift })}
        </span>
      )}
    </div>
  )
}
