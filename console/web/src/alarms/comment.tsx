import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { alarmPlace, alarmTitle } from '../i18n/words'
import { useAlarm, useLink } from '../live'
import { Dialog } from '../shell/dialog'
import { acknowledge, useAttempt } from './acknowledge'
import { attemptWords, useLate } from './row'

/** Acknowledges with a comment. */
export default function CommentDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation()
  const alarm = useAlarm(id)
  const link = useLink()
  const attempt = useAttempt(id)
  const late = useLate(attempt)
  const [comment, setComment] = useState('')
  if (!alarm) return null
  return (
    <Dialog title={t('alarms.ack_with_comment')} onClose={onClose}>
      <form
        className="body"
        onSubmit={async (event) => {
          event.preventDefault()
          if (link.up && (await acknowledge(alarm, comment.trim()))) onClose()
        }}
      >
        <div>
          <b>{alarmTitle(t, alarm)}</b>
          <div className="dim">{alarmPlace(alarm)}</div>
        </div>
        <label className="field">
          {t('alarms.comment')}
          <input
            className="input"
            autoFocus
            maxLength={500}
            value={comment}
            onChange={(e) => setComment(e.target.value)}
          />
        </label>
        {attempt && (
          <div className={attempt.state === 'sending' ? 'dim' : 'fault'} role="alert">
            {attemptWords(t, attempt, late)}
          </div>
        )}
        <div className="actions">
          <button type="submit" className="btn pri" disabled={!link.up || attempt?.state === 'sending'}>
            {t('alarms.acknowledge')} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
