// The register of cameras: their numbers and names, and where they hang.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { useDesk } from '../session/desk'
import { FormDialog } from '../shell/form-dialog'
import type { SiteIndex } from './data'
import type { CameraInfo } from './schema'
import { sayFault } from './words'

export function CameraTable({ index }: { index: SiteIndex }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const station = index.site.station
  const mayEdit = may('sites.edit', station)
  const [asking, setAsking] = useState<CameraInfo | 'new' | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const cameras = index.site.cameras ?? []
  const drawn = new Set((index.site.plans ?? []).flatMap((p) => p.cameras ?? []))
  const remove = async (c: CameraInfo) => {
    setFault(null)
    try {
      await ask(`/sites/${encodeURIComponent(station)}/cameras/${encodeURIComponent(c.id)}`, {
        method: 'DELETE',
        query: { version: c.version },
      })
    } catch (refusal) {
      setFault(refusal)
    }
  }
  return (
    <>
      {mayEdit && (
        <div className="find">
          <button type="button" className="btn sm" onClick={() => setAsking('new')}>
            {t('sites.add.camera')}
          </button>
        </div>
      )}
      {fault !== null && (
        <p className="fault" role="alert">
          {sayFault(t, fault)}
        </p>
      )}
      {cameras.length === 0 ? (
        <p className="empty">{t('sites.no_cameras')}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('sites.number')}</th>
              <th scope="col">{t('sites.name')}</th>
              <th scope="col">{t('sites.place')}</th>
              <th scope="col">{t('sites.on_plan')}</th>
              <th scope="col">
                <span className="sr">{t('sites.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {cameras.map((c) => (
              <tr key={c.id} data-camera-row={c.id}>
                <td>
                  <bdi>{c.id}</bdi>
                </td>
                <td>
                  <bdi>{c.name}</bdi>
                </td>
                <td>
                  <bdi>{index.path(c.place) || t('sites.nowhere')}</bdi>
                </td>
                <td>{drawn.has(c.id) ? t('sites.yes') : t('sites.no')}</td>
                <td>
                  {mayEdit && (
                    <span className="row-acts">
                      <button
                        type="button"
                        className="btn sm"
                        aria-label={t('sites.change_named', { name: c.id })}
                        onClick={() => setAsking(c)}
                      >
                        {t('sites.change')}
                      </button>
                      <button
                        type="button"
                        className="btn sm ghost"
                        aria-label={t('sites.remove_named', { name: c.id })}
                        onClick={() => void remove(c)}
                      >
                        ×
                      </button>
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {asking && (
        <CameraForm camera={asking === 'new' ? undefined : asking} index={index} onClose={() => setAsking(null)} />
      )}
    </>
  )
}

function CameraForm({
  camera,
  index,
  onClose,
}: {
  camera: CameraInfo | undefined
  index: SiteIndex
  onClose: () => void
}) {
  const { t } = useTranslation()
  const [id, setId] = useState(camera?.id ?? '')
  const [name, setName] = useState(camera?.name ?? '')
  const [place, setPlace] = useState(camera?.place ?? '')
  const save = () =>
    ask(`/sites/${encodeURIComponent(index.site.station)}/cameras/${encodeURIComponent(id)}`, {
      method: 'PUT',
      body: { version: camera?.version ?? 0, name, place },
    })
  return (
    <FormDialog
      title={camera ? t('sites.change_named', { name: camera.id }) : t('sites.add.camera')}
      submit={t('sites.save')}
      send={save}
      onClose={onClose}
      words={sayFault}
    >
      <label className="field">
        {t('sites.number')}
        <input
          className="input"
          required
          maxLength={64}
          disabled={camera !== undefined}
          value={id}
          onChange={(e) => setId(e.target.value)}
        />
      </label>
      <label className="field">
        {t('sites.name')}
        <input className="input" required maxLength={200} value={name} onChange={(e) => setName(e.target.value)} />
      </label>
      <label className="field">
        {t('sites.place')}
        <select className="input" value={place} onChange={(e) => setPlace(e.target.value)}>
          <option value="">{t('sites.nowhere')}</option>
          {(index.site.places ?? []).map((p) => (
            <option key={p.id} value={p.id}>
              {index.path(p.id)}
            </option>
          ))}
        </select>
      </label>
    </FormDialog>
  )
}
