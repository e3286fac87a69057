// Where each point is, as a table: to look up and to set without a plan.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { isOwnPoint } from '../devices/standing'
import { useDesk } from '../session/desk'
import { Loading } from '../shell/states'
import { type SiteIndex, useStationDevices } from './data'
import { sayFault } from './words'

const PAGE = 100

export function PointTable({ index }: { index: SiteIndex }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const station = index.site.station
  const mayEdit = may('sites.edit', station)
  const { points, devices, loading } = useStationDevices(station)
  const [wish, setWish] = useState('')
  const [only, setOnly] = useState(false)
  const [page, setPage] = useState(0)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [fault, setFault] = useState<unknown>(null)
  if (loading) return <Loading />
  const drawn = new Set((index.site.plans ?? []).flatMap((p) => p.points ?? []) as string[])
  const known = [...points.values()]
    .filter((p) => !isOwnPoint(p))
    .map((p) => ({ id: p.id as string, name: p.name, location: p.location }))
  const strange = (index.site.points ?? [])
    .filter((b) => !points.has(b.point))
    .map((b) => ({ id: b.point as string, name: b.point as string, location: '' }))
  const words = wish.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const rows = [...known, ...strange]
    .filter((p) => !only || !index.placeOf.has(p.id))
    .filter((p) => {
      const text = `${p.name} ${p.id} ${p.location} ${index.path(index.placeOf.get(p.id))}`.toLocaleLowerCase()
      return words.every((w) => text.includes(w))
    })
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
  const shown = rows.slice(page * PAGE, (page + 1) * PAGE)
  const bind = async (ids: string[], place: string) => {
    setFault(null)
    try {
      await ask(`/sites/${encodeURIComponent(station)}/points`, {
        method: 'PUT',
        body: { points: ids.map((point) => ({ point, place })) },
      })
      setChosen(new Set())
    } catch (refusal) {
      setFault(refusal)
    }
  }
  const options = (index.site.places ?? []).map((p) => (
    <option key={p.id} value={p.id}>
      {index.path(p.id)}
    </option>
  ))
  return (
    <>
      <div className="find">
        <input
          className="input"
          type="search"
          aria-label={t('sites.find_points')}
          placeholder={t('sites.find_points')}
          value={wish}
          onChange={(e) => {
            setWish(e.target.value)
            setPage(0)
          }}
        />
        <label className="inline nowrap">
          <input type="checkbox" checked={only} onChange={(e) => setOnly(e.target.checked)} />
          {t('sites.only_unplaced')}
        </label>
        {mayEdit && chosen.size > 0 && (
          <select
            className="input building"
            aria-label={t('sites.place_chosen', { count: chosen.size })}
            value="?"
            onChange={(e) => void bind([...chosen].slice(0, 1000), e.target.value)}
          >
            <option value="?" disabled>
              {t('sites.place_chosen', { count: chosen.size })}
            </option>
            <option value="">{t('sites.nowhere')}</option>
            {options}
          </select>
        )}
      </div>
      {fault !== null && (
        <p className="fault" role="alert">
          {sayFault(t, fault)}
        </p>
      )}
      <table className="table">
        <thead>
          <tr>
            {mayEdit && (
              <th scope="col">
                <span className="sr">{t('sites.choose')}</span>
              </th>
            )}
            <th scope="col">{t('sites.point')}</th>
            <th scope="col">{t('sites.device')}</th>
            <th scope="col">{t('sites.location')}</th>
            <th scope="col">{t('sites.place')}</th>
            <th scope="col">{t('sites.on_plan')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((p) => (
            <tr key={p.id} data-point-row={p.id}>
              {mayEdit && (
                <td>
                  <input
                    type="checkbox"
                    aria-label={t('sites.choose_named', { name: p.name })}
                    checked={chosen.has(p.id)}
                    onChange={() => {
                      const next = new Set(chosen)
                      if (!next.delete(p.id)) next.add(p.id)
                      setChosen(next)
                    }}
                  />
                </td>
              )}
              <td>
                <bdi>{p.name}</bdi>
                {!points.has(p.id) && <span className="faint"> · {t('sites.unknown_point')}</span>}
              </td>
              <td className="dim">
                <bdi>{devices.get(p.id)?.name}</bdi>
              </td>
              <td className="dim">
                <bdi>{p.location}</bdi>
              </td>
              <td>
                {mayEdit ? (
                  <select
                    className="input cell"
                    aria-label={t('sites.place_of', { name: p.name })}
                    value={index.placeOf.get(p.id) ?? ''}
                    onChange={(e) => void bind([p.id], e.target.value)}
                  >
                    <option value="">{t('sites.nowhere')}</option>
                    {options}
                  </select>
                ) : (
                  <bdi>{index.path(index.placeOf.get(p.id)) || t('sites.nowhere')}</bdi>
                )}
              </td>
              <td>{drawn.has(p.id) ? t('sites.yes') : t('sites.no')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="empty">{t('sites.nothing_found')}</p>}
      {rows.length > PAGE && (
        <nav className="pager" aria-label={t('shell.pager')}>
          <button type="button" className="btn sm" disabled={page === 0} onClick={() => setPage(page - 1)}>
            {t('shell.previous')}
          </button>
          <span>
            {t('sites.rows', {
              from: page * PAGE + 1,
              to: Math.min(rows.length, (page + 1) * PAGE),
              count: rows.length,
            })}
          </span>
          <button
            type="button"
            className="btn sm"
            disabled={(page + 1) * PAGE >= rows.length}
            onClick={() => setPage(page + 1)}
          >
            {t('shell.next')}
          </button>
        </nav>
      )}
    </>
  )
}
