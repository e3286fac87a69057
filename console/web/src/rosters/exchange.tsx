// Officers, posts or a whole roster from the station's own spreadsheet: read as a
// trial first, every row that cannot be used with its place and the reason, codes
// that nobody explained to be explained, and then for good.
import { useQueryClient } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import type { Imported } from './contract'
import { leaveKinds } from './contract'
import type { Rolls } from './register'
import { leaveWords, qualificationWords, refusedWords } from './words'

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
            {!read.saved && <Columns read={read} what={what} rolls={rolls} onMap={remap} />}
            {!read.saved && Object.keys(read.unknown).length > 0 && (
              <Codes read={read} rolls={rolls} onMap={(codes) => remap({ codes })} />
            )}
            <Faults read={read} what={what} />
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

const officerFields =
  'badge name given_name family_name rank unit contract qualifications languages gender employment funding home_station from until id'
const fields: Record<What, readonly string[]> = {
  officers: officerFields.split(' '),
  posts:
    'id name area hours headcount shifts min_rank required wished armed mobile report meal_relief rotation check_call ceremonial unpopular lane paired_with weight'.split(
      ' ',
    ),
  roster: 'badge name given_name family_name id'.split(' '),
  duties: 'date officer badge shift post'.split(' '),
}

/** What each column of the file holds, as it was guessed or as somebody says. */
function Columns(props: {
  read: Imported
  what: What
  rolls: Rolls
  onMap: (change: Partial<Imported['mapping']>) => void
}) {
  const { read, what, rolls, onMap } = props
  const { t } = useTranslation()
  const { columns, held, days } = read.mapping
  const holds = (column: number): string => {
    const field = Object.keys(columns).find((f) => columns[f] === column)
    const code = Object.keys(held ?? {}).find((c) => held[c] === column)
    return field ?? (code ? `held:${code}` : '')
  }
  const without = <T,>(of: Record<string, T>, column: T) =>
    Object.fromEntries(Object.entries(of).filter(([, c]) => c !== column))
  const say = (column: number, value: string) => {
    const code = value.startsWith('held:') ? value.slice(5) : ''
    onMap({
      columns: { ...without(columns, column), ...(value && !code && { [value]: column }) },
      held: { ...without(held ?? {}, column), ...(code && { [code]: column }) },
    })
  }
  const shown = read.head.map((head, i) => ({ head, column: i + 1 })).filter(({ column }) => !days?.[column])
  const unread = shown.filter(({ head, column }) => head !== '' && holds(column) === '')
  const ours = what === 'officers' ? rolls.held : []
  return (
    <details open={unread.length > 0 ? true : undefined}>
      <summary>
        {t('rosters.columns', { count: shown.length - unread.length })}
        {days && Object.keys(days).length > 0 && ` · ${t('rosters.columns_days', { count: Object.keys(days).length })}`}
        {unread.length > 0 && ` · ${t('rosters.columns_unread', { count: unread.length })}`}
      </summary>
      <div className="import-columns">
        {shown.map(({ head, column }) => (
          <label key={column} className="field">
            <bdi>{head || t('rosters.column_n', { n: column })}</bdi>
            <select className="input" value={holds(column)} onChange={(e) => say(column, e.target.value)}>
              <option value="">{t('rosters.code_unread')}</option>
              {fields[what].map((field) => (
                <option key={field} value={field}>
                  {t(`rosters.field.${field}`)}
                </option>
              ))}
              {[...new Set([...ours, ...Object.keys(held ?? {})])].map((code) => (
                <option key={code} value={`held:${code}`}>
                  {t('rosters.field_held', { code: qualificationWords(code) })}
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

/** Why a cell cannot be used; what only the console can say is said in its words. */
function faultWords(t: TFunction, what: What, p: Imported['problems'][number]): string {
  const one = what === 'posts' ? 'post' : what === 'officers' ? 'officer' : 'duty'
  return t([`rosters.import_fault.${p.code}_${one}`, `rosters.import_fault.${p.code}`], {
    reason: p.reason,
    row: /\d+/.exec(p.reason)?.[0] ?? '',
    defaultValue: p.reason,
  })
}

function Faults({ read, what }: { read: Imported; what: What }) {
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
              <td>{faultWords(t, what, p)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
