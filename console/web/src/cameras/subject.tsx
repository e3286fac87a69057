// The cameras of something else on the screen: of an alarm, of a door, of a place
// on a plan. The most telling one plays at once; the others are one press away.
import './cameras.css'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { useKeys } from '../shell/keys'
import { Failed } from '../shell/states'
import { type AlarmCamera, type Camera, isCalled, useAlarmCameras, useCameras, useStates, withState } from './camera'
import { BEFORE_ALARM, Tile, type TileKeys } from './tile'

/** What the cameras of an alarm show, playing; the seconds before it are one key away. */
export function AlarmPictures({ alarm, onPlan }: { alarm: Alarm; onPlan: () => void }) {
  const { t } = useTranslation()
  const got = useAlarmCameras(alarm.id, alarm.station)
  const cameras = got.data?.cameras ?? []
  if (got.error)
    return (
      <section aria-label={t('cameras.of_alarm')}>
        <div className="h3">{t('cameras.of_alarm')}</div>
        <Failed fault={got.error} again={() => void got.refetch()} />
      </section>
    )
  if (cameras.length === 0) return null
  return (
    <Pictures
      title={t('cameras.of_alarm')}
      cameras={cameras}
      alarm={{ id: alarm.id, at: Date.parse(alarm.raised_at) }}
      onPlan={onPlan}
      keyed
    />
  )
}

/** The cameras of a door: those that its settings name, and those that look at it. */
export function DoorPictures(props: { station: string; point: string; named: string[] }) {
  const { station, point, named } = props
  const { t } = useTranslation()
  const got = useCameras(station)
  const cameras = useMemo(() => {
    const all = (got.data ?? []).filter((c) => c.station === station)
    const called = named.flatMap((name) => all.filter((c) => isCalled(c, name)))
    return [...new Set([...called, ...all.filter((c) => c.points?.includes(point))])]
  }, [got.data, station, point, named])
  if (cameras.length === 0) return null
  return <Pictures title={t('cameras.cameras')} cameras={cameras} />
}

/** One camera that was picked on a plan. */
export function PlanPicture(props: { station: string; number: string; onClose?: () => void }) {
  const { station, number, onClose } = props
  const { t } = useTranslation()
  const got = useCameras(station)
  const states = useStates()
  const camera = (got.data ?? []).find((c) => c.station === station && isCalled(c, number))
  if (got.error) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (!camera) return got.isPending ? null : <p className="dim pad">{t('cameras.no_picture_of', { name: number })}</p>
  return (
    <div className="subject-picture" data-plan-picture={camera.id}>
      <Tile key={camera.id} camera={camera} state={withState(camera, states)} onRemove={onClose} />
    </div>
  )
}

interface PicturesProps {
  title: string
  cameras: (Camera | AlarmCamera)[]
  alarm?: { id: string; at: number }
  onPlan?: () => void
  keyed?: boolean
}

function Pictures({ title, cameras, alarm, onPlan, keyed }: PicturesProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const states = useStates()
  const [chosen, setChosen] = useState(cameras[0]?.id)
  const tile = useRef<TileKeys>(null)
  const shown = cameras.find((c) => c.id === chosen) ?? cameras[0]
  useKeys(
    keyed && alarm
      ? {
          KeyP: () =>
            tile.current?.looksBack() ? tile.current.live() : tile.current?.playFrom(alarm.at - BEFORE_ALARM),
        }
      : {},
  )
  // A better camera may be named after the first list was shown; what somebody chose stays.
  const touched = useRef(false)
  const first = cameras[0]?.id
  useEffect(() => {
    if (!touched.current) setChosen(first)
  }, [first])
  if (!shown) return null
  const full = () => void navigate({ to: '/cameras', search: { show: shown.id, tiles: '1', at: '0', full: '1' } })
  return (
    <section className="subject-cameras" aria-label={title}>
      <div className="h3">
        {title}
        <span className="grow" />
        {cameras.length > 1 && (
          <span className="seg" role="group" aria-label={t('cameras.choose')}>
            {cameras.map((c) => (
              <button
                key={c.id}
                type="button"
                aria-pressed={c.id === shown.id}
                title={c.name}
                data-choose-camera={c.id}
                onClick={() => {
                  touched.current = true
                  setChosen(c.id)
                }}
              >
                <bdi>{c.number}</bdi>
              </button>
            ))}
          </span>
        )}
        {onPlan && (
          <button type="button" className="btn sm ghost" title={t('alarms.camera_on_plan')} onClick={onPlan}>
            {t('alarms.do.plan')}
          </button>
        )}
      </div>
      <div className="subject-picture" data-cameras tabIndex={-1}>
        <Tile
          key={shown.id}
          camera={shown}
          state={withState(shown, states)}
          sharp={shown.record?.stream === 'main'} // its gateway has that one at hand: no camera need be asked first
          alarm={alarm}
          keys={tile}
          tag={'because' in shown && <span className="chip">{t(`cameras.because.${shown.because}`)}</span>}
          onFull={full}
        />
      </div>
    </section>
  )
}
