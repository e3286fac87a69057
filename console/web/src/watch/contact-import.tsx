import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { Dialog } from '../shell/dialog'
import type { ContactsRead } from './told'

const MOST = 800_000 // bytes of a file

/** Replaces the list by a table; first it says what is wrong with it, row by row. */
export default function ImportContacts({ station, onClose }: { station: Station; onClose: () => void }) {
  const { t } = useTranslation()
  const [table, setTable] = useState('')
  const [read, setRead] = useState<ContactsRead | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [large, setLarge] = useState(false)
  const send = async (text: string, dry: boolean) => {
    setFault(null)
    try {
      const got = await ask<ContactsRead>('/contacts/import', {
        method: 'POST',
        body: { station: station.id, table: text, dry },
      })
      setRead(got)
      if (got.applied) onClose()
    } catch (why) {
      setFault(why)
    }
  }
  const choose = async (file: File | undefined) => {
    setRead(null)
    setLarge(false)
    if (!file) return
    if (file.size > MOST) {
      setLarge(true)
      return
    }
    const text = await file.text()
    setTable(text)
    await send(text, true)
  }
  const faults = read?.faults ?? []
  return (
    <Dialog title={t('contact.import')} onClose={onClose} wide>
      <div className="body">
        <p style={{ margin: 0 }}>{t('contact.import_how')}</p>
        <input
          type="file"
          accept=".csv,text/csv,text/plain"
          aria-label={t('contact.file')}
          onChange={(e) => void choose(e.target.files?.[0])}
        />
        {large && (
          <p className="fault" role="alert">
            {t('contact.too_large')}
          </p>
        )}
        {read && faults.length === 0 && <p role="status">{t('contact.import_fits', { count: read.rows })}</p>}
        {faults.length > 0 && (
          <table className="table" role="alert">
            <thead>
              <tr>
                {['row', 'column', 'reason'].map((head) => (
                  <th scope="col" key={head}>
                    {t(`contact.fault.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {faults.map((f) => (
                <tr key={`${f.row} ${f.column}`}>
                  <td>{f.row}</td>
                  <td>{f.column}</td>
                  <td>{f.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.cancel')}
          </button>
          <button
            type="button"
            className="btn pri"
            disabled={!read || faults.length > 0}
            onClick={() => void send(table, false)}
          >
            {t('contact.import_now')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}
