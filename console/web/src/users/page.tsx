// Users and machine tokens.
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RoleAt, User } from '../contract'
import { roleWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'
import { PagedTable } from '../shell/paged-table'
import { usePaged } from '../shell/pages-of'
import { Loading } from '../shell/states'
import { At } from '../shell/times'

const AddUser = lazy(() => import('./add'))
const EditUser = lazy(() => import('./edit'))
const Tokens = lazy(() => import('./tokens'))

export default function Users() {
  const { t } = useTranslation()
  const { may } = useDesk()
  const search = useSearch({ from: '/users' })
  const navigate = useNavigate({ from: '/users' })
  const tokens = may('tokens.manage') && (search.tab === 'tokens' || !may('users.manage'))
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('users.title')} data-panel>
        <div className="ph">
          <h2>{t('users.title')}</h2>
          <div className="seg">
            {may('users.manage') && (
              <button type="button" aria-pressed={!tokens} onClick={() => void navigate({ search: {} })}>
                {t('users.people')}
              </button>
            )}
            {may('tokens.manage') && (
              <button type="button" aria-pressed={tokens} onClick={() => void navigate({ search: { tab: 'tokens' } })}>
                {t('users.tokens')}
              </button>
            )}
          </div>
        </div>
        <Suspense fallback={<Loading />}>{tokens ? <Tokens /> : <People />}</Suspense>
      </section>
    </div>
  )
}

function People() {
  const { t } = useTranslation()
  const paged = usePaged<User>('/users', {})
  const [adding, setAdding] = useState(false)
  const [editing, setEditing] = useState<User | null>(null)
  return (
    <>
      <div className="filters">
        <button type="button" className="btn sm pri" onClick={() => setAdding(true)}>
          {t('users.add')}
        </button>
      </div>
      <PagedTable
        label={t('users.people')}
        paged={paged}
        none={t('users.none')}
        words="users.head"
        heads={['name', 'username', 'roles', 'last_sign_in', 'state']}
        row={(user) => (
          <tr key={user.id} data-user={user.username}>
            <td>
              <button type="button" className="rowlink" onClick={() => setEditing(user)}>
                <bdi>{user.name || user.username}</bdi>
              </button>
            </td>
            <td className="mono">{user.username}</td>
            <td>
              <RoleList roles={user.roles ?? []} />
            </td>
            <td>{user.last_sign_in ? <At at={user.last_sign_in} date /> : t('users.never')}</td>
            <td>
              {user.disabled ? (
                <span className="chip old">{t('users.disabled')}</span>
              ) : user.must_change_password ? (
                <span className="chip">{t('users.one_time')}</span>
              ) : (
                <span className="dim">{t('users.active')}</span>
              )}
            </td>
          </tr>
        )}
      />
      <Suspense fallback={null}>
        {adding && (
          <AddUser
            onClose={() => {
              setAdding(false)
              paged.again()
            }}
          />
        )}
        {editing && (
          <EditUser
            user={editing}
            onClose={() => {
              setEditing(null)
              paged.again()
            }}
          />
        )}
      </Suspense>
    </>
  )
}

export function RoleList({ roles }: { roles: RoleAt[] }) {
  const { t } = useTranslation()
  const { stations } = useDesk()
  const at = (id: string) => (id === ALL ? t('users.everywhere') : (stations.find((s) => s.id === id)?.name ?? id))
  if (roles.length === 0) return <span className="faint">{t('users.no_roles')}</span>
  return (
    <span>
      {roles.map((r) => t('users.role_at', { role: roleWords(t, r.role), station: at(r.station) })).join(', ')}
    </span>
  )
}
