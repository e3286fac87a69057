import { TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { RoleAt, User } from '../contract'
import { refusalWords } from '../i18n/words'
import { CopyText } from '../shell/copy'
import { Dialog } from '../shell/dialog'
import { RolesInput } from './roles'

/** Changes a person's name and roles, takes their entry away, resets their password. */
export default function EditUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState(user.name)
  const [roles, setRoles] = useState<RoleAt[]>(user.roles ?? [])
  const [fault, setFault] = useState<unknown>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const [told, setTold] = useState('')
  const [version, setVersion] = useState(user.version)
  const path = `/users/${encodeURIComponent(user.id)}`
  const attempt = async (act: () => Promise<void>) => {
    setFault(null)
    setTold('')
    try {
      await act()
    } catch (why) {
      setFault(why)
    }
  }
  const change = (body: Partial<User>) =>
    attempt(async () => {
      await ask(path, { method: 'PATCH', body: { ...body, version } })
      onClose()
    })
  const save = (event: FormEvent) => {
    event.preventDefault()
    void change({ name: name.trim(), roles })
  }
  return (
    <Dialog title={user.name || user.username} onClose={onClose} wide>
      <form className="body" onSubmit={save}>
        <TextInput
          label={t('users.head.name')}
          required
          withAsterisk={false}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <RolesInput value={roles} onChange={setRoles} />
        {secret !== null && (
          <>
            <p>{t('users.password_once', { name: user.name || user.username })}</p>
            <CopyText label={t('users.one_time_password')} text={secret} />
          </>
        )}
        <div role="status">{told}</div>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button
            type="button"
            className="btn"
            onClick={() =>
              void attempt(async () => {
                await ask('/sessions', { method: 'DELETE', query: { user: user.id } })
                setTold(t('users.signed_out'))
              })
            }
          >
            {t('users.sign_out')}
          </button>
          <button
            type="button"
            className="btn"
            onClick={() =>
              void attempt(async () => {
                const got = await ask<{ one_time_password: string }>(`${path}/password`, { method: 'POST' })
                setSecret(got.one_time_password)
                // Our own change made a new version; somebody else's would make one more, and is refused.
                setVersion(version + 1)
              })
            }
          >
            {t('users.reset')}
          </button>
          <button type="button" className="btn danger" onClick={() => void change({ disabled: !user.disabled })}>
            {user.disabled ? t('users.enable') : t('users.disable')}
          </button>
          <button type="submit" className="btn pri">
            {t('devices.save')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
