import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { alarmPlace, alarmTitle } from '../i18n/words'
import type { Attempt } from './acts'
import { attemptWords, useLate } from './attempt'
import { AlarmGlyph } from './glyph'
import { bandOf, priorityOf, wantsClosing } from './order'

/** Which alarm a question is about. */
export function Subject({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  return (
    <div className="subject">
      <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={22} still over={wantsClosing(alarm)} />
      <div>
        <b>{alarmTitle(t, alarm)}</b>
        <div className="dim">{alarmPlace(alarm)}</div>
      </div>
    </div>
  )
}

/** What became of the attempt, above the buttons. */
export function Told({ attempt }: { attempt: Attempt | undefined }) {
  const { t } = useTranslation()
  const late = useLate(attempt)
  if (!attempt) return null
  return (
    <div className={attempt.state === 'sending' ? 'dim' : 'fault'} role="alert">
      {attemptWords(t, attempt, late)}
    </div>
  )
}
