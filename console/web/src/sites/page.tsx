// The plans of the station: a level at a time, by building; jump by search; and
// for those who may, the editor.
import './sites.css'
import '../devices/devices.css'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOpenAlarms } from '../alarms/open'
import { ask } from '../ask'
import { PointPanel } from '../devices/point'
import { useLink } from '../live'
import { ALL, useDesk } from '../session/desk'
import { useKeys } from '../shell/keys'
import { PlanPicture } from '../shell/slots'
import { Failed, Loading, NotAllowed } from '../shell/states'
import { type SiteIndex, usePlan, useSite, useSiteIndex, useStationDevices } from './data'
import { Find } from './find'
import { LivePlan } from './live-plan'
import { LevelChoice } from './panel'
import type { Found, Place, Site } from './schema'
import { LevelTable } from './table'

const Editor = lazy(() => import('./editor/editor'))

/** /plans: the level of the gravest alarm, or the first one of the station. */
export function FirstPlan() {
  const { t } = useTranslation()
  const desk = useDesk()
  const own = useOneStation()
  const navigate = useNavigate()
  const gravest = useOpenAlarms().find((a) => desk.station === ALL && desk.may('sites.read', a.station))
  const [station, setStation] = useState(() => gravest?.station ?? own)
  useEffect(() => {
    if (desk.station !== ALL) setStation(desk.station)
  }, [desk.station])
  const site = useSite(station)
  const index = useSiteIndex(site.data)
  const level =
    index && index.site.station === station
      ? (index.levelOf(index.placeOf.get(gravest?.point ?? '')) ?? index.levels[0])
      : undefined
  useEffect(() => {
    if (level)
      void navigate({
        to: '/plans/$building/$level',
        params: { building: level.parent, level: level.id },
        replace: true,
      })
  }, [level, navigate])
  if (!desk.may('sites.read')) return <NotAllowed permission="sites.read" />
  if (site.error) return <Failed fault={site.error} again={() => void site.refetch()} />
  return site.data && !level ? <p className="empty">{t('sites.no_levels')}</p> : <Loading />
}

/** The desk's station, or the first that it may look at. */
function useOneStation(): string {
  const desk = useDesk()
  if (desk.station !== ALL) return desk.station
  return desk.stations.find((s) => desk.may('sites.read', s.id))?.id ?? ''
}

export default function PlanPage() {
  const { building, level } = useParams({ from: '/plans/$building/$level' })
  const search = useSearch({ from: '/plans/$building/$level' })
  const { t } = useTranslation()
  const desk = useDesk()
  const own = useOneStation()
  // An address names a level and no station: the desk's is tried first, then the others.
  const stations = [own, ...desk.stations.map((s) => s.id).filter((id) => id !== own && desk.may('sites.read', id))]
  const [tried, setTried] = useState(0)
  const station = stations[tried] ?? own
  const site = useSite(station)
  const index = useSiteIndex(site.data?.station === station ? site.data : undefined)
  const found = index?.byId.get(level)
  const missing = index !== undefined && !found
  useEffect(() => {
    if (missing && tried + 1 < stations.length) setTried(tried + 1)
  }, [missing, tried, stations.length])
  if (!desk.may('sites.read')) return <NotAllowed permission="sites.read" />
  if (site.error) return <Failed fault={site.error} again={() => void site.refetch()} />
  if (!index || (missing && tried + 1 < stations.length)) return <Loading />
  if (found?.kind !== 'level' || found.parent !== building)
    return (
      <div className="empty">
        <h1>{t('sites.no_such_level')}</h1>
        <p>
          {t('sites.no_such_level_next')} <Link to="/plans">{t('sites.to_plans')}</Link>
        </p>
      </div>
    )
  return (
    <Level
      key={station}
      index={index}
      level={found}
      search={search}
      stations={stations}
      onStation={(id) => setTried(stations.indexOf(id))}
    />
  )
}

function Level(props: {
  index: SiteIndex
  level: Place
  search: { point?: string; camera?: string; place?: string; table?: string; edit?: string }
  stations: string[]
  onStation: (station: string) => void
}) {
  const { index, level, search } = props
  const { t } = useTranslation()
  const desk = useDesk()
  const navigate = useNavigate({ from: '/plans/$building/$level' })
  const link = useLink()
  const { may } = useDesk()
  const station = index.site.station
  const plan = usePlan(level.id, station)
  const { points, devices } = useStationDevices(station)
  const building = index.buildingOf(level.id)
  const mayEdit = may('sites.edit', station)

  const go = useCallback(
    (change: {
      point?: string | undefined
      camera?: string | undefined
      table?: string | undefined
      edit?: string | undefined
    }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true }),
    [navigate],
  )
  const goTo = useCallback(
    (to: string, more: { point?: string; camera?: string; place?: string } = {}) => {
      const at = index.levelOf(to)
      if (at)
        void navigate({
          to: '/plans/$building/$level',
          params: { building: at.parent, level: at.id },
          search: (old) => ({
            ...old,
            point: undefined,
            camera: undefined,
            place: undefined,
            edit: undefined,
            ...more,
          }),
        })
    },
    [index, navigate],
  )
  const onPoint = useCallback((point: string) => go({ point, camera: undefined }), [go])
  const onCamera = useCallback((camera: string) => go({ camera, point: undefined }), [go])
  const take = (hit: Found) => {
    if (hit.what === 'point') goTo(hit.level, { point: hit.id })
    else if (hit.what === 'camera') goTo(hit.level, { camera: hit.id })
    else goTo(hit.level, { place: hit.id })
  }
  useKeys({
    Escape: () => (search.point || search.camera ? go({ point: undefined, camera: undefined }) : false),
    KeyE: () => (mayEdit && !search.edit && plan.data ? go({ edit: '1' }) : false),
  })

  if (search.edit && mayEdit && plan.data)
    return (
      <Suspense fallback={<Loading />}>
        <Editor
          key={level.id}
          plan={plan.data}
          index={index}
          level={level}
          points={points}
          devices={devices}
          onClose={() => go({ edit: undefined })}
        />
      </Suspense>
    )
  const camera = (index.site.cameras ?? []).find((c) => c.id === search.camera)
  return (
    <div className="plans">
      <section className="panel plan-panel" aria-label={t('sites.plan')} data-panel>
        <div className="ph">
          <h2>
            <bdi>
              {building?.name} · {level.name}
            </bdi>
          </h2>
          {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}
          <div className="grow" />
          {desk.station === ALL && props.stations.length > 1 && (
            <StationChoice station={station} stations={props.stations} onStation={props.onStation} />
          )}
          {building && <LevelChoice index={index} building={building} level={level.id} onLevel={(id) => goTo(id)} />}
          <div className="seg">
            <button type="button" aria-pressed={!search.table} onClick={() => go({ table: undefined })}>
              {t('sites.plan')}
            </button>
            <button type="button" aria-pressed={Boolean(search.table)} onClick={() => go({ table: '1' })}>
              {t('sites.table')}
            </button>
          </div>
          {mayEdit && (
            <button type="button" className="btn sm" onClick={() => go({ edit: '1' })} disabled={!plan.data}>
              {t('sites.edit')} <kbd>E</kbd>
            </button>
          )}
        </div>
        {plan.error ? (
          <Failed fault={plan.error} again={() => void plan.refetch()} />
        ) : !plan.data ? (
          <Loading />
        ) : search.table ? (
          <div className="scroll" tabIndex={0} role="group" aria-label={t('sites.table')}>
            <LevelTable index={index} level={level} points={points} selected={search.point} onPoint={onPoint} />
          </div>
        ) : (
          <LivePlan
            plan={plan.data}
            name={index.path(level.id)}
            points={points}
            devices={devices}
            cameras={index.site.cameras ?? []}
            selected={search.point}
            camera={search.camera ?? cameraOf(index, search.place)}
            area={search.place}
            onPoint={onPoint}
            onCamera={onCamera}
          />
        )}
      </section>
      <div className="side">
        <Find station={station} onTake={take} />
        {search.point ? (
          <div className="panel fills">
            <PointPanel
              id={search.point}
              onClose={() => go({ point: undefined })}
              onAlarm={(alarm) => void navigate({ to: '/control', search: { alarm } })}
            />
          </div>
        ) : camera ? (
          <section className="panel" aria-label={t('sites.camera')}>
            <div className="ph">
              <h2>
                <bdi>
                  {camera.id} {camera.name}
                </bdi>
              </h2>
            </div>
            <dl className="pairs">
              <dt>{t('sites.place')}</dt>
              <dd>
                <bdi>{index.path(camera.place)}</bdi>
              </dd>
            </dl>
            {may('cameras.watch', station) && <PlanPicture station={station} number={camera.id} />}
          </section>
        ) : (
          <section className="panel fills" aria-label={t('sites.on_level')} data-panel>
            <div className="ph">
              <h2>{t('sites.on_level')}</h2>
            </div>
            <div className="scroll" tabIndex={0} role="group" aria-label={t('sites.on_level')}>
              <LevelTable index={index} level={level} points={points} selected={search.point} onPoint={onPoint} />
            </div>
          </section>
        )}
      </div>
    </div>
  )
}

/** The other stations, for a desk that looks after all of them. */
function StationChoice(props: { station: string; stations: string[]; onStation: (station: string) => void }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const navigate = useNavigate()
  const client = useQueryClient()
  const go = async (id: string) => {
    const site = await client.fetchQuery({
      queryKey: ['site', id, 'first'],
      queryFn: () => ask<Site>(`/sites/${encodeURIComponent(id)}`),
    })
    const first = (site.places ?? []).find((p) => p.kind === 'level')
    if (!first) return void navigate({ to: '/stations/$id', params: { id } })
    props.onStation(id)
    void navigate({ to: '/plans/$building/$level', params: { building: first.parent, level: first.id } })
  }
  return (
    <select
      className="input building"
      aria-label={t('sites.station')}
      value={props.station}
      onChange={(event) => void go(event.target.value)}
    >
      {props.stations.map((id) => (
        <option key={id} value={id}>
          {desk.stations.find((s) => s.id === id)?.name ?? id}
        </option>
      ))}
    </select>
  )
}

/** A search may name a camera as the place to look at. */
const cameraOf = (index: SiteIndex, id: string | undefined): string | undefined =>
  (index.site.cameras ?? []).find((c) => c.id === id)?.id
