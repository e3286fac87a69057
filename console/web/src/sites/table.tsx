// The plan in words: every point, camera and area of a level as a table.
import { memo, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { useOpenAlarms } from '../alarms/open'
import { bandOf, priorityOf } from '../alarms/order'
import type { Alarm, Point } from '../contract'
import { alarmsByPoint } from '../devices/standing'
import { kindWords } from '../i18n/words'
import { useReading } from '../live'
import type { SiteIndex } from './data'
import { pointWords } from './marks'
import type { Place } from './schema'

export function LevelTable(props: {
  index: SiteIndex
  level: Place
  points: Map<string, Point>
  selected: string | undefined
  onPoint: (point: string) => void
}) {
  const { index, level, points, selected, onPoint } = props
  const { t } = useTranslation()
  const alarms = useOpenAlarms()
  const gravest = useMemo(() => alarmsByPoint(alarms), [alarms])
  const rows = useMemo(() => {
    const here = (index.site.points ?? []).filter((b) => index.levelOf(b.place)?.id === level.id)
    return here
      .map((b) => ({ id: b.point as string, area: b.place === level.id ? '' : (index.byId.get(b.place)?.name ?? '') }))
      .sort(
        (a, b) =>
          a.area.localeCompare(b.area) ||
          (points.get(a.id)?.name ?? a.id).localeCompare(points.get(b.id)?.name ?? b.id, undefined, { numeric: true }),
      )
  }, [index, level, points])
  const cameras = (index.site.cameras ?? []).filter((c) => index.levelOf(c.place)?.id === level.id)
  if (rows.length === 0 && cameras.length === 0) return <p className="empty">{t('sites.nothing_here')}</p>
  return (
    <table className="table" data-level-table>
      <thead>
        <tr>
          <th scope="col">{t('sites.area')}</th>
          <th scope="col">{t('sites.point')}</th>
          <th scope="col">{t('sites.state')}</th>
          <th scope="col">{t('sites.alarm')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row
            key={row.id}
            id={row.id}
            area={row.area}
            point={points.get(row.id)}
            alarm={gravest.get(row.id)}
            selected={selected === row.id}
            onPoint={onPoint}
          />
        ))}
        {cameras.map((c) => (
          <tr key={c.id}>
            <td>{c.place === level.id ? '' : index.byId.get(c.place)?.name}</td>
            <td>
              <bdi>
                {c.id} {c.name}
              </bdi>
            </td>
            <td>{t('sites.camera')}</td>
            <td />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const Row = memo(function Row(props: {
  id: string
  area: string
  point: Point | undefined
  alarm: Alarm | undefined
  selected: boolean
  onPoint: (point: string) => void
}) {
  const { id, area, point, alarm, selected, onPoint } = props
  const { t } = useTranslation()
  const reading = useReading(id) ?? point?.reading
  return (
    <tr aria-selected={selected} data-row={id}>
      <td>
        <bdi>{area}</bdi>
      </td>
      <td>
        <button type="button" className="rowlink" onClick={() => onPoint(id)}>
          <bdi>{point?.name || id}</bdi>
        </button>
      </td>
      <td>{point ? pointWords(t, point, reading) : t('sites.unknown_point')}</td>
      <td>
        {alarm && (
          <span className="inline">
            <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={18} /> {kindWords(t, alarm.kind)}
          </span>
        )}
      </td>
    </tr>
  )
})
