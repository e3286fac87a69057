import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { Dialog } from '../shell/dialog'
import { useAct } from './act'
import type { Evacuation } from './live'

/** Ends the board with a summary, and says what is still open on it. */
export function Closing({ of: e, off }: { of: Evacuation; off: boolean }) {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  const [summary, setSummary] = useState('')
  const { act, busy, fault, stale } = useAct()
  const floors = e.floors.filter((f) => f.state !== 'swept').length
  const people = e.people.filter((p) => !p.safe).length
  const close = async (event: FormEvent) => {
    event.preventDefault()
    if (await act(`/fire/evacuations/${e.id}/close`, { version: e.version, summary })) setAsking(false)
  }
  return (
    <>
      <button type="button" className="btn no-print" disabled={off} onClick={() => setAsking(true)}>
        {t('fire.close_board')}
      </button>
      {asking && (
        <Dialog title={t('fire.close_board')} onClose={() => setAsking(false)}>
          <form className="body" onSubmit={close}>
            {(floors > 0 || people > 0) && (
              <p className="notice p2" role="status">
                {t('fire.still_open', { floors, people })}
              </p>
            )}
            <label className="field">
              {t('fire.summary')}
              <textarea
                className="input"
                data-autofocus
                rows={4}
                required
                maxLength={4000}
                value={summary}
                onChange={(event) => setSummary(event.target.value)}
              />
            </label>
            {fault !== null && (
              <div className="fault" role="alert">
                {stale ? t('fire.board_changed') : refusalWords(t, fault)}
              </div>
            )}
            <div className="actions">
              <button type="submit" className="btn pri" disabled={busy || summary.trim() === ''}>
                {t('fire.close_board')}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  )
}
