// A list from the pass office: checked first, every fault by line and column, then
// taken whole or not at all.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { upload } from '../ask'
import { refusalWords } from '../i18n/words'
import { Dialog } from '../shell/dialog'
import './people.css'

type Report = components['schemas']['PeopleReport']

export default function ImportList({ station, onClose }: { station: string | undefined; onClose: () => void }) {
  const { t } = useTranslation()
  const [list, setList] = useState<File | null>(null)
  const [photos, setPhotos] = useState<File | null>(null)
  const [report, setReport] = useState<Report | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [working, setWorking] = useState(false)
  const send = async (dry: boolean) => {
    if (!list || !station) return
    setWorking(true)
    setFault(null)
    const form = new FormData()
    form.set('list', list)
    if (photos) form.set('photos', photos)
    try {
      setReport(await upload<Report>('/people-imports', form, { station, dry_run: String(dry) }))
    } catch (why) {
      setReport(null)
      setFault(why)
    } finally {
      setWorking(false)
    }
  }
  const choose = (put: (f: File | null) => void) => (e: React.ChangeEvent<HTMLInputElement>) => {
    put(e.target.files?.[0] ?? null)
    setReport(null)
  }
  const clean = report !== null && report.fault_count === 0
  return (
    <Dialog title={t('people.import')} onClose={onClose} wide>
      <div className="body">
        {!station && <p className="fault">{t('people.of_station')}</p>}
        <p className="dim">{t('people.columns')}</p>
        <label className="field">
          {t('people.list_file')}
          <input type="file" accept=".csv,text/csv" className="input" data-file="list" onChange={choose(setList)} />
        </label>
        <label className="field">
          {t('people.photos_file')}
          <input type="file" accept=".zip" className="input" data-file="photos" onChange={choose(setPhotos)} />
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        {working && <p role="status">{t('people.working')}</p>}
        {report && !working && <Outcome report={report} />}
        <div className="actions">
          <button type="button" className="btn" disabled={!list || !station || working} onClick={() => void send(true)}>
            {t('people.check')}
          </button>
          <button
            type="button"
            className="btn pri"
            disabled={!clean || report?.applied || working}
            onClick={() => void send(false)}
          >
            {t('people.do')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Outcome({ report }: { report: Report }) {
  const { t } = useTranslation()
  const faults = report.faults ?? []
  if (report.fault_count === 0)
    return (
      <p role="status" data-report={report.applied ? 'applied' : 'clean'}>
        {report.applied
          ? t('people.done', { ...report.counts })
          : `${t('people.checked')} ${t('people.would', { ...report.counts })}`}
      </p>
    )
  return (
    <div className="import-report" data-report="faults">
      <p role="alert">
        <b>{t('people.faults', { count: report.fault_count })}</b>{' '}
        {faults.length < report.fault_count && t('people.more_faults', { count: faults.length })}
      </p>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('people.faults', { count: report.fault_count })}>
        <table className="table">
          <thead>
            <tr>
              {['line', 'column', 'reason'].map((head) => (
                <th key={head} scope="col">
                  {t(`people.fault_head.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {faults.map((f, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line may have the same fault twice
              <tr key={i}>
                <td>{f.line || '–'}</td>
                <td className="mono">{f.column || t('people.whole')}</td>
                <td>{f.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
