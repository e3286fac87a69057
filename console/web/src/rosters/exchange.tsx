// Officers, posts or a whole roster from the station's own spreadsheet: read as a
// trial first, with what each column and code is taken for, every row that cannot be
// used with its place and the reason; then kept at once, and taken back as well.
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import { Choice } from '../shell/field'
import type { Imported } from './contract'
import { spanWords } from './days'
import { Codes, Columns, Faults, Names, Reading } from './exchange-map'
import { useDrafts } from './open-roster'
import type { Rolls } from './register'
import { refusedWords } from './words'

const LARGEST = 8 << 20 // bytes
const kinds = ['officers', 'posts', 'roster', 'duties'] as const
export type What = (typeof kinds)[number]

/** What is said of a file that the file does not say. */
export interface Said {
  mapping?: Imported['mapping']
  sheet?: string
  charset?: string
}

interface Chosen {
  name: string
  content: string // base64
}

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
  const { station, rolls, onClose } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const [what, setWhat] = useState<What>(props.what ?? (rolls.order.length > 0 ? 'roster' : 'officers'))
  const [draft, setDraft] = useState(props.draft ?? '')
  const { drafts } = useDrafts(station, true)
  const [file, setFile] = useState<Chosen | null>(null)
  const [read, setRead] = useState<Imported | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [trouble, setTrouble] = useState('')
  const [busy, setBusy] = useState(false)
  const turn = useRef(0)
  const roster = what === 'roster' || what === 'duties'
  const send = async (of: { what: What; draft: string; file: Chosen }, dry_run: boolean, said: Said = {}) => {
    const mine = ++turn.current
    setBusy(true)
    setFault(null)
    setTrouble('')
    try {
      const { sheet, charset, mapping } = said
      const got = await ask<Imported>(`/rosters/${station}/import`, {
        method: 'POST',
        body: {
          what: of.what,
          file: of.file.content,
          dry_run,
          ...(of.what === 'roster' || of.what === 'duties' ? { draft: of.draft, name: of.file.name } : {}),
          ...(mapping && { mapping }),
          ...(sheet && { sheet }),
          ...(charset && { charset }),
        },
        timeout: 60_000,
      })
      if (mine === turn.current) setRead(got)
      if (!dry_run) await client.invalidateQueries({ queryKey: ['rosters', station] })
    } catch (why) {
      if (mine === turn.current) {
        setFault(why)
        if (dry_run && !said.mapping) setRead(null)
      }
    }
    if (mine === turn.current) setBusy(false)
  }
  const choose = async (picked: File | undefined) => {
    setRead(null)
    setFile(null)
    setFault(null)
    setTrouble('')
    if (!picked) return
    if (picked.size > LARGEST) return setTrouble(t('rosters.too_large'))
    const chosen = { name: picked.name.replace(/\.[^.]*$/, '').slice(0, 100), content: await base64(picked) }
    setFile(chosen)
    await send({ what, draft, file: chosen }, true)
  }
  /** Reads the same file anew, with more said of it. */
  const again = (change: Partial<{ what: What; draft: string }>, said: Said = {}) =>
    file && void send({ what, draft, file, ...change }, true, said)
  const says = (said: Said) =>
    read && again({}, { sheet: read.sheet, charset: read.charset, mapping: read.mapping, ...said })
  const remap = (change: Partial<Imported['mapping']>) => read && says({ mapping: { ...read.mapping, ...change } })
  const undo = async () => {
    if (!read) return
    setBusy(true)
    setFault(null)
    try {
      await ask(`/rosters/${station}/imports/${read.undo}`, { method: 'DELETE', timeout: 30_000 })
      setRead(null)
      setFile(null)
      setTrouble('')
      await client.invalidateQueries({ queryKey: ['rosters', station] })
      setUndone(true)
    } catch (why) {
      setFault(why)
    }
    setBusy(false)
  }
  const [undone, setUndone] = useState(false)
  const usable = read ? read.added + read.changed + (roster ? read.leave : 0) : 0
  // A cell of a roster is left out by itself; of officers and posts, the row is.
  const left = roster ? (read?.problems.length ?? 0) : new Set(read?.problems.map((p) => p.row)).size
  return (
    <Dialog title={t('rosters.import_title')} onClose={onClose} wide>
      <div className="body" data-import={read ? (read.saved ? 'saved' : 'read') : undone ? 'undone' : 'none'}>
        <fieldset className="seg" aria-label={t('rosters.import_what')} disabled={read?.saved}>
          {kinds.map((kind) => (
            <button
              key={kind}
              type="button"
              aria-pressed={what === kind}
              onClick={() => {
                setWhat(kind)
                setRead(null)
                again({ what: kind })
              }}
            >
              {t(`rosters.import_kind.${kind}`)}
            </button>
          ))}
        </fieldset>
        <p className="dim">{t(`rosters.import_how.${what}`)}</p>
        {!read?.saved && (
          <div className="import-columns">
            <label className="field">
              {t('rosters.file')}
              <input
                key={undone ? 'anew' : 'first'}
                className="input"
                type="file"
                accept=".csv,.tsv,.txt,.xlsx,.xlsm"
                onChange={(e) => void choose(e.target.files?.[0])}
              />
            </label>
            {roster && (
              <Choice
                label={t('rosters.import_into')}
                value={draft}
                onChange={(e) => {
                  setDraft(e.target.value)
                  again({ draft: e.target.value }, read ? { sheet: read.sheet, mapping: read.mapping } : {})
                }}
              >
                <option value="">{t('rosters.import_new_draft')}</option>
                {drafts.map((d) => (
                  <option key={d.id} value={d.id}>
                    {t('rosters.draft_named', { name: d.name, period: spanWords(d.from, d.until) })}
                  </option>
                ))}
              </Choice>
            )}
            {read && <Reading read={read} roster={roster} onSay={says} onMap={remap} />}
          </div>
        )}
        {trouble !== '' && (
          <p className="fault" role="alert">
            {trouble}
          </p>
        )}
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        {undone && !read && <p role="status">{t('rosters.import_undone')}</p>}
        {busy && !read && <p className="dim">{t('rosters.import_reading')}</p>}
        {read && (
          <>
            <p role="status" className="import-said">
              {t(read.saved ? 'rosters.import_saved' : 'rosters.import_read', {
                count: read.saved ? read.added + read.changed : read.read,
                added: read.added,
                changed: read.changed,
              })}{' '}
              {read.same > 0 && t('rosters.import_same', { count: read.same })}{' '}
              {roster && read.from && t('rosters.import_span', { span: spanWords(read.from, read.until) })}{' '}
              {roster && read.leave > 0 && t('rosters.import_leave', { count: read.leave })}{' '}
              {read.skipped > 0 && t('rosters.import_skipped', { count: read.skipped })}{' '}
              {read.problems.length > 0 && t('rosters.import_problems', { count: read.problems.length })}{' '}
              {!read.saved && read.remembered && t('rosters.import_remembered')}{' '}
              {read.hidden > 0 && t('rosters.import_hidden', { count: read.hidden })}
            </p>
            {!read.saved && <Columns read={read} what={what} rolls={rolls} onMap={remap} />}
            {!read.saved && roster && <Codes read={read} rolls={rolls} onMap={(codes) => remap({ codes })} />}
            {!read.saved && roster && <Names read={read} rolls={rolls} onMap={(officers) => remap({ officers })} />}
            <Faults read={read} what={what} />
          </>
        )}
        <div className="actions">
          {read?.saved && read.undo && (
            <button type="button" className="btn" disabled={busy} onClick={() => void undo()}>
              {t('rosters.import_undo')}
            </button>
          )}
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.close')}
          </button>
          {read?.saved && read.draft && (
            <Link
              className="btn pri"
              to="/rosters"
              search={(old: Record<string, unknown>) => ({
                ...old,
                draft: read.draft,
                from: undefined,
                until: undefined,
              })}
              onClick={onClose}
            >
              {t('rosters.import_open')}
            </Link>
          )}
          {!read?.saved && (
            <button
              type="button"
              className="btn pri"
              disabled={busy || !read || usable === 0}
              onClick={() => {
                if (!read || !file) return
                setUndone(false)
                const { sheet, charset, mapping } = read
                void send({ what, draft, file }, false, { sheet, charset, mapping })
              }}
            >
              {t('rosters.import_do', { count: usable })}
              {left > 0 && ` · ${t(roster ? 'rosters.import_cells_out' : 'rosters.import_rows_out', { count: left })}`}
            </button>
          )}
        </div>
      </div>
    </Dialog>
  )
}
