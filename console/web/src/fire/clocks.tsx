import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { ageWords } from '../i18n/words'
import { useEachSecond } from '../live'

/** Each of the two clocks of a fire alarm should stop within 90 seconds. */
const LIMIT = 90

/** Panel to console, and console to an answer. */
export function Clocks({ alarm: a }: { alarm: Alarm }) {
  const { t } = useTranslation()
  const raised = Date.parse(a.raised_at)
  const received = Date.parse(a.received_at)
  const answered = a.acknowledged ? Date.parse(a.acknowledged.at) : undefined
  const way = Math.max(0, Math.round((received - raised) / 1000))
  const wait = useEachSecond((now) => Math.max(0, Math.round(((answered ?? now) - received) / 1000)))
  return (
    <span className="clocks">
      <span className={way > LIMIT ? 'late' : undefined}>{t('fire.clock_way', { time: ageWords(t, way) })}</span>
      <span className={wait > LIMIT ? 'late' : undefined}>
        {answered === undefined
          ? t('fire.clock_waiting', { time: ageWords(t, wait) })
          : t('fire.clock_answered', { time: ageWords(t, wait) })}
        {wait > LIMIT && ` · ${t('fire.over_90')}`}
      </span>
    </span>
  )
}
