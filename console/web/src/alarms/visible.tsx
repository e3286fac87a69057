import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Refusal } from '../ask'
import type { Alarm } from '../contract'
import { alarmPlace, alarmTitle, refusalWords } from '../i18n/words'
import { useLink } from '../live'
import { Dialog } from '../shell/dialog'
import { acknowledgeAll, type Outcome } from './acts'
import { whyWords } from './attempt'
import { AlarmGlyph } from './glyph'
import { bandOf, priorityOf } from './order'

/** Acknowledges the alarms of low priority that were on the screen, by name; each row says what became of it. */
export function VisibleDialog({ alarms, onClose }: { alarms: Alarm[]; onClose: () => void }) {
  const { t } = useTranslation()
  const link = useLink()
  const [comment, setComment] = useState('')
  const [busy, setBusy] = useState(false)
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const outcome = (id: string) => outcomes?.find((o) => o.id === id)
  const failed = outcomes?.filter((o) => !o.done).length ?? 0
  return (
    <Dialog title={t('alarms.visible_title', { count: alarms.length })} onClose={onClose}>
      <form
        className="body"
        onSubmit={async (event) => {
          event.preventDefault()
          if (outcomes) return onClose()
          if (busy || !link.up) return
          setBusy(true)
          setFault(null)
          try {
            setOutcomes(await acknowledgeAll(alarms, comment.trim()))
          } catch (why) {
            setFault(why)
          }
          setBusy(false)
        }}
      >
        <ul className="bulk">
          {alarms.map((alarm) => {
            const one = outcome(alarm.id)
            return (
              <li key={alarm.id} data-outcome={one ? (one.done ? 'done' : one.code) : undefined}>
                <AlarmGlyph
                  priority={priorityOf(alarm)}
                  band={one?.done ? 'acknowledged' : bandOf(alarm)}
                  size={18}
                  still
                />
                <span>
                  <b>{alarmTitle(t, alarm)}</b> <span className="dim">{alarmPlace(alarm, true)}</span>
                </span>
                {one && (
                  <span className={one.done ? 'faint' : 'bad'}>
                    {one.done
                      ? t('alarms.outcome_done')
                      : whyWords(t, new Refusal({ status: 409, code: one.code, detail: one.detail }))}
                  </span>
                )}
              </li>
            )
          })}
        </ul>
        {outcomes ? (
          <p role="status">{failed > 0 ? t('alarms.outcome_some', { count: failed }) : t('alarms.outcome_all')}</p>
        ) : (
          <label className="field">
            {t('alarms.comment')}
            <input
              type="text"
              className="input"
              maxLength={500}
              value={comment}
              onChange={(e) => setComment(e.target.value)}
            />
          </label>
        )}
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="submit" className="btn pri" disabled={!link.up || busy}>
            {outcomes ? t('shell.done') : t('alarms.visible_do', { count: alarms.length })} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
