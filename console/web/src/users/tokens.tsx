import { TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { RoleAt, TokenInfo } from '../contract'
import { refusalWords } from '../i18n/words'
import { clock } from '../live'
import { CopyText } from '../shell/copy'
import { Dialog } from '../shell/dialog'
import { PagedTable } from '../shell/paged-table'
import { usePaged } from '../shell/pages-of'
import { At } from '../shell/times'
import { RoleList } from './page'
import { RolesInput } from './roles'

/** The tokens of machines. */
export default function Tokens() {
  const { t } = useTranslation()
  const paged = usePaged<TokenInfo>('/tokens', {})
  const [adding, setAdding] = useState(false)
  const [sure, setSure] = useState<string | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const revoke = async (id: string) => {
    setFault(null)
    try {
      await ask(`/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
      setSure(null)
      paged.again()
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <>
      <div className="filters">
        <button type="button" className="btn sm pri" onClick={() => setAdding(true)}>
          {t('users.add_token')}
        </button>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
      </div>
      <PagedTable
        label={t('users.tokens')}
        paged={paged}
        none={t('users.no_tokens')}
        words="users.head"
        heads={['name', 'roles', 'expires', 'last_used', 'remove']}
        row={(token) => (
          <tr key={token.id}>
            <td>{token.name}</td>
            <td>
              <RoleList roles={token.roles ?? []} />
            </td>
            <td>{token.expires_at ? <At at={token.expires_at} date /> : t('users.no_end')}</td>
            <td>{token.last_used ? <At at={token.last_used} date /> : t('users.never')}</td>
            <td>
              {sure === token.id ? (
                <button type="button" className="btn sm danger" onClick={() => void revoke(token.id)}>
                  {t('users.revoke_sure')}
                </button>
              ) : (
                <button type="button" className="btn sm" onClick={() => setSure(token.id)}>
                  {t('users.revoke')}
                </button>
              )}
            </td>
          </tr>
        )}
      />
      {adding && (
        <AddToken
          onClose={() => {
            setAdding(false)
            paged.again()
          }}
        />
      )}
    </>
  )
}

function AddToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [roles, setRoles] = useState<RoleAt[]>([])
  const [days, setDays] = useState(90)
  const [fault, setFault] = useState<unknown>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    try {
      const got = await ask<{ token: string }>('/tokens', {
        method: 'POST',
        body: { name: name.trim(), roles, expires_at: days > 0 ? inDays(days) : undefined },
      })
      setSecret(got.token)
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <Dialog title={t('users.add_token')} onClose={onClose} wide>
      {secret !== null ? (
        <div className="body">
          <p>{t('users.token_once')}</p>
          <CopyText label={t('users.token')} text={secret} />
          <div className="actions">
            <button type="button" className="btn pri" onClick={onClose}>
              {t('users.token_kept')}
            </button>
          </div>
        </div>
      ) : (
        <form className="body" onSubmit={send}>
          <TextInput
            label={t('users.head.name')}
            required
            withAsterisk={false}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <label className="field">
            {t('users.expires')}
            <select className="input" value={days} onChange={(e) => setDays(Number(e.target.value))}>
              {[30, 90, 365, 0].map((n) => (
                <option key={n} value={n}>
                  {n > 0 ? t('users.in_days', { count: n }) : t('users.no_end')}
                </option>
              ))}
            </select>
          </label>
          <RolesInput value={roles} onChange={setRoles} />
          {fault !== null && (
            <div className="fault" role="alert">
              {refusalWords(t, fault)}
            </div>
          )}
          <div className="actions">
            <button type="submit" className="btn pri">
              {t('users.add_token')}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

const inDays = (days: number): string => new Date(clock.now() + days * 86_400_000).toISOString()
