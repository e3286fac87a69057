// The next officer takes over this desk in one step. The screens stay; when it
// fails, the first officer stays too.
import { PasswordInput, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, Refusal } from '../ask'
import type { Session } from '../contract'
import { refusalWords } from '../i18n/words'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'

export function ChangeOfficer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { session } = useDesk()
  const client = useQueryClient()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const name = session.user.name || session.user.username

  const send = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setFault(null)
    try {
      const next = await ask<Session>('/session/change', {
        method: 'POST',
        body: { username: username.trim(), password },
      })
      clock.sample(next.server_time)
      client.setQueryData(['session'], next)
      void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' })
      onClose()
    } catch (why) {
      setFault(why)
      setBusy(false)
      setPassword('')
    }
  }
  return (
    <Dialog title={t('session.change_officer')} onClose={onClose}>
      <form className="body" onSubmit={send} data-change-officer>
        <p className="dim" style={{ margin: 0 }}>
          {t('session.change_officer_why', { name })}
        </p>
        <TextInput
          label={t('session.username')}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          data-autofocus
          value={username}
          onChange={(e) => setUsername(e.currentTarget.value)}
        />
        <PasswordInput
          label={t('session.password')}
          autoComplete="off"
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-label': t('session.show_password'), tabIndex: 0, 'aria-hidden': false }}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {fault !== null && (
          <div className="fault" role="alert">
            {words(t, fault)} {t('session.change_officer_stays', { name })}
          </div>
        )}
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.cancel')}
          </button>
          <button type="submit" className="btn pri" aria-disabled={busy}>
            {busy ? t('session.signing_in') : t('session.take_over_desk')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function words(t: ReturnType<typeof useTranslation>['t'], fault: unknown): string {
  if (fault instanceof Refusal && fault.code === 'unauthenticated') return t('session.wrong')
  return refusalWords(t, fault)
}
