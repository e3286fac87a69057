// The counters in the top bar of every page. They count everything that still
// wants an acknowledgement or still is, cleared alarms too, at every station.
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm, Priority } from '../contract'
import { clock, useCalmly, useEachSecond } from '../live'
import { AlarmGlyph } from './glyph'
import { openAlarms } from './open'
import { type Band, bandOf, priorityOf } from './order'

const FLOOD = 10 // alarms in ten minutes: more is a flood (EEMUA 191)
const WINDOW = 600_000 // ms
const CALM = 100 // ms between two countings in a flood; the first change counts at once

export interface Count {
  priority: Priority
  total: number
  band: Band // the gravest state among them
}

export function countAlarms(alarms: readonly Alarm[]): Count[] {
  const counts = ([1, 2, 3, 4] as const).map((priority): Count => ({ priority, total: 0, band: 'acknowledged' }))
  for (const alarm of alarms) {
    const count = counts[priorityOf(alarm) - 1]
    if (!count) continue
    count.total++
    const band = bandOf(alarm)
    if (band === 'unacknowledged' || (band === 'returned' && count.band === 'acknowledged')) count.band = band
  }
  return counts
}

/** When each alarm was last heard, newest first, as far as the window reaches back. */
function lately(alarms: readonly Alarm[], now: number): number[] {
  const from = new Date(now - WINDOW).toISOString().slice(0, 19) // instants of the console sort as text
  const times: number[] = []
  for (const { last_at } of alarms) if (last_at >= from) times.push(Date.parse(last_at))
  return times.sort((a, b) => b - a)
}

export function Counters() {
  const { t } = useTranslation()
  const version = useCalmly('alarms', CALM)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the alarms
  const alarms = useMemo(openAlarms, [version])
  const counts = useMemo(() => countAlarms(alarms), [alarms])
  const times = useMemo(() => lately(alarms, clock.now()), [alarms])
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
