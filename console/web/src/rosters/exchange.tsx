// Officers, posts or a whole roster from the station's own spreadsheet: read as a
// trial first, every row that cannot be used with its place and the reason, codes
// that nobody explained to be explained, and then for good.
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import type { Imported } from './contract'
import { leaveKinds } from './contract'
import type { Rolls } from './register'
import { leaveWords, refusedWords } from './words'

const LARGEST = 8 << 20 // bytes
const kinds = ['officers', 'posts', 'roster', 'duties'] as const
type What = (typeof kinds)[number]

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(text)
}

export default function Exchange(props: {
  station: string
  rolls: Rolls
  draft?: string
  what?: What
  onClose: () => void
}) {
  const { station, rolls, draft = '', onClose } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const [what, setWhat] = useState<What>(props.what ?? (draft ? 'roster' : 'officers'))
  const [content, setContent] = useState('')
  const [read, setRead] = useState<Imported | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [tooLarge, setTooLarge] = useState(false)
  const [busy, setBusy] = useState(false)
  const send = async (file: string, kind: What, dry_run: boolean, mapping?: Imported['mapping']) => {
    setBusy(true)
    setFault(null)
    try {
      setRead(
        await ask<Imported>(`/rosters/${station}/import`, {
          method: 'POST',
          body: { what: kind, file, dry_run, draft, ...(mapping && { mapping }) },
          timeout: 60_000,
        }),
      )
      if (!dry_run) await client.invalidateQueries({ queryKey: ['rosters', station] })
    } catch (why) {
      setFault(why)
      if (dry_run) setRead(null)
    }
    setBusy(false)
  }
  const choose = async (file: File | undefined) => {
    setRead(null)
    setFault(null)
    setTooLarge(false)
    if (!file) return
    if (file.size > LARGEST) return setTooLarge(true)
    const text = await base64(file)
    setContent(text)
    await send(text, what, true)
  }
  const remap = (change: Partial<Imported['mapping']>) =>
    read && void send(content, what, true, { ...read.mapping, ...change })
  const needsDraft = (what === 'roster' || what === 'duties') && draft === ''
  return (
    <Dialog title={t('rosters.import_title')} onClose={onClose} wide>
      <div className="body" data-import={read ? (read.saved ? 'saved' : 'read') : 'none'}>
        <fieldset className="seg" aria-label={t('rosters.import_what')}>
          {kinds.map((kind) => (
            <button
              key={kind}
              type="button"
              aria-pressed={what === kind}
              onClick={() => {
                setWhat(kind)
                setRead(null)
                if (content && !((kind === 'roster' || kind === 'duties') && draft === ''))
                  void send(content, kind, true)
              }}
            >
              {t(`rosters.import_kind.${kind}`)}
            </button>
          ))}
        </fieldset>
        <p className="dim">{t(`rosters.import_how.${what}`)}</p>
        {needsDraft ? (
          <p className="notice-box">{t('rosters.import_needs_draft')}</p>
        ) : (
          <label className="field">
            {t('rosters.file')}
            <input
              className="input"
              type="file"
              accept=".csv,.xlsx"
              onChange={(e) => void choose(e.target.files?.[0])}
            />
          </label>
        )}
        {tooLarge && (
          <p className="fault" role="alert">
            {t('rosters.too_large')}
          </p>
        )}
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        {read && (
          <>
            <p role="status">
              {t(read.saved ? 'rosters.import_saved' : 'rosters.import_read', {
                count: read.read,
                added: read.added,
                changed: read.changed,
              })}{' '}
              {read.skipped > 0 && t('rosters.import_skipped', { count: read.skipped })}{' '}
              {read.problems.length > 0 && t('rosters.import_problems', { count: read.problems.length })}
            </p>
            {!read.saved && <Columns read={read} onMap={remap} />}
            {!read.saved && Object.keys(read.unknown).length > 0 && (
              <Codes read={read} rolls={rolls} onMap={(codes) => remap({ codes })} />
            )}
            <Faults read={read} />
          </>
        )}
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.close')}
          </button>
          {!read?.saved && (
            <button
              type="button"
              className="btn pri"
              disabled={busy || !read || read.read === 0 || needsDraft}
              onClick={() => read && void send(content, what, false, read.mapping)}
            >
              {t('rosters.import_do', { count: read?.read ?? 0 })}
            </button>
          )}
        </div>
      </div>
    </Dialog>
  )
}

/** Which column of the file holds what. */
function Columns({ read, onMap }: { read: Imported; onMap: (change: Partial<Imported['mapping']>) => void }) {
  const { t } = useTranslation()
  const { columns } = read.mapping
  return (
    <details>
      <summary>{t('rosters.columns', { count: Object.keys(columns).length })}</summary>
      <div className="import-columns">
        {Object.entries(columns)
          .sort((a, b) => a[1] - b[1])
          .map(([field, column]) => (
            <label key={field} className="field">
              {field.replace(/_/g, ' ')}
              <select
                className="input"
                value={column}
                onChange={(e) => onMap({ columns: { ...columns, [field]: Number(e.target.value) } })}
              >
                {read.head.map((head, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
                  <option key={i} value={i + 1}>
                    {head || t('rosters.column_n', { n: i + 1 })}
                  </option>
                ))}
              </select>
            </label>
          ))}
      </div>
    </details>
  )
}

/** What the codes mean that this station does not know. */
function Codes(props: { read: Imported; rolls: Rolls; onMap: (codes: Record<string, string>) => void }) {
  const { read, rolls, onMap } = props
  const { t } = useTranslation()
  const codes = read.mapping.codes
  return (
    <section aria-label={t('rosters.unknown_codes')}>
      <h3 className="h3">{t('rosters.unknown_codes')}</h3>
      <div className="import-columns">
        {Object.entries(read.unknown)
          .sort((a, b) => b[1] - a[1])
          .slice(0, 40)
          .map(([code, times]) => (
            <label key={code} className="field">
              <span>
                <b>
                  <bdi>{code}</bdi>
                </b>{' '}
                {t('rosters.times_n', { count: times })}
              </span>
              <select
                className="input"
                value={codes[code] ?? ''}
                onChange={(e) => onMap({ ...codes, [code]: e.target.value })}
              >
                <option value="">{t('rosters.code_unread')}</option>
                <option value="off">{t('rosters.free')}</option>
                {[...rolls.types.values()].map((type) => (
                  <option key={type.code} value={`shift:${type.code}`}>
                    {type.code} {type.name}
                  </option>
                ))}
                {leaveKinds.map((kind) => (
                  <option key={kind} value={`leave:${kind}`}>
                    {leaveWords(t, kind)}
                  </option>
                ))}
              </select>
            </label>
          ))}
      </div>
    </section>
  )
}

function Faults({ read }: { read: Imported }) {
  const { t } = useTranslation()
  if (read.problems.length === 0) return null
  return (
    <div className="scroll import-table" tabIndex={0} role="group" aria-label={t('rosters.import_faults')}>
      <table className="table">
        <thead>
          <tr>
            {['row', 'column', 'value', 'why'].map((head) => (
              <th scope="col" key={head}>
                {t(`rosters.import_head.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {read.problems.map((p) => (
            <tr key={`${p.row} ${p.column} ${p.code}`}>
              <td className="num">{p.row}</td>
              <td>{p.column > 0 ? read.head[p.column - 1] || t('rosters.column_n', { n: p.column }) : '–'}</td>
              <td className="mono">
                <bdi>{p.value}</bdi>
              </td>
              <td>{p.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
