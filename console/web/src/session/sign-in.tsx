import { PasswordInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, Refusal } from '../ask'
import type { About, Session } from '../contract'
import { ageWords, refusalWords, roleWords } from '../i18n/words'
import { Shield } from '../shell/shield'

const DEMO_PASSWORD = 'guardroom-demo'

export default function SignIn({ onSession }: { onSession: (session: Session) => void }) {
  const { t } = useTranslation()
  const about = useQuery({ queryKey: ['about'], queryFn: () => ask<About>('/about'), retry: 1 })
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const wait = useCountdown(fault)

  const send = async (event: FormEvent) => {
    event.preventDefault()
    if (busy || wait > 0) return
    setBusy(true)
    setFault(null)
    try {
      onSession(await ask<Session>('/session', { method: 'POST', body: { username: username.trim(), password } }))
    } catch (why) {
      setFault(why)
      setBusy(false)
    }
  }
  return (
    <div className="sign-in">
      <main>
        <h1>
          <Shield size={34} />
          {about.data?.name ?? t('shell.name')}
          {about.data?.demo && <span className="chip demo">{t('shell.demo')}</span>}
        </h1>
        <form className="card" onSubmit={send} aria-label={t('session.sign_in')}>
          <TextInput
            label={t('session.username')}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            data-autofocus
            autoFocus
            value={username}
            onChange={(e) => setUsername(e.currentTarget.value)}
          />
          <PasswordInput
            label={t('session.password')}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            visibilityToggleButtonProps={{
              'aria-label': t('session.show_password'),
              tabIndex: 0,
              'aria-hidden': false,
            }}
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
          />
          {fault !== null && (
            <div className="fault" role="alert">
              {wait > 0 ? t('session.wait', { age: ageWords(t, wait) }) : signInWords(t, fault)}
            </div>
          )}
          <button type="submit" className="btn pri" aria-disabled={busy || wait > 0}>
            {busy ? t('session.signing_in') : t('session.sign_in')}
          </button>
        </form>
        {about.data?.demo && (about.data.accounts?.length ?? 0) > 0 && (
          <section className="card" aria-label={t('session.demo_accounts')}>
            <h2>{t('session.demo_accounts')}</h2>
            <p className="dim">{t('session.demo_password', { password: DEMO_PASSWORD })}</p>
            <div className="accounts">
              {about.data.accounts?.map((account) => {
                const name = typeof account === 'string' ? account : account.username
                const secret = (typeof account !== 'string' && account.password) || DEMO_PASSWORD
                return (
                  <button
                    key={name}
                    type="button"
                    className="btn sm"
                    onClick={() => {
                      setUsername(name)
                      setPassword(secret)
                    }}
                  >
                    {roleWords(t, name)}
                  </button>
                )
              })}
            </div>
          </section>
        )}
      </main>
    </div>
  )
}

/** A wrong name and a wrong password sound the same; nothing else does. */
function signInWords(t: ReturnType<typeof useTranslation>['t'], fault: unknown): string {
  if (fault instanceof Refusal && fault.code === 'unauthenticated') return t('session.wrong')
  if (fault instanceof Refusal && fault.code === 'too_many_attempts') return t('session.again')
  return refusalWords(t, fault)
}

/** Seconds until the console listens again. */
function useCountdown(fault: unknown): number {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    const after = fault instanceof Refusal ? Number(fault.problem.params?.retry_after ?? 0) : 0
    setLeft(Math.ceil(after) || 0)
    if (!after) return
    const until = performance.now() + after * 1000
    const timer = setInterval(() => {
      const rest = Math.max(0, Math.ceil((until - performance.now()) / 1000))
      setLeft(rest)
      if (rest === 0) clearInterval(timer)
    }, 500)
    return () => clearInterval(timer)
  }, [fault])
  return left
}
