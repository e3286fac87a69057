import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { useLink } from '../live'
import { Dialog } from '../shell/dialog'
import { acknowledge, useAttempt } from './acts'
import { Subject, Told } from './subject'

/** Acknowledges with a comment. */
export function CommentDialog({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { t } = useTranslation()
  const link = useLink()
  const attempt = useAttempt(alarm.id)
  const [comment, setComment] = useState('')
  return (
    <Dialog title={t('alarms.ack_with_comment')} onClose={onClose}>
      <form
        className="body"
        onSubmit={async (event) => {
          event.preventDefault()
          if (link.up && (await acknowledge(alarm, comment.trim()))) onClose()
        }}
      >
        <Subject alarm={alarm} />
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
        <Told attempt={attempt} />
        <div className="actions">
          <button type="submit" className="btn pri" disabled={!link.up || attempt?.state === 'sending'}>
            {t('alarms.acknowledge')} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
