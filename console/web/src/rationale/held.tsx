// Doors that will be held in some seconds: told before it is an alarm.
import { useTranslation } from 'react-i18next'
import type { Thing } from '../contract'
import { useEachSecond, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'

interface HeldWarning extends Thing {
  station: string
  name: string
  location: string
  due: string
}

export function HeldWarnings() {
  const { t } = useTranslation()
  const { station } = useDesk()
  const doors = useThings<HeldWarning>('held')
    .filter((d) => station === ALL || d.station === station)
    .sort((a, b) => a.due.localeCompare(b.due))
  if (doors.length === 0) return null
  return (
    <section className="held-strip" aria-label={t('held.title')}>
      {doors.map((d) => (
        <One key={d.id} door={d} />
      ))}
    </section>
  )
}

function One({ door }: { door: HeldWarning }) {
  const { t } = useTranslation()
  const words = useEachSecond((now) => {
    const s = Math.ceil((Date.parse(door.due) - now) / 1000)
    return s > 0 ? t('held.in', { name: door.name, s }) : t('held.now', { name: door.name })
  })
  return (
    <span className="chip late" data-held={door.id}>
      <bdi>{words}</bdi>
      {door.location && door.location !== door.name && (
        <span className="faint">
          · <bdi>{door.location}</bdi>
        </span>
      )}
    </span>
  )
}
