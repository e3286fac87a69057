// The dialogs of the editor: another's changes, old versions, the measure.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../../ask'
import type { List, Point } from '../../contract'
import { refusalWords } from '../../i18n/words'
import { Dialog } from '../../shell/dialog'
import { Failed, Loading } from '../../shell/states'
import { At } from '../../shell/times'
import type { Plan, PlanConflict, PlanVersion } from '../schema'

/** What somebody else has saved since, and what shall become of both. */
export function ConflictDialog(props: {
  conflict: PlanConflict
  points: Map<string, Point>
  onJoin: (mine: boolean) => void
  onClose: () => void
}) {
  const { conflict, points, onJoin, onClose } = props
  const { t } = useTranslation()
  const { plan, differences } = conflict
  return (
    <Dialog title={t('sites.changed_since')} onClose={onClose}>
      <div className="body">
        <p>
          {t('sites.changed_by', { name: plan.saved_by_name, version: plan.version })} <At at={plan.saved_at} date />
        </p>
        <ul className="plain-list" data-differences>
          {differences.slice(0, 30).map((d) => (
            <li key={`${d.what} ${d.id}`}>
              {t(`sites.diff.${d.how}`, {
                what: t(`sites.what.${d.what}`),
                name: d.name || points.get(d.id)?.name || d.id,
              })}
            </li>
          ))}
          {differences.length > 30 && <li>{t('sites.more', { count: differences.length - 30 })}</li>}
        </ul>
        <div className="actions">
          <button type="button" className="btn" onClick={() => onJoin(false)}>
            {t('sites.take_theirs')}
          </button>
          <button type="button" className="btn pri" data-autofocus onClick={() => onJoin(true)}>
            {t('sites.join')}
          </button>
        </div>
        <p className="faint">{t('sites.join_why')}</p>
      </div>
    </Dialog>
  )
}

export function VersionsDialog(props: {
  level: string
  version: number
  changed: boolean
  onRestored: (plan: Plan, missing: string[]) => void
  onClose: () => void
}) {
  const { level, version, changed, onRestored, onClose } = props
  const { t } = useTranslation()
  const [fault, setFault] = useState<unknown>(null)
  const list = useQuery({
    queryKey: ['plan-versions', level, version],
    queryFn: ({ signal }) => ask<List<PlanVersion>>(`/plans/${level}/versions`, { signal }),
  })
  const restore = async (restored: number) => {
    setFault(null)
    try {
      const got = await ask<{ plan: Plan; left_out: string[] | null }>(`/plans/${level}/restore`, {
        method: 'POST',
        body: { version, restore: restored },
      })
      onRestored(got.plan, got.left_out ?? [])
    } catch (refusal) {
      setFault(refusal)
    }
  }
  return (
    <Dialog title={t('sites.versions')} onClose={onClose} wide>
      <div className="body">
        {changed && <p>{t('sites.restore_drops')}</p>}
        {fault !== null && (
          <p className="fault" role="alert">
            {refusalWords(t, fault)}
          </p>
        )}
        {list.error ? (
          <Failed fault={list.error} again={() => void list.refetch()} />
        ) : !list.data ? (
          <Loading />
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th scope="col" className="num">
                  {t('sites.version_n')}
                </th>
                <th scope="col">{t('sites.saved_at')}</th>
                <th scope="col">{t('sites.saved_by')}</th>
                <th scope="col">{t('sites.holds')}</th>
                <th scope="col">{t('sites.note')}</th>
                <th scope="col">
                  <span className="sr">{t('sites.restore')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {(list.data.items ?? []).map((v) => (
                <tr key={v.version} data-version={v.version}>
                  <td className="num">{v.version}</td>
                  <td>
                    <At at={v.saved_at} date />
                  </td>
                  <td>
                    <bdi>{v.saved_by_name}</bdi>
                  </td>
                  <td>{t('sites.holds_words', { areas: v.areas, points: v.points, cameras: v.cameras })}</td>
                  <td>{v.note}</td>
                  <td>
                    {v.version !== version && (
                      <button type="button" className="btn sm" onClick={() => void restore(v.version)}>
                        {t('sites.restore')}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </Dialog>
  )
}

/** How long the measured line is in the building. */
export function MeasureDialog(props: { units: number; onScale: (scale: number) => void; onClose: () => void }) {
  const { units, onScale, onClose } = props
  const { t } = useTranslation()
  const [metres, setMetres] = useState('')
  const value = Number(metres.replace(',', '.'))
  const fits = value > 0 && value <= 10_000 && units > 0
  return (
    <Dialog title={t('sites.measure')} onClose={onClose}>
      <form
        className="body"
        onSubmit={(event) => {
          event.preventDefault()
          if (fits) onScale(value / units)
        }}
      >
        <label className="field">
          {t('sites.measure_how')}
          <input className="input" inputMode="decimal" value={metres} onChange={(e) => setMetres(e.target.value)} />
        </label>
        <div className="actions">
          <button type="submit" className="btn pri" disabled={!fits}>
            {t('shell.done')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
