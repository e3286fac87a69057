import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { Dialog } from '../shell/dialog'
import type { Contact } from './told'

const fields = ['name', 'function', 'post', 'phone', 'radio', 'email', 'webhook'] as const

/** Adds or changes somebody whom the station may have to reach. */
export default function ContactForm({
  station,
  contact,
  onClose,
}: {
  station: Station
  contact: Contact | null
  onClose: () => void
}) {
  const { t } = useTranslation()
  const [values, setValues] = useState<Record<string, string>>(
    Object.fromEntries(fields.map((f) => [f, contact?.[f] ?? ''])),
  )
  const [role, setRole] = useState<string>(contact?.role ?? '')
  const [fault, setFault] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    const body = { ...values, role, user: contact?.user ?? '', position: contact?.position ?? 1000 }
    const sent = contact
      ? ask(`/contacts/${encodeURIComponent(contact.id)}`, {
          method: 'PATCH',
          body: { ...body, version: contact.version },
        })
      : ask('/contacts', { method: 'POST', body: { ...body, station: station.id } })
    sent.then(onClose, setFault)
  }
  const remove = () => {
    if (contact) ask(`/contacts/${encodeURIComponent(contact.id)}`, { method: 'DELETE' }).then(onClose, setFault)
  }
  return (
    <Dialog title={contact ? t('contact.change') : t('contact.add')} onClose={onClose}>
      <form className="body" onSubmit={send}>
        {fields.map((f) => (
          <label key={f} className="field">
            {t(`contact.head.${f}`)}
            <input
              className="input"
              name={f}
              required={f === 'name'}
              maxLength={200}
              value={values[f] ?? ''}
              onChange={(e) => setValues({ ...values, [f]: e.target.value })}
            />
          </label>
        ))}
        <label className="field">
          {t('contact.head.role')}
          <select className="input" value={role} onChange={(e) => setRole(e.target.value)}>
            {['', 'delivery', 'supervisor', 'duty_chief'].map((r) => (
              <option key={r} value={r}>
                {r === '' ? t('contact.no_word') : t(`notify.to.${r}`)}
              </option>
            ))}
          </select>
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          {contact && (
            <button type="button" className="btn" onClick={remove}>
              {t('contact.remove')}
            </button>
          )}
          <span className="grow" />
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.cancel')}
          </button>
          <button type="submit" className="btn pri">
            {t('watch.save')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
