import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Alarm, Shelf } from '../contract'
import { alarmPlace, alarmTitle } from '../i18n/words'
import { board, useLink } from '../live'
import { Dialog } from '../shell/dialog'
import { whyWords } from './attempt'

/** Puts a shelved point, or one out of service, back into the list, with a reason for the record. */
export function RestoreDialog(props: {
  shelf: string
  mode: string
  what: Pick<Alarm, 'kind' | 'point' | 'point_name'> & Partial<Alarm>
  onClose: () => void
}) {
  const { shelf, mode, what, onClose } = props
  const { t } = useTranslation()
  const link = useLink()
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  return (
    <Dialog title={t(`shelf.restore_title.${mode}`)} onClose={onClose}>
      <form
        className="body"
        onSubmit={async (event) => {
          event.preventDefault()
          if (busy || !link.up) return
          setBusy(true)
          setFault(null)
          try {
            await ask(`/shelf/${encodeURIComponent(shelf)}`, { method: 'DELETE', query: { reason: reason.trim() } })
            board.thing('shelf', { id: shelf, gone: true })
            void client.invalidateQueries({ queryKey: ['alarm'] })
            onClose()
          } catch (why) {
            setFault(why)
            setBusy(false)
          }
        }}
      >
        <div>
          <b>{what.kind ? alarmTitle(t, what) : t('shelf.all_kinds')}</b>
          <div className="dim">{alarmPlace(what as Alarm)}</div>
        </div>
        <p>{t('shelf.restore_means')}</p>
        <label className="field">
          {t('shelf.restore_reason')}
          <input
            type="text"
            className="input"
            data-autofocus
            maxLength={500}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
          />
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {whyWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="submit" className="btn pri" disabled={!link.up || busy}>
            {t('shelf.restore')} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export const subjectOf = (s: Shelf) => ({
  kind: s.kind,
  point: s.point,
  point_name: s.point_name,
  device_name: s.device_name,
  location: s.location,
})
