// The whole site of a station as one file: out, and in after a dry run.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportReport } from './schema'
import { upload } from './upload'
import { sayFault } from './words'

const LARGEST = 32 * 1024 * 1024

export function Files({ station, mayEdit }: { station: string; mayEdit: boolean }) {
  const { t } = useTranslation()
  return (
    <div className="files">
      <h3 className="h3">{t('sites.export')}</h3>
      <p className="pad">
        <a className="btn" href={`/api/v1/sites/${encodeURIComponent(station)}/export`} download>
          {t('sites.export_do')}
        </a>
      </p>
      <p className="empty">{t('sites.export_why')}</p>
      {mayEdit && <Import station={station} />}
    </div>
  )
}

function Import({ station }: { station: string }) {
  const { t } = useTranslation()
  const [file, setFile] = useState<File | null>(null)
  const [gateways, setGateways] = useState('')
  const [leaveOut, setLeaveOut] = useState(false)
  const [report, setReport] = useState<ImportReport | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const change = () => {
    setReport(null)
    setFault(null)
  }
  const run = async (dry: boolean) => {
    if (!file || busy) return
    setFault(null)
    setBusy(true)
    try {
      const query = new URLSearchParams({ dry_run: String(dry), leave_out: String(leaveOut) })
      const pairs = gateways.split(/[\s,]+/).filter(Boolean)
      if (pairs.length > 0) query.set('gateways', pairs.join(','))
      setReport(await upload<ImportReport>(`/sites/${encodeURIComponent(station)}/import?${query}`, file))
    } catch (refusal) {
      setReport(null)
      setFault(refusal)
    } finally {
      setBusy(false)
    }
  }
  const faults = report?.faults ?? []
  return (
    <>
      <h3 className="h3">{t('sites.import')}</h3>
      <p className="empty">{t('sites.import_why')}</p>
      <div className="props">
        <label className="field wide">
          {t('sites.file')}
          <input
            className="input"
            type="file"
            accept=".zip,application/zip"
            onChange={(e) => {
              change()
              const next = e.target.files?.[0] ?? null
              setFile(next && next.size <= LARGEST ? next : null)
              if (next && next.size > LARGEST) setFault(t('sites.too_large'))
            }}
          />
        </label>
        <label className="field wide">
          {t('sites.import_gateways')}
          <input
            className="input"
            dir="ltr"
            placeholder="gw-1=gw-2"
            value={gateways}
            onChange={(e) => {
              change()
              setGateways(e.target.value)
            }}
          />
        </label>
        <label className="wide inline">
          <input
            type="checkbox"
            checked={leaveOut}
            onChange={(e) => {
              change()
              setLeaveOut(e.target.checked)
            }}
          />
          {t('sites.import_leave_out')}
        </label>
        <span className="wide row-acts">
          <button type="button" className="btn" disabled={!file || busy} onClick={() => void run(true)}>
            {t('sites.dry_run')}
          </button>
          <button
            type="button"
            className="btn danger"
            disabled={!file || busy || !report?.dry_run || faults.length > 0}
            onClick={() => void run(false)}
          >
            {t('sites.import_do')}
          </button>
        </span>
      </div>
      {fault !== null && (
        <p className="fault" role="alert">
          {typeof fault === 'string' ? fault : sayFault(t, fault)}
        </p>
      )}
      {report && (
        <div role="status" data-report={report.done ? 'done' : 'dry'}>
          <p className="pad">
            {report.done
              ? t('sites.import_done')
              : faults.length > 0
                ? t('sites.import_not', { count: faults.length + report.hidden })
                : t('sites.import_would')}
          </p>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('sites.kind')}</th>
                <th scope="col" className="num">
                  {t('sites.in_file')}
                </th>
                <th scope="col" className="num">
                  {t('sites.added')}
                </th>
                <th scope="col" className="num">
                  {t('sites.changed')}
                </th>
                <th scope="col" className="num">
                  {t('sites.removed')}
                </th>
              </tr>
            </thead>
            <tbody>
              {(['places', 'cameras', 'points', 'plans'] as const).map((name) => (
                <tr key={name}>
                  <td>{t(`sites.list.${name}`)}</td>
                  <td className="num">{report[name].in_file}</td>
                  <td className="num">{report[name].added}</td>
                  <td className="num">{report[name].changed}</td>
                  <td className="num">{report[name].removed}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {faults.length > 0 && (
            <table className="table" data-faults>
              <thead>
                <tr>
                  <th scope="col">{t('sites.kind')}</th>
                  <th scope="col" className="num">
                    {t('sites.row')}
                  </th>
                  <th scope="col">{t('sites.name')}</th>
                  <th scope="col">{t('sites.reason')}</th>
                </tr>
              </thead>
              <tbody>
                {faults.map((f) => (
                  <tr key={`${f.list} ${f.row} ${f.reason}`}>
                    <td>{t(`sites.list.${f.list}`, { defaultValue: f.list })}</td>
                    <td className="num">{f.row}</td>
                    <td>
                      <bdi>{f.name}</bdi>
                    </td>
                    <td>{f.reason}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
    </>
  )
}
