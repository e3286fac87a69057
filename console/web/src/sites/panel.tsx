// The plan beside the alarms: it shows the level of the selected alarm or point
// by itself, unless somebody has pinned a level.
import './sites.css'
import { IconPin, IconPinnedOff } from '@tabler/icons-react'
import { useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { useOpenAlarms } from '../alarms/open'
import { bandOf, priorityOf } from '../alarms/order'
import type { Alarm } from '../contract'
import { kindWords } from '../i18n/words'
import { useAlarm, useLink } from '../live'
import { ALL, useDesk } from '../session/desk'
import { PlanPicture } from '../shell/slots'
import { Failed, Loading } from '../shell/states'
import { type SiteIndex, usePlan, useSite, useSiteIndex, useStationDevices } from './data'
import { LivePlan } from './live-plan'
import type { Place } from './schema'
import { LevelTable } from './table'

interface PlanPanelProps {
  station?: string | undefined
  alarm?: string | undefined // an id
  point?: string | undefined
  onPoint: (point: string) => void
  compact?: boolean
}

export function PlanPanel(props: PlanPanelProps) {
  const desk = useDesk()
  const alarm = useAlarm(props.alarm)
  // The gateway of a point that is no alarm's is one of the desk's own stations.
  const station =
    props.station ??
    alarm?.station ??
    (desk.station === ALL ? (desk.stations.find((s) => desk.may('sites.read', s.id))?.id ?? '') : desk.station)
  if (!desk.may('sites.read', station)) return null
  return <Levels key={station} {...props} station={station} subject={props.point ?? alarm?.point} said={alarm} />
}

function Levels(props: PlanPanelProps & { station: string; subject: string | undefined; said: Alarm | undefined }) {
  const { station, subject, said, onPoint } = props
  const { t } = useTranslation()
  const { may } = useDesk()
  const link = useLink()
  const site = useSite(station)
  const index = useSiteIndex(site.data)
  const { points, devices } = useStationDevices(station)
  const [pinned, setPinned] = useState(false)
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  const [table, setTable] = useState(false)
  const [camera, setCamera] = useState<string | undefined>(undefined)

  const wanted = index?.levelOf(index.placeOf.get(subject ?? ''))?.id
  const last = useLast(pinned ? undefined : wanted, chosen)
  const level = index?.byId.get(last ?? '')?.kind === 'level' ? last : index?.levels[0]?.id
  const place = index?.byId.get(level ?? '')
  const plan = usePlan(level, station)
  const choose = useCallback((id: string) => setChosen(id), [])
  const look = useCallback((id: string) => setCamera((now) => (now === id ? undefined : id)), [])
  const close = useCallback(() => setCamera(undefined), [])
  const building = index?.buildingOf(level)

  return (
    <section className="panel plan-panel" aria-label={t('sites.plan')} data-panel>
      <div className="ph">
        <h2>
          {building && place ? (
            <bdi>
              {building.name} · {place.name}
            </bdi>
          ) : (
            t('sites.plan')
          )}
        </h2>
        {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}
        {pinned && <span className="chip">{t('sites.pinned')}</span>}
        <div className="grow" />
        {index && building && <LevelChoice index={index} building={building} level={level} onLevel={choose} />}
        <button
          type="button"
          className="btn sm ghost"
          aria-pressed={pinned}
          aria-label={t('sites.pin')}
          title={t('sites.pin_why')}
          onClick={() => {
            setChosen(level)
            setPinned(!pinned)
          }}
        >
          {pinned ? <IconPinnedOff size={16} aria-hidden /> : <IconPin size={16} aria-hidden />}
        </button>
        <div className="seg">
          <button type="button" aria-pressed={!table} onClick={() => setTable(false)}>
            {t('sites.plan')}
          </button>
          <button type="button" aria-pressed={table} onClick={() => setTable(true)}>
            {t('sites.table')}
          </button>
        </div>
      </div>
      {index && subject && !wanted && (
        <p className="notice">
          {t('sites.no_level', {
            name: points.get(subject)?.name || said?.point_name || subject,
            where: index.path(index.placeOf.get(subject)) || said?.location || '–',
          })}
        </p>
      )}
      {pinned && wanted && wanted !== level && (
        <p className="notice">
          {t('sites.elsewhere', { where: index?.path(wanted) })}
          <button
            type="button"
            className="btn sm"
            onClick={() => {
              setPinned(false)
              setChosen(wanted)
            }}
          >
            {t('sites.go_there')}
          </button>
        </p>
      )}
      {site.error ? (
        <Failed fault={site.error} again={() => void site.refetch()} />
      ) : plan.error ? (
        <Failed fault={plan.error} again={() => void plan.refetch()} />
      ) : !index || (level && !plan.data) ? (
        <Loading />
      ) : !place ? (
        <p className="empty">{t('sites.no_levels')}</p>
      ) : table ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t('sites.table')}>
          <LevelTable index={index} level={place} points={points} selected={subject} onPoint={onPoint} />
        </div>
      ) : (
        plan.data && (
          <LivePlan
            plan={plan.data}
            name={index.path(place.id)}
            points={points}
            devices={devices}
            cameras={index.site.cameras ?? []}
            selected={subject}
            camera={camera}
            onPoint={onPoint}
            onCamera={look}
          />
        )
      )}
      {camera && !table && may('cameras.watch', station) && (
        <PlanPicture station={station} number={camera} onClose={close} />
      )}
      {index && place && !table && plan.data && (
        <Undrawn index={index} level={place} plan={plan.data.points?.map((p) => p.point) ?? []} onPoint={onPoint} />
      )}
    </section>
  )
}

/** What was wanted last, by following an alarm or by hand: the newer one counts. */
function useLast(followed: string | undefined, chosen: string | undefined): string | undefined {
  const [held, setHeld] = useState({ followed, chosen, now: followed ?? chosen })
  if (held.followed === followed && held.chosen === chosen) return held.now
  const now = held.chosen !== chosen ? chosen : (followed ?? held.now)
  setHeld({ followed, chosen, now })
  return now
}

/** The levels of the building, each with what is wrong there; and the other buildings. */
export function LevelChoice(props: {
  index: SiteIndex
  building: Place
  level: string | undefined
  onLevel: (level: string) => void
}) {
  const { index, building, level, onLevel } = props
  const { t } = useTranslation()
  const worst = useWorst(index)
  return (
    <>
      <select
        className="input building"
        aria-label={t('sites.building')}
        value={building.id}
        onChange={(event) => {
          const first = index.levelsOf(event.target.value)[0]
          if (first) onLevel(first.id)
        }}
      >
        {index.buildings
          .filter((b) => index.levelsOf(b.id).length > 0)
          .map((b) => {
            const count = worst.counts.get(b.id) ?? 0
            return (
              <option key={b.id} value={b.id}>
                {count > 0 ? t('sites.building_alarms', { name: b.name, count }) : b.name}
              </option>
            )
          })}
      </select>
      <div className="seg levels" role="group" aria-label={t('sites.levels')}>
        {[...index.levelsOf(building.id)].reverse().map((l) => {
          const alarm = worst.gravest.get(l.id)
          return (
            <button
              type="button"
              key={l.id}
              aria-pressed={l.id === level}
              data-level={l.id}
              title={alarm ? `${l.name} · ${kindWords(t, alarm.kind)}` : l.name}
              onClick={() => onLevel(l.id)}
            >
              {alarm && <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={13} />}
              <bdi>{shortLevel(l.name)}</bdi>
            </button>
          )
        })}
      </div>
    </>
  )
}

/** "Level 0" is L0, "Basement 1" B1, as on the buttons of a lift; other names stay. */
export function shortLevel(name: string): string {
  const found = /^(\p{L})\p{L}*\s+(-?\d+)$/u.exec(name)
  return found ? `${found[1]?.toUpperCase()}${found[2]}` : name
}

/** The gravest alarm of each level, and how many there are in each building. */
function useWorst(index: SiteIndex): { gravest: Map<string, Alarm>; counts: Map<string, number> } {
  const alarms = useOpenAlarms()
  return useMemo(() => {
    const gravest = new Map<string, Alarm>()
    const counts = new Map<string, number>()
    for (const alarm of alarms) {
      const place = index.placeOf.get(alarm.point)
      const level = index.levelOf(place)?.id
      const building = index.buildingOf(place)?.id
      if (level && !gravest.has(level)) gravest.set(level, alarm) // they come in order
      if (building) counts.set(building, (counts.get(building) ?? 0) + 1)
    }
    return { gravest, counts }
  }, [alarms, index])
}

/** Alarms of this level whose points nobody has drawn: they must not be missing here. */
function Undrawn(props: { index: SiteIndex; level: Place; plan: string[]; onPoint: (point: string) => void }) {
  const { index, level, plan, onPoint } = props
  const { t } = useTranslation()
  const alarms = useOpenAlarms()
  const building = index.buildingOf(level.id)
  const here = alarms.filter((a) => {
    const place = index.placeOf.get(a.point)
    if (place === undefined || plan.includes(a.point)) return false
    return (
      index.levelOf(place)?.id === level.id || (!index.levelOf(place) && index.buildingOf(place)?.id === building?.id)
    )
  })
  if (here.length === 0) return null
  return (
    <div className="undrawn" role="group" aria-label={t('sites.not_drawn')}>
      <span className="faint">{t('sites.not_drawn')}</span>
      {here.slice(0, 8).map((alarm) => (
        <button
          key={alarm.id}
          type="button"
          className="btn sm"
          data-undrawn={alarm.point}
          onClick={() => onPoint(alarm.point)}
        >
          <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={15} />
          <bdi>{alarm.point_name || alarm.point}</bdi>
        </button>
      ))}
      {here.length > 8 && <span className="faint">{t('sites.more', { count: here.length - 8 })}</span>}
    </div>
  )
}
