import { TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { RoleAt, User } from '../contract'
import { refusalWords } from '../i18n/words'
import { CopyText } from '../shell/copy'
import { Dialog } from '../shell/dialog'
import { RolesInput } from './roles'

/** Adds a person and shows the one-time password, this one time. */
export default function AddUser({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [username, setUsername] = useState('')
  const [name, setName] = useState('')
  const [roles, setRoles] = useState<RoleAt[]>([])
  const [fault, setFault] = useState<unknown>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    try {
      const got = await ask<{ user: User; one_time_password?: string }>('/users', {
        method: 'POST',
        body: { username: username.trim(), name: name.trim(), roles },
      })
      if (got.one_time_password) setSecret(got.one_time_password)
      else onClose()
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <Dialog title={t('users.add')} onClose={onClose} wide>
      {secret !== null ? (
        <div className="body">
          <p>{t('users.password_once', { name: name || username })}</p>
          <CopyText label={t('users.one_time_password')} text={secret} />
          <div className="actions">
            <button type="button" className="btn pri" onClick={onClose}>
              {t('users.password_told')}
            </button>
          </div>
        </div>
      ) : (
        <form className="body" onSubmit={send}>
          <TextInput
            label={t('users.head.username')}
            required
            withAsterisk={false}
            autoComplete="off"
            value={username}
            onChange={(e) => setUsername(e.currentTarget.value)}
          />
          <TextInput
            label={t('users.head.name')}
            required
            withAsterisk={false}
            autoComplete="off"
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <RolesInput value={roles} onChange={setRoles} />
          {fault !== null && (
            <div className="fault" role="alert">
              {refusalWords(t, fault)}
            </div>
          )}
          <div className="actions">
            <button type="submit" className="btn pri">
              {t('users.add')}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
