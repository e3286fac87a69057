// When a station is in a flood.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords } from '../i18n/words'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import type { FloodChoice } from './figures'

export default function FloodSettings({ station, onClose }: { station: string; onClose: () => void }) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['flood-settings', station],
    queryFn: ({ signal }) => ask<FloodChoice>('/flood-settings', { query: { station }, signal }),
    staleTime: 0,
  })
  const [draft, setDraft] = useState<FloodChoice | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  useEffect(() => {
    if (got.data) setDraft(got.data)
  }, [got.data])
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (!draft) return
    const { begin, end, minutes, version } = draft
    try {
      await ask<FloodChoice>('/flood-settings', { method: 'POST', body: { station, begin, end, minutes, version } })
      onClose()
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <Dialog title={t('flood.settings')} onClose={onClose}>
      {got.error ? (
        <Failed fault={got.error} again={() => void got.refetch()} />
      ) : !draft ? (
        <Loading />
      ) : (
        <form className="body" onSubmit={(e) => void save(e)}>
          <p className="dim">{t('flood.settings_why')}</p>
          {(['begin', 'minutes', 'end'] as const).map((name) => (
            <label key={name} className="field">
              {t(`flood.${name}`)}
              <input
                className="input"
                type="number"
                min={1}
                required
                value={draft[name]}
                onChange={(e) => setDraft({ ...draft, [name]: Number(e.target.value) })}
              />
            </label>
          ))}
          {fault !== null && (
            <p className="fault" role="alert">
              {refusalWords(t, fault)}
            </p>
          )}
          <div className="actions">
            <button type="button" className="btn" onClick={onClose}>
              {t('shell.close')}
            </button>
            <button type="submit" className="btn pri">
              {t('flood.save')}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
