// Whom a station may have to reach: the list, the duty chiefs, a table from
// elsewhere, and a test that word arrives.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List, Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { Duty } from './duty'
import type { Contact } from './told'

const ContactForm = lazy(() => import('./contact-form'))
const ImportContacts = lazy(() => import('./contact-import'))

export default function Contacts({ station }: { station: Station }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const client = useQueryClient()
  const [editing, setEditing] = useState<Contact | 'new' | null>(null)
  const [importing, setImporting] = useState(false)
  const [said, setSaid] = useState<{ id: string; fault: unknown } | null>(null)
  const manage = may('watch.manage', station.id)
  const got = useQuery({
    queryKey: ['contacts', station.id],
    queryFn: ({ signal }) => ask<List<Contact>>('/contacts', { query: { station: station.id }, signal }),
  })
  const done = () => {
    setEditing(null)
    setImporting(false)
    void client.invalidateQueries({ queryKey: ['contacts'] })
    void client.invalidateQueries({ queryKey: ['duty'] })
  }
  const test = (c: Contact) =>
    ask(`/contacts/${encodeURIComponent(c.id)}/test`, { method: 'POST' }).then(
      () => setSaid({ id: c.id, fault: null }),
      (fault) => setSaid({ id: c.id, fault }),
    )
  const list = got.data?.items ?? []
  return (
    <>
      {manage && (
        <div className="filters">
          <button type="button" className="btn sm pri" onClick={() => setEditing('new')}>
            {t('contact.add')}
          </button>
          <button type="button" className="btn sm" onClick={() => setImporting(true)}>
            {t('contact.import')}
          </button>
        </div>
      )}
      <div className="scroll" tabIndex={0} role="group" aria-label={t('watch.tab.contacts')}>
        <Duty station={station} contacts={list} />
        {got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : got.isPending ? (
          <Loading />
        ) : list.length === 0 ? (
          <p className="empty">{t('contact.none')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {['name', 'function', 'post', 'phone', 'radio', 'reach', 'role'].map((head) => (
                  <th scope="col" key={head}>
                    {t(`contact.head.${head}`)}
                  </th>
                ))}
                <th scope="col">
                  <span className="sr">{t('contact.test')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.map((c) => (
                <tr key={c.id} data-contact={c.name}>
                  <td>
                    {manage ? (
                      <button type="button" className="rowlink" onClick={() => setEditing(c)}>
                        <bdi>{c.name}</bdi>
                      </button>
                    ) : (
                      <bdi>{c.name}</bdi>
                    )}
                  </td>
                  <td>{c.function}</td>
                  <td>{c.post}</td>
                  <td>
                    <bdi dir="ltr">{c.phone}</bdi>
                  </td>
                  <td>{c.radio}</td>
                  <td>
                    <bdi>{[c.email, c.webhook].filter(Boolean).join(' · ')}</bdi>
                  </td>
                  <td>{c.role && <span className="chip accent">{t(`notify.to.${c.role}`)}</span>}</td>
                  <td className="num">
                    {manage && (c.email || c.webhook) && (
                      <button type="button" className="btn sm" onClick={() => void test(c)}>
                        {t('contact.test')}
                      </button>
                    )}
                    {said !== null && said.id === c.id && (
                      <span role="status" className={said.fault === null ? 'dim' : 'fault'}>
                        {' '}
                        {said.fault === null ? t('contact.tested') : refusalWords(t, said.fault)}
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      <Suspense fallback={null}>
        {editing && <ContactForm station={station} contact={editing === 'new' ? null : editing} onClose={done} />}
        {importing && <ImportContacts station={station} onClose={done} />}
      </Suspense>
    </>
  )
}
