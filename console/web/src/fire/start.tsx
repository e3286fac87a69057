// Starts the warden board of a building: from a fire alarm, or by hand.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords } from '../i18n/words'
import { useAlarm } from '../live'
import { ALL, useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { useAct } from './act'
import type { Evacuation } from './live'

interface Place {
  id: string
  kind: string
  name: string
}

/** The buildings of a station. */
export function useBuildings(station: string) {
  return useQuery({
    queryKey: ['/sites', station, 'buildings'],
    queryFn: async ({ signal }) => {
      const site = await ask<{ places: Place[] | null }>(`/sites/${encodeURIComponent(station)}`, { signal })
      return (site.places ?? []).filter((p) => p.kind === 'building')
    },
    enabled: station !== '' && station !== ALL,
  })
}

export default function StartBoard({ from, onClose }: { from: string; onClose: () => void }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const navigate = useNavigate()
  const alarm = useAlarm(from === 'building' ? undefined : from)
  const stations = desk.stations.filter((s) => desk.may('wardens.write', s.id))
  const [chosen, setChosen] = useState(desk.station !== ALL ? desk.station : (stations[0]?.id ?? ''))
  const station = alarm?.station ?? chosen
  const buildings = useBuildings(station)
  const [building, setBuilding] = useState<string | null>(null)
  const [name, setName] = useState('')
  const [reason, setReason] = useState('')
  const [drill, setDrill] = useState(false)
  const { act, busy, fault } = useAct()
  const list = buildings.data ?? []
  const picked = building ?? alarm?.building ?? list[0]?.id ?? ''
  const byName = list.length === 0 || picked === '-'
  const start = async (event: FormEvent) => {
    event.preventDefault()
    const made = await act<Evacuation>('/fire/evacuations', {
      station,
      alarm: alarm?.id,
      ...(byName ? { building_name: name } : { building: picked }),
      reason,
      drill,
    })
    if (made) void navigate({ to: '/fire/evacuation/$id', params: { id: made.id }, search: {} })
  }
  return (
    <Dialog title={t('fire.start_board')} onClose={onClose}>
      <form className="body" onSubmit={start}>
        {alarm && <p>{t('fire.start_from', { point: alarm.point_name, place: alarm.location })}</p>}
        {!alarm && stations.length > 1 && (
          <label className="field">
            {t('shell.station')}
            <select className="input" value={station} onChange={(e) => setChosen(e.target.value)}>
              {stations.map((s) => (
                <option key={s.id} value={s.id}>
                  {s.name}
                </option>
              ))}
            </select>
          </label>
        )}
        {list.length > 0 && (
          <label className="field">
            {t('fire.building')}
            <select className="input" data-autofocus value={picked} onChange={(e) => setBuilding(e.target.value)}>
              {list.map((b) => (
                <option key={b.id} value={b.id}>
                  {b.name}
                </option>
              ))}
              <option value="-">{t('fire.other_building')}</option>
            </select>
          </label>
        )}
        {byName && !buildings.isLoading && (
          <label className="field">
            {t('fire.building_name')}
            <input className="input" required maxLength={120} value={name} onChange={(e) => setName(e.target.value)} />
          </label>
        )}
        <label className="field">
          {t('fire.reason')}
          <input className="input" maxLength={1000} value={reason} onChange={(e) => setReason(e.target.value)} />
        </label>
        <label className="check">
          <input type="checkbox" checked={drill} onChange={(e) => setDrill(e.target.checked)} /> {t('fire.is_drill')}
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="submit" className={drill ? 'btn pri' : 'btn danger'} disabled={busy}>
            {drill ? t('fire.start_drill') : t('fire.start_now')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
