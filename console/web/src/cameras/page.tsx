// The video wall: pictures side by side, walls that were saved, a tile that
// follows the selected alarm; and a list for those who use no wall.
import './cameras.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useThings } from '../live'
import { useDesk } from '../session/desk'
import { Failed, Loading, NotAllowed } from '../shell/states'
import { type CameraState, useCameras } from './camera'
import { CameraList } from './list'
import { CameraSide } from './side'
import { fromAddress, inAddress, type Layout, layoutOf, put, sameLayout, sizeFor, sizeOf } from './wall'
import { WallView } from './wall-view'
import { useWalls, type WallActs, WallBar } from './walls'

export default function CamerasPage() {
  const { t } = useTranslation()
  const desk = useDesk()
  const search = useSearch({ from: '/cameras' })
  const navigate = useNavigate({ from: '/cameras' })
  const cameras = useCameras(desk.station)
  const walls = useWalls(desk.station)
  const list = useMemo(() => cameras.data ?? [], [cameras.data])
  const saved = walls.data?.find((w) => w.id === search.wall)
  const first = search.show === undefined && search.wall === undefined ? walls.data?.[0] : undefined
  const wall = saved ?? first
  const layout = useMemo<Layout>(() => {
    if (search.show !== undefined) return fromAddress(search.show, sizeOf(search.tiles))
    if (wall) return layoutOf(wall)
    const size = search.tiles ? sizeOf(search.tiles) : sizeFor(list.length)
    return { size, places: Array.from({ length: size }, (_, i) => list[i]?.id) }
  }, [search.show, search.tiles, wall, list])
  const changed = wall !== undefined && !sameLayout(layout, layoutOf(wall))
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const lay = (next: Layout, at?: number) =>
    go({
      show: inAddress(next),
      tiles: String(next.size),
      wall: search.wall ?? wall?.id,
      full: undefined,
      ...(at !== undefined && { at: String(at) }),
    })
  const at = Math.min(Number(search.at ?? 0) || 0, layout.size - 1)
  const acts: WallActs = {
    choose: (id) => go({ wall: id, show: undefined, tiles: undefined, at: undefined, full: undefined }),
    resize: (next) => lay(next),
    view: (view) => go({ view: view === 'list' ? 'list' : undefined }),
    changed: () => void walls.refetch(),
  }
  const asList = search.view === 'list'
  const choose = (id: string) => {
    if (asList) return go({ camera: id })
    const here = layout.places.indexOf(id)
    if (here >= 0) return go({ at: String(here) })
    const free = layout.places[at] === undefined ? at : layout.places.indexOf(undefined)
    lay(put(layout, free >= 0 ? free : at, id))
  }
  if (!desk.may('cameras.watch')) return <NotAllowed permission="cameras.watch" />
  return (
    <div className={asList ? 'cameras-page as-list' : 'cameras-page'} data-full={search.full || undefined}>
      {!asList && <CameraSide cameras={list} layout={layout} onChoose={choose} waiting={cameras.isPending} />}
      <section className="panel wall-panel" aria-label={t('cameras.wall')} data-panel>
        <WallBar
          walls={walls.data ?? []}
          wall={wall}
          layout={layout}
          changed={changed}
          view={asList ? 'list' : 'wall'}
          acts={acts}
        />
        {cameras.error ? (
          <Failed fault={cameras.error} again={() => void cameras.refetch()} />
        ) : cameras.isPending || walls.isPending ? (
          <Loading />
        ) : list.length === 0 ? (
          <NoCameras />
        ) : asList ? (
          <CameraList cameras={list} selected={search.camera} onSelect={(id) => go({ camera: id })} />
        ) : (
          <WallView
            cameras={list}
            layout={layout}
            at={at}
            full={search.full !== undefined}
            onAt={(n) => go({ at: String(n) })}
            onFull={(on) => go({ full: on ? '1' : undefined })}
            onLayout={lay}
          />
        )}
      </section>
    </div>
  )
}

/** Cameras are devices of gateways: there is nothing to add here. */
function NoCameras() {
  const { t } = useTranslation()
  const known = useThings<CameraState>('camera').length
  return (
    <div className="empty">
      <p>{t(known > 0 ? 'cameras.none_for_you' : 'cameras.none')}</p>
      {known === 0 && <p className="dim">{t('cameras.none_next')}</p>}
    </div>
  )
}
