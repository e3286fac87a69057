// The counters in the top bar of every page. They count everything that still
// wants an acknowledgement or still is, cleared alarms too, at every station.
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm, Priority } from '../contract'
import { useEachSecond } from '../live'
import { AlarmGlyph } from './glyph'
import { useOpenAlarms } from './open'
import { type Band, bandOf, priorityOf } from './order'

const FLOOD = 10 // alarms in ten minutes: more is a flood (EEMUA 191)
const WINDOW = 600_000 // ms

export interface Count {
  priority: Priority
  total: number
  band: Band // the gravest state among them
}

export function countAlarms(alarms: readonly Alarm[]): Count[] {
  return ([1, 2, 3, 4] as const).map((priority) => {
    const these = alarms.filter((a) => priorityOf(a) === priority)
    const has = (band: Band) => these.some((a) => bandOf(a) === band)
    const band = has('unacknowledged') ? 'unacknowledged' : has('returned') ? 'returned' : 'acknowledged'
    return { priority, total: these.length, band }
  })
}

export function Counters() {
  const { t } = useTranslation()
  const alarms = useOpenAlarms()
  const counts = useMemo(() => countAlarms(alarms), [alarms])
  const times = useMemo(() => alarms.map((a) => Date.parse(a.last_at)).sort((a, b) => b - a), [alarms])
  const recent = useEachSecond((now) => {
    const first = times.findIndex((at) => now - at >= WINDOW)
    return first < 0 ? times.length : first
  })
  const words = counts.map((c) => `${c.total} ${t(`priority.${c.priority}`)}`).join(', ')
  return (
    <section className="counts" aria-label={t('alarms.counters', { counts: words })}>
      {counts.map((c) => (
        <div className="count" key={c.priority} data-count={c.priority}>
          <AlarmGlyph priority={c.priority} band={c.band} size={18} named={false} />
          <bdi>{c.total}</bdi>
          <span>{t(`priority.${c.priority}`)}</span>
        </div>
      ))}
      <div className={recent > FLOOD ? 'count bare flood' : 'count bare'}>
        <bdi>{recent}</bdi>
        <span>{recent > FLOOD ? t('alarms.flood') : t('alarms.in_ten_minutes')}</span>
      </div>
    </section>
  )
}
