import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Session } from '../contract'
import { Shield } from '../shell/shield'
import PasswordForm from './password-form'

/** The page that stands before everything while a one-time password is in use. */
export default function NewPassword({ session, onDone }: { session: Session; onDone: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="sign-in">
      <main>
        <h1>
          <Shield size={34} />
          {t('shell.name')}
        </h1>
        <div className="card">
          <p>{t('session.one_time', { name: session.user.name || session.user.username })}</p>
          <PasswordForm onDone={onDone} />
          <button
            type="button"
            className="btn ghost"
            onClick={() => void ask('/session', { method: 'DELETE' }).finally(() => location.reload())}
          >
            {t('session.sign_out')}
          </button>
        </div>
      </main>
    </div>
  )
}
