import { useTranslation } from 'react-i18next'
import type { Instant } from '../contract'
import { useEachSecond } from '../live'

/** 2:07 to go, or 0:41 over; the same on every desk, by the console's clock. */
export function Countdown({ due }: { due: Instant }) {
  const { t } = useTranslation()
  const at = Date.parse(due)
  const left = useEachSecond((now) => Math.ceil((at - now) / 1000))
  const s = Math.abs(left)
  const time = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
  return (
    <bdi className="countdown" role="timer">
      {left >= 0 ? t('fire.left', { time }) : t('fire.over', { time })}
    </bdi>
  )
}
