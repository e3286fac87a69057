// The zones as the panels know them: number, name, points, place, and how long a
// pre-alarm there is looked into.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Device } from '../contract'
import { refusalWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import { useAct } from './act'
import type { Panel } from './live'
import { useZones, type Zone } from './zones'

interface Place {
  id: string
  kind: string
  name: string
  parent: string
}

export default function ZoneTable() {
  const { t } = useTranslation()
  const { may } = useDesk()
  const now = useZones()
  const [editing, setEditing] = useState<{ zone: Zone | null; panel: Panel } | null>(null)
  const zones = now.standings.map((s) => s.zone)
  return (
    <section className="panel" aria-label={t('fire.tab.zones')} data-panel>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('fire.tab.zones')}>
        {now.error ? (
          <Failed fault={now.error} again={now.again} />
        ) : now.loading ? (
          <Loading />
        ) : (
          now.panels.map((panel) => (
            <div key={panel.id}>
              <h2 className="h3 name">
                <bdi>{panel.name}</bdi>
                <span className="grow" />
                {panel.unzoned > 0 && <span className="plain">{t('fire.unzoned_n', { count: panel.unzoned })}</span>}
                {may('sites.edit', panel.station) && (
                  <button type="button" className="btn sm" onClick={() => setEditing({ zone: null, panel })}>
                    {t('fire.add_zone')}
                  </button>
                )}
              </h2>
              <table className="table">
                <thead>
                  <tr>
                    {['number', 'zone', 'place', 'points', 'investigate'].map((head) => (
                      <th key={head} scope="col">
                        {t(`fire.head.${head}`)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {zones
                    .filter((z) => z.panel === panel.id)
                    .sort((a, b) => a.number - b.number)
                    .map((z) => (
                      <tr key={z.id}>
                        <td>{z.number}</td>
                        <td>
                          {may('sites.edit', z.station) ? (
                            <button type="button" className="rowlink" onClick={() => setEditing({ zone: z, panel })}>
                              <bdi>{z.name}</bdi>
                            </button>
                          ) : (
                            <bdi>{z.name}</bdi>
                          )}
                        </td>
                        <td>{[z.building_name, z.level_name, z.place_name].filter(unique).join(' · ')}</td>
                        <td className="faint">{z.points.map((p) => p.slice(panel.id.length + 1)).join(', ')}</td>
                        <td>
                          {z.investigate_seconds === 0
                            ? t('fire.as_station')
                            : t('time.s', { s: z.investigate_seconds })}
                        </td>
                      </tr>
                    ))}
                </tbody>
              </table>
            </div>
          ))
        )}
      </div>
      {editing && <ZoneForm {...editing} all={zones} onClose={() => setEditing(null)} />}
    </section>
  )
}

const unique = (word: string, i: number, all: string[]): boolean => word !== '' && all.indexOf(word) === i

function ZoneForm(props: { zone: Zone | null; panel: Panel; all: Zone[]; onClose: () => void }) {
  const { zone: z, panel, all, onClose } = props
  const { t } = useTranslation()
  const cache = useQueryClient()
  const { act, busy, fault, stale } = useAct()
  const [number, setNumber] = useState(String(z?.number ?? ''))
  const [name, setName] = useState(z?.name ?? '')
  const [place, setPlace] = useState(z?.place ?? '')
  const [points, setPoints] = useState<string[]>(z?.points ?? [])
  const [seconds, setSeconds] = useState(String(z?.investigate_seconds ?? 0))
  const [gateway = '', device = ''] = panel.id.split('/')
  const known = useQuery({
    queryKey: ['/devices', panel.id],
    queryFn: ({ signal }) => ask<Device>(`/devices/${gateway}/${device}`, { signal }),
  })
  const site = useQuery({
    queryKey: ['/sites', panel.station],
    queryFn: ({ signal }) => ask<{ places: Place[] | null }>(`/sites/${panel.station}`, { signal }),
  })
  const taken = new Set(all.filter((one) => one.id !== z?.id).flatMap((one) => one.points))
  const free = (known.data?.points ?? []).filter((p) => !taken.has(p.id))
  const done = () => {
    void cache.invalidateQueries({ queryKey: ['/fire/zones'] })
    void cache.invalidateQueries({ queryKey: ['/fire/panels'] })
    onClose()
  }
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const body = { number: Number(number), name, place, points, investigate_seconds: Number(seconds) }
    const saved = z
      ? await act(`/fire/zones/${z.id}`, { ...body, version: z.version }, 'PATCH')
      : await act('/fire/zones', { ...body, station: panel.station, panel: panel.id })
    if (saved) done()
  }
  const remove = async () => {
    if (!z) return
    try {
      await ask(`/fire/zones/${z.id}`, { method: 'DELETE', query: { version: z.version } })
      done()
    } catch {
      void act(`/fire/zones/${z.id}`, { version: z.version }, 'PATCH')
    }
  }
  return (
    <Dialog title={z ? t('fire.change_zone') : t('fire.add_zone')} onClose={onClose} wide>
      <form className="body" onSubmit={save}>
        <div className="line">
          <label className="field">
            {t('fire.head.number')}
            <input
              className="input"
              inputMode="numeric"
              required
              value={number}
              onChange={(e) => setNumber(e.target.value.replace(/\D/g, ''))}
            />
          </label>
          <label className="field grow">
            {t('fire.head.zone')}
            <input className="input" required maxLength={120} value={name} onChange={(e) => setName(e.target.value)} />
          </label>
        </div>
        <label className="field">
          {t('fire.head.place')}
          <select className="input" value={place} onChange={(e) => setPlace(e.target.value)}>
            <option value="">{t('fire.no_place')}</option>
            {(site.data?.places ?? [])
              .filter((p) => p.kind !== 'premises')
              .map((p) => (
                <option key={p.id} value={p.id}>
                  {p.kind === 'area' ? `— ${p.name}` : p.name}
                </option>
              ))}
          </select>
        </label>
        <label className="field">
          {t('fire.investigate_seconds')}
          <input
            className="input"
            inputMode="numeric"
            value={seconds}
            onChange={(e) => setSeconds(e.target.value.replace(/\D/g, ''))}
          />
        </label>
        <fieldset className="points-of">
          <legend>{t('fire.head.points')}</legend>
          {free.map((p) => (
            <label key={p.id} className="check">
              <input
                type="checkbox"
                checked={points.includes(p.id)}
                onChange={(e) => setPoints(e.target.checked ? [...points, p.id] : points.filter((one) => one !== p.id))}
              />{' '}
              <bdi>{p.name}</bdi>
            </label>
          ))}
        </fieldset>
        {fault !== null && (
          <div className="fault" role="alert">
            {stale ? t('fire.zone_changed') : refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          {z && (
            <button type="button" className="btn danger" disabled={busy} onClick={() => void remove()}>
              {t('fire.remove_zone')}
            </button>
          )}
          <button type="submit" className="btn pri" disabled={busy}>
            {t('fire.save')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
