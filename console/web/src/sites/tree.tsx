// Premises, buildings, levels and areas, each within its parent.
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { useDesk } from '../session/desk'
import { FormDialog } from '../shell/form-dialog'
import type { SiteIndex } from './data'
import type { Place, PlaceKind } from './schema'
import { sayFault } from './words'

const within: Record<PlaceKind | 'station', PlaceKind[]> = {
  station: ['premises'],
  premises: ['building', 'area'],
  building: ['level', 'area'],
  level: ['area'],
  area: [],
}

type Asking = { add: PlaceKind; parent: Place | undefined } | { change: Place } | { remove: Place }

export function Tree({ index }: { index: SiteIndex }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const station = index.site.station
  const mayEdit = may('sites.edit', station)
  const [asking, setAsking] = useState<Asking | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const places = index.site.places ?? []
  const depth = (p: Place): number => {
    let d = 0
    for (let at = index.byId.get(p.parent); at; at = index.byId.get(at.parent)) d++
    return d
  }
  const counts = new Map<string, number>()
  for (const b of index.site.points ?? [])
    for (let at = index.byId.get(b.place); at; at = index.byId.get(at.parent))
      counts.set(at.id, (counts.get(at.id) ?? 0) + 1)
  const siblings = (p: Place) => places.filter((o) => o.parent === p.parent)
  const shift = async (p: Place, by: number) => {
    setFault(null)
    try {
      const at = siblings(p).findIndex((o) => o.id === p.id)
      await ask(`/places/${p.id}`, { method: 'PATCH', body: { version: p.version, position: at + by } })
    } catch (refusal) {
      setFault(refusal)
    }
  }
  return (
    <>
      {mayEdit && (
        <div className="find">
          <button type="button" className="btn sm" onClick={() => setAsking({ add: 'premises', parent: undefined })}>
            {t('sites.add.premises')}
          </button>
        </div>
      )}
      {fault !== null && (
        <p className="fault" role="alert">
          {sayFault(t, fault)}
        </p>
      )}
      {places.length === 0 ? (
        <p className="empty">{t('sites.no_places')}</p>
      ) : (
        <table className="table tree">
          <thead>
            <tr>
              <th scope="col">{t('sites.name')}</th>
              <th scope="col">{t('sites.kind')}</th>
              <th scope="col" className="num">
                {t('sites.points')}
              </th>
              <th scope="col">{t('sites.note')}</th>
              <th scope="col">
                <span className="sr">{t('sites.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {places.map((p) => {
              const kin = siblings(p)
              const at = kin.findIndex((o) => o.id === p.id)
              return (
                <tr key={p.id} data-place-row={p.id}>
                  <td style={{ paddingInlineStart: 12 + depth(p) * 22 }}>
                    {p.kind === 'level' ? (
                      <Link to="/plans/$building/$level" params={{ building: p.parent, level: p.id }}>
                        <bdi>{p.name}</bdi>
                      </Link>
                    ) : (
                      <bdi className={p.kind === 'area' ? undefined : 'strong'}>{p.name}</bdi>
                    )}
                  </td>
                  <td className="dim">{t(`sites.what.${p.kind}`)}</td>
                  <td className="num">{counts.get(p.id) ?? 0}</td>
                  <td className="dim note">{p.note}</td>
                  <td>
                    {mayEdit && (
                      <span className="row-acts">
                        {within[p.kind].map((kind) => (
                          <button
                            key={kind}
                            type="button"
                            className="btn sm"
                            onClick={() => setAsking({ add: kind, parent: p })}
                          >
                            {t(`sites.add.${kind}`)}
                          </button>
                        ))}
                        <button
                          type="button"
                          className="btn sm ghost"
                          disabled={at === 0}
                          aria-label={t('sites.up', { name: p.name })}
                          onClick={() => void shift(p, -1)}
                        >
                          ↑
                        </button>
                        <button
                          type="button"
                          className="btn sm ghost"
                          disabled={at === kin.length - 1}
                          aria-label={t('sites.down', { name: p.name })}
                          onClick={() => void shift(p, 1)}
                        >
                          ↓
                        </button>
                        <button
                          type="button"
                          className="btn sm"
                          aria-label={t('sites.change_named', { name: p.name })}
                          onClick={() => setAsking({ change: p })}
                        >
                          {t('sites.change')}
                        </button>
                        <button
                          type="button"
                          className="btn sm ghost"
                          aria-label={t('sites.remove_named', { name: p.name })}
                          onClick={() => setAsking({ remove: p })}
                        >
                          ×
                        </button>
                      </span>
                    )}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
      {asking && 'remove' in asking && (
        <RemovePlace place={asking.remove} index={index} onClose={() => setAsking(null)} />
      )}
      {asking && !('remove' in asking) && <PlaceForm asking={asking} index={index} onClose={() => setAsking(null)} />}
    </>
  )
}

function PlaceForm(props: {
  asking: { add: PlaceKind; parent: Place | undefined } | { change: Place }
  index: SiteIndex
  onClose: () => void
}) {
  const { asking, index, onClose } = props
  const { t } = useTranslation()
  const old = 'change' in asking ? asking.change : undefined
  const kind = 'add' in asking ? asking.add : asking.change.kind
  const [name, setName] = useState(old?.name ?? '')
  const [note, setNote] = useState(old?.note ?? '')
  const [parent, setParent] = useState(old?.parent ?? ('add' in asking ? (asking.parent?.id ?? '') : ''))
  const parents = (index.site.places ?? []).filter((p) => within[p.kind].includes(kind))
  const save = () =>
    old
      ? ask(`/places/${old.id}`, {
          method: 'PATCH',
          body: { version: old.version, name, note, ...(parent !== old.parent && { parent }) },
        })
      : ask('/places', { method: 'POST', body: { station: index.site.station, kind, parent, name, note } })
  return (
    <FormDialog
      title={old ? t('sites.change_named', { name: old.name }) : t(`sites.add.${kind}`)}
      submit={t('sites.save')}
      send={save}
      onClose={onClose}
      words={sayFault}
    >
      <label className="field">
        {t('sites.name')}
        <input className="input" required maxLength={200} value={name} onChange={(e) => setName(e.target.value)} />
      </label>
      {kind !== 'premises' && (
        <label className="field">
          {t('sites.lies_in')}
          <select className="input" value={parent} onChange={(e) => setParent(e.target.value)}>
            {parents.map((p) => (
              <option key={p.id} value={p.id}>
                {index.path(p.id)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="field">
        {t('sites.note')}
        <textarea className="input" rows={3} maxLength={2000} value={note} onChange={(e) => setNote(e.target.value)} />
      </label>
    </FormDialog>
  )
}

function RemovePlace({ place, index, onClose }: { place: Place; index: SiteIndex; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <FormDialog
      title={t('sites.remove_named', { name: place.name })}
      submit={t('sites.remove')}
      danger
      send={() => ask(`/places/${place.id}`, { method: 'DELETE', query: { version: place.version } })}
      onClose={onClose}
      words={sayFault}
    >
      <p>
        <bdi>{index.path(place.id)}</bdi>
      </p>
      <p className="dim">{t('sites.remove_why')}</p>
    </FormDialog>
  )
}
