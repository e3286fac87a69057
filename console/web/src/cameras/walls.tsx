// The walls of a station: which one is shown, how many tiles, and saving what was
// changed.
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import { ALL, useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { cameraRefusal, type Wall } from './camera'
import { type Layout, resized, type Size, sizes, tilesOf } from './wall'

export interface WallActs {
  choose: (id: string | undefined) => void
  resize: (layout: Layout) => void
  view: (view: 'wall' | 'list') => void
  changed: () => void
}

/** The walls that this officer may show, of one station or of all. */
export function useWalls(station: string): UseQueryResult<Wall[]> {
  const { may } = useDesk()
  return useQuery({
    queryKey: ['walls', station],
    queryFn: async ({ signal }) =>
      (await ask<List<Wall>>('/walls', { query: { station: station === ALL ? undefined : station }, signal })).items ??
      [],
    enabled: may('cameras.watch'),
    staleTime: 60_000,
  })
}

export function WallBar(props: {
  walls: Wall[]
  wall: Wall | undefined
  layout: Layout
  changed: boolean
  view: 'wall' | 'list'
  acts: WallActs
}) {
  const { walls, wall, layout, changed, view, acts } = props
  const { t } = useTranslation()
  const desk = useDesk()
  const [saving, setSaving] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const mine =
    wall && (wall.owner === desk.session.user.id || (wall.shared && desk.may('cameras.configure', wall.station)))
  const save = async () => {
    if (!wall) return
    setFault(null)
    try {
      await ask<Wall>(`/walls/${wall.id}`, {
        method: 'PUT',
        body: {
          name: wall.name,
          tiles: layout.size,
          cameras: tilesOf(layout),
          shared: wall.shared,
          version: wall.version,
        },
      })
      acts.changed()
      acts.choose(wall.id)
    } catch (refused) {
      setFault(refused)
    }
  }
  const remove = async () => {
    if (!wall) return
    setFault(null)
    try {
      await ask(`/walls/${wall.id}`, { method: 'DELETE', query: { version: wall.version } })
      acts.changed()
      acts.choose(undefined)
    } catch (refused) {
      setFault(refused)
    }
  }
  return (
    <>
      <div className="ph wall-bar">
        <h2>{t('cameras.title')}</h2>
        {view === 'wall' && (
          <>
            <select
              className="input wall-choice"
              aria-label={t('cameras.wall_choose')}
              value={wall?.id ?? ''}
              onChange={(e) => acts.choose(e.target.value || undefined)}
            >
              {wall === undefined && <option value="">{t('cameras.wall_unsaved')}</option>}
              {walls.map((w) => (
                <option key={w.id} value={w.id}>
                  {w.shared ? w.name : t('cameras.wall_own', { name: w.name })}
                </option>
              ))}
            </select>
            <div className="seg" role="group" aria-label={t('cameras.tiles')}>
              {sizes.map((size: Size) => (
                <button
                  key={size}
                  type="button"
                  aria-pressed={layout.size === size}
                  data-tiles={size}
                  aria-label={t('cameras.tiles_n', { count: size })}
                  onClick={() => acts.resize(resized(layout, size))}
                >
                  {size}
                </button>
              ))}
            </div>
            {changed && <span className="chip">{t('cameras.wall_changed')}</span>}
            {changed && mine && (
              <button type="button" className="btn sm pri" data-wall-save onClick={() => void save()}>
                {t('cameras.wall_save')}
              </button>
            )}
            <button type="button" className="btn sm" data-wall-save-as onClick={() => setSaving(true)}>
              {t('cameras.wall_save_as')}
            </button>
            {mine && !changed && (
              <button type="button" className="btn sm ghost" data-wall-remove onClick={() => void remove()}>
                {t('cameras.wall_remove')}
              </button>
            )}
          </>
        )}
        <div className="grow" />
        {view === 'wall' && <bdi className="faint wall-hint">{t('cameras.wall_keys')}</bdi>}
        <div className="seg">
          <button type="button" aria-pressed={view === 'wall'} onClick={() => acts.view('wall')}>
            {t('cameras.wall')}
          </button>
          <button type="button" aria-pressed={view === 'list'} data-view-list onClick={() => acts.view('list')}>
            {t('cameras.list')}
          </button>
        </div>
      </div>
      {fault !== null && (
        <div className="notice p1" role="alert">
          {cameraRefusal(t, fault)}
        </div>
      )}
      {saving && (
        <SaveAs
          layout={layout}
          onClose={() => setSaving(false)}
          onSaved={(id) => {
            setSaving(false)
            acts.changed()
            acts.choose(id)
          }}
        />
      )}
    </>
  )
}

function SaveAs(props: { layout: Layout; onClose: () => void; onSaved: (id: string) => void }) {
  const { layout, onClose, onSaved } = props
  const { t } = useTranslation()
  const desk = useDesk()
  const own = desk.stations.filter((s) => desk.may('cameras.watch', s.id))
  const [station, setStation] = useState(desk.station === ALL ? (own[0]?.id ?? '') : desk.station)
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const save = async () => {
    setFault(null)
    try {
      const wall = await ask<Wall>('/walls', {
        method: 'POST',
        body: { station, name: name.trim(), tiles: layout.size, cameras: tilesOf(layout), shared },
      })
      onSaved(wall.id)
    } catch (refused) {
      setFault(refused)
    }
  }
  return (
    <Dialog title={t('cameras.wall_save_as')} onClose={onClose}>
      <form
        className="body"
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim()) void save()
        }}
      >
        <label className="field">
          {t('cameras.wall_name')}
          <input className="input" required maxLength={100} value={name} onChange={(e) => setName(e.target.value)} />
        </label>
        {desk.station === ALL && own.length > 1 && (
          <label className="field">
            {t('shell.station')}
            <select className="input" value={station} onChange={(e) => setStation(e.target.value)}>
              {own.map((s) => (
                <option key={s.id} value={s.id}>
                  {s.name}
                </option>
              ))}
            </select>
          </label>
        )}
        {desk.may('cameras.configure', station) && (
          <label className="tick">
            <input type="checkbox" checked={shared} onChange={(e) => setShared(e.target.checked)} />
            {t('cameras.wall_shared')}
          </label>
        )}
        {fault !== null && (
          <p className="fault" role="alert">
            {cameraRefusal(t, fault)}
          </p>
        )}
        <div className="actions">
          <button type="submit" className="btn pri" disabled={name.trim() === ''}>
            {t('cameras.wall_save')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
