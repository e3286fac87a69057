import { IconHistoryToggle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { useDesk } from '../session/desk'

const BEFORE = 120_000

/** Leads to the site as it was two minutes before an alarm. */
export function ReplayLink({ alarm }: { alarm: Pick<Alarm, 'received_at' | 'station' | 'point'> }) {
  const { t } = useTranslation()
  const desk = useDesk()
  if (!desk.may('signals.read', alarm.station)) return null
  const at = new Date(Date.parse(alarm.received_at) - BEFORE).toISOString()
  return (
    <Link className="btn sm" to="/replay" search={{ station: alarm.station, at, point: alarm.point }}>
      <IconHistoryToggle size={15} aria-hidden />
      {t('replay.two_before')}
    </Link>
  )
}
