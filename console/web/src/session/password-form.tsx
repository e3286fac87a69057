import { PasswordInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, Refusal } from '../ask'
import { refusalWords } from '../i18n/words'

const SHORTEST = 12

/** Changes one's own password. */
export default function PasswordForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation()
  const [current, setCurrent] = useState('')
  const [wish, setWish] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const short = [...wish].length < SHORTEST
  const differ = wish !== again

  const send = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (short || differ || busy) return
    setBusy(true)
    setFault(null)
    try {
      await ask('/session/password', { method: 'POST', body: { current, new: wish } })
      onDone()
    } catch (why) {
      setFault(why)
      setBusy(false)
    }
  }
  const toggle = { 'aria-label': t('session.show_password'), tabIndex: 0, 'aria-hidden': false }
  return (
    <form onSubmit={send} style={{ display: 'grid', gap: 12 }} aria-label={t('session.change_password')}>
      <PasswordInput
        label={t('session.current_password')}
        autoComplete="current-password"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={toggle}
        value={current}
        onChange={(e) => setCurrent(e.currentTarget.value)}
      />
      <PasswordInput
        label={t('session.new_password')}
        description={t('session.password_rule', { count: SHORTEST })}
        autoComplete="new-password"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={toggle}
        error={tried && short ? t('session.too_short', { count: SHORTEST }) : undefined}
        value={wish}
        onChange={(e) => setWish(e.currentTarget.value)}
      />
      <PasswordInput
        label={t('session.repeat_password')}
        autoComplete="new-password"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={toggle}
        error={tried && differ ? t('session.differ') : undefined}
        value={again}
        onChange={(e) => setAgain(e.currentTarget.value)}
      />
      {fault !== null && (
        <div className="fault" role="alert">
          {fault instanceof Refusal && fault.code === 'unauthenticated' ? t('session.wrong') : refusalWords(t, fault)}
        </div>
      )}
      <button type="submit" className="btn pri" aria-disabled={busy}>
        {t('session.change_password')}
      </button>
    </form>
  )
}
