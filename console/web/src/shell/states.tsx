// What a page says when it is empty, loading, refused or broken.
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Permission } from '../contract'
import { permissionWords, refusalWords } from '../i18n/words'

export function Missing() {
  const { t } = useTranslation()
  return (
    <div className="empty">
      <h1>{t('shell.no_page')}</h1>
      <p>{t('shell.no_page_next')}</p>
    </div>
  )
}

/** Said to whoever followed a link to a page that they may not open. */
export function NotAllowed({ permission }: { permission: Permission }) {
  const { t } = useTranslation()
  return (
    <div className="empty">
      <h1>{t('shell.not_allowed')}</h1>
      <p>{t('shell.not_allowed_why', { permission: permissionWords(t, permission) })}</p>
    </div>
  )
}

/** What failed, and one thing to do about it. */
export function Failed({ fault, again }: { fault: unknown; again?: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="pad">
      <div className="fault" role="alert">
        {refusalWords(t, fault)}{' '}
        {again && (
          <button type="button" className="btn sm" onClick={again}>
            {t('shell.try_again')}
          </button>
        )}
      </div>
    </div>
  )
}

/** A part that failed to draw says so and tries again; the rest of the screen stays. */
export function Broken({ error, reset }: { error: unknown; reset: () => void }) {
  const { t } = useTranslation()
  useEffect(() => {
    const timer = setTimeout(reset, 3_000)
    return () => clearTimeout(timer)
  }, [reset])
  return (
    <div className="pad">
      <div className="fault" role="alert">
        {t('shell.broken')}{' '}
        {t('shell.broken_detail', { detail: error instanceof Error ? error.message : String(error) })}
      </div>
    </div>
  )
}

/** Grey lines, after 300 ms: what comes at once needs none. */
export function Loading() {
  const { t } = useTranslation()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300)
    return () => clearTimeout(timer)
  }, [])
  if (!late) return null
  return (
    <div role="status" aria-label={t('shell.loading')}>
      <div className="skeleton" />
      <div className="skeleton" />
      <div className="skeleton" />
    </div>
  )
}
