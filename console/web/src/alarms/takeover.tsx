import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { clockTime } from '../i18n/time'
import { useLink } from '../live'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { take, useAttempt } from './acts'
import { Subject, Told } from './subject'

/** Takes an alarm from the colleague who has it, by name. */
export function TakeOverDialog({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { t } = useTranslation()
  const { zone, session } = useDesk()
  const link = useLink()
  const attempt = useAttempt(alarm.id)
  const owner = alarm.owner
  const free = !owner || owner.by === session.user.id
  const name = owner?.by_name || owner?.by || ''
  return (
    <Dialog title={t('alarms.take_over')} onClose={onClose}>
      <form
        className="body"
        onSubmit={async (event) => {
          event.preventDefault()
          if (link.up && (await take(alarm, true))) onClose()
        }}
      >
        <Subject alarm={alarm} />
        <p>{free ? t('alarms.take_over_free') : t('alarms.take_over_why', { name, at: clockTime(owner.at, zone) })}</p>
        <Told attempt={attempt} />
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.cancel')}
          </button>
          <button type="submit" className="btn pri" data-autofocus disabled={!link.up || attempt?.state === 'sending'}>
            {free ? t('alarms.do.take') : t('alarms.take_over_from', { name })} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
