// The points that a camera looks at, found by name among those of its station.
import { useQuery } from '@tanstack/react-query'
import { useId, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { everything } from '../ask'
import type { Device } from '../contract'
import type { Camera } from './camera'

const SHOWN = 12 // that are found; more words find fewer

interface Choice {
  id: string
  name: string
  place: string
}

interface PointsProps {
  camera: Pick<Camera, 'station'>
  points: string[]
  onPoints: (points: string[]) => void
}

export function Points({ camera, points, onPoints }: PointsProps) {
  const { t } = useTranslation()
  const [wish, setWish] = useState('')
  const hint = useId()
  const devices = useQuery({
    queryKey: ['camera-points', camera.station],
    queryFn: ({ signal }) => everything<Device>('/devices', { station: camera.station }, signal),
    staleTime: 60_000,
  })
  const known = useMemo(() => choices(devices.data ?? []), [devices.data])
  const nameOf = (id: string) => {
    const point = known.find((p) => p.id === id)
    return point ? [point.name, point.place].filter(Boolean).join(' · ') : id
  }
  const words = wish.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const found =
    words.length === 0
      ? []
      : known.filter((p) => {
          const text = `${p.name} ${p.place} ${p.id}`.toLocaleLowerCase()
          return !points.includes(p.id) && words.every((w) => text.includes(w))
        })
  return (
    <fieldset className="named" data-points>
      <legend>{t('cameras.points')}</legend>
      {points.length === 0 && <span className="dim">{t('cameras.points_none')}</span>}
      <ul>
        {points.map((id) => (
          <li key={id} className="chip" data-point={id}>
            <bdi>{nameOf(id)}</bdi>
            <button
              type="button"
              className="btn sm ghost"
              aria-label={t('cameras.name_remove', { name: nameOf(id) })}
              onClick={() => onPoints(points.filter((one) => one !== id))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <input
        className="input"
        type="search"
        aria-label={t('cameras.points_find')}
        aria-describedby={hint}
        placeholder={t('cameras.points_find')}
        value={wish}
        onChange={(e) => setWish(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== 'Enter') return
          e.preventDefault() // it finds, and saves nothing
          const only = found.length === 1 ? found[0] : undefined
          if (only) onPoints([...points, only.id])
        }}
      />
      <ul className="points-found">
        {found.slice(0, SHOWN).map((p) => (
          <li key={p.id}>
            <button
              type="button"
              className="btn sm ghost"
              data-add-point={p.id}
              onClick={() => onPoints([...points, p.id])}
            >
              <bdi>{p.name}</bdi> <bdi className="faint">{p.place}</bdi>
            </button>
          </li>
        ))}
      </ul>
      <small className="faint" id={hint} role="status">
        {devices.error !== null
          ? t('cameras.points_unknown')
          : words.length > 0 && !devices.isPending && t('cameras.points_found', { count: found.length })}
        {found.length > SHOWN && ` ${t('cameras.points_more', { count: SHOWN })}`}
      </small>
    </fieldset>
  )
}

const choices = (devices: Device[]): Choice[] =>
  devices.flatMap((d) =>
    (d.points ?? []).map((p) => ({ id: p.id, name: p.name || d.name, place: p.location || d.location })),
  )
