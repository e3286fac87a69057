// Pages that are about one station, at a desk that may see several.
import { useTranslation } from 'react-i18next'
import { ALL, useDesk } from '../session/desk'

/** The station that the desk has chosen; of all, the first. */
export function useOneStation(): { station: string; zone: string; name: string } {
  const { station, stations, zone } = useDesk()
  const one = stations.find((s) => s.id === station) ?? stations[0]
  return {
    station: station === ALL ? (one?.id ?? '') : station,
    zone: one?.time_zone ?? zone,
    name: one?.name ?? station,
  }
}

/** Says which station it is where the desk sees all, and lets it choose another. */
export function OneStation() {
  const { t } = useTranslation()
  const { station, stations, choose } = useDesk()
  const one = useOneStation()
  if (station !== ALL || stations.length < 2) return null
  return (
    <select
      className="input no-print"
      style={{ inlineSize: 190 }}
      aria-label={t('rationale.of_station')}
      value={one.station}
      onChange={(e) => choose(e.target.value)}
    >
      {stations.map((s) => (
        <option key={s.id} value={s.id}>
          {s.name}
        </option>
      ))}
    </select>
  )
}
