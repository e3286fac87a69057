// A table comes in: first as a dry run that says row by row what it would do,
// then for good, all of it or nothing.
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords } from '../i18n/words'
import { Dialog } from '../shell/dialog'
import { Heads } from '../shell/paged-table'
import type { RationaleImport } from './rationale'

const largest = 700_000 // bytes; with base64 still below what the console takes

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(text)
}

export default function Import({ station, onClose }: { station: string; onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [content, setContent] = useState('')
  const [report, setReport] = useState<RationaleImport | null>(null)
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const send = async (file: string, dry_run: boolean) => {
    setBusy(true)
    setFault('')
    try {
      setReport(
        await ask<RationaleImport>('/rationale/file', {
          method: 'POST',
          body: { station, file, dry_run },
          timeout: 20_000,
        }),
      )
      if (!dry_run) await client.invalidateQueries({ queryKey: ['/rationale'] })
    } catch (why) {
      setReport(null)
      setFault(refusalWords(t, why))
    }
    setBusy(false)
  }
  const choose = async (file: File | undefined) => {
    setReport(null)
    setFault('')
    if (!file) return
    if (file.size > largest) return setFault(t('rationale.too_large'))
    const text = await base64(file)
    setContent(text)
    await send(text, true)
  }
  const faults = report?.faults ?? []
  const changes = report?.changes ?? []
  return (
    <Dialog title={t('rationale.import')} onClose={onClose} wide>
      <div className="body">
        <p className="dim">{t('rationale.import_why')}</p>
        <label className="field">
          {t('rationale.file')}
          <input className="input" type="file" accept=".csv,.xlsx" onChange={(e) => void choose(e.target.files?.[0])} />
        </label>
        {fault && (
          <p className="fault" role="alert">
            {fault}
          </p>
        )}
        {report && (
          <p role="status" data-import={report.applied ? 'applied' : faults.length > 0 ? 'faults' : 'ready'}>
            {report.applied
              ? t('rationale.applied', { count: report.changed })
              : faults.length > 0
                ? t('rationale.import_faults', { count: faults.length })
                : t('rationale.would_change', { count: report.changed, rows: report.rows })}
          </p>
        )}
        {faults.length > 0 ? (
          <Rows
            label={t('rationale.faults')}
            heads={['row', 'point', 'field', 'reason']}
            rows={faults.map((f) => [f.row, `${f.point} ${f.kind}`, f.field, f.reason])}
          />
        ) : (
          changes.length > 0 && (
            <Rows
              label={t('rationale.changes')}
              heads={['row', 'point', 'was', 'now']}
              rows={changes.map((c) => [
                c.row,
                `${c.point} ${c.kind}`,
                Object.values(c.was).join(' · ') || '–',
                Object.values(c.now).join(' · ') || '–',
              ])}
            />
          )
        )}
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.close')}
          </button>
          <button
            type="button"
            className="btn pri"
            disabled={busy || !report || report.applied || faults.length > 0 || report.changed === 0}
            onClick={() => void send(content, false)}
          >
            {t('rationale.apply')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

type Line = [row: number, point: string, third: string, fourth: string]

/** What a table would do or cannot do, row by row. */
function Rows({ label, heads, rows }: { label: string; heads: string[]; rows: Line[] }) {
  return (
    <div className="scroll import-table" tabIndex={0} role="group" aria-label={label}>
      <table className="table">
        <Heads words="rationale" names={heads} />
        <tbody>
          {rows.map(([row, point, third, fourth]) => (
            <tr key={`${row} ${point} ${third}`}>
              <td className="num">{row}</td>
              <td className="mono">
                <bdi>{point}</bdi>
              </td>
              <td>{third}</td>
              <td>{fourth}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
