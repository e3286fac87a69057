// Who watches, in the top bar: a count, a word when nobody does, and the names
// behind it.
import './watch.css'
import { IconEye, IconEyeOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import type { Post, Stand } from './told'

export function WatchChip() {
  const { t } = useTranslation()
  const desk = useDesk()
  const posts = useThings<Post>('desk')
  const stands = useThings<Stand>('watch')
  const stations = desk.station === ALL ? desk.stations : desk.stations.filter((s) => s.id === desk.station)
  const empty = stations.filter((s) => !posts.some((p) => p.station === s.id))
  const people = new Set(posts.filter((p) => stations.some((s) => s.id === p.station)).map((p) => p.user)).size
  const names = stations
    .map((s) => {
      const there = posts.filter((p) => p.station === s.id).map((p) => (p.desk ? `${p.name} (${p.desk})` : p.name))
      return t('watch.chip_station', { station: s.name, names: there.join(', ') || t('watch.nobody') })
    })
    .join('\n')
  const asleep = stands.some((s) => s.state === 'missed' && stations.some((one) => one.id === s.station))
  const words =
    empty.length === 0
      ? t('watch.chip', { count: people })
      : stations.length === 1
        ? t('watch.nobody')
        : t('watch.chip_empty', { count: empty.length })
  return (
    <Link
      to="/watch"
      search={{}}
      className={asleep || empty.length > 0 ? 'btn ghost watch-chip off' : 'btn ghost watch-chip'}
      title={names}
      aria-label={`${words}. ${names}`}
      data-watch={empty.length > 0 ? 'empty' : 'manned'}
    >
      {empty.length > 0 ? <IconEyeOff size={16} aria-hidden /> : <IconEye size={16} aria-hidden />}
      <span className="search-words">{words}</span>
    </Link>
  )
}
