// The lowest rows of the board: how many are on duty by shift and day, and in
// figures how many are lacking.
import { memo } from 'react'
import type { Coverage } from './coverage'
import { DayOfCursor } from './cursor'
import type { Picking } from './picking'
import { type Look, ROW } from './row'
import type { Sight } from './sight'

const order = (look: Look) => (a: string, b: string) => {
  const start = (code: string) => look.rolls.types.get(code)?.parts[0]?.start ?? '99'
  return start(a).localeCompare(start(b)) || a.localeCompare(b)
}

export const coverHeight = (coverage: Coverage): number => Math.min(6, coverage.rows.size) * ROW

/** The codes whose rows are shown. */
export const coverCodes = (coverage: Coverage, look: Look): string[] =>
  [...coverage.rows.keys()].sort(order(look)).slice(0, 6)

export const CoverRows = memo(function CoverRows(props: {
  coverage: Coverage
  look: Look
  sight: Sight
  picking: Picking
  wide: number
}) {
  const { coverage, look, sight, picking, wide } = props
  const codes = coverCodes(coverage, look)
  if (codes.length === 0) return null
  return (
    <div className="rb-foot" role="rowgroup">
      <DayOfCursor sight={sight} picking={picking} wide={wide} />
      {codes.map((code) => (
        <CoverRow key={code} code={code} coverage={coverage} look={look} />
      ))}
    </div>
  )
})

function CoverRow({ code, coverage, look }: { code: string; coverage: Coverage; look: Look }) {
  const { t } = look
  const row = coverage.rows.get(code)
  const type = look.rolls.types.get(code)
  const needs = [...(row?.values() ?? [])].map((d) => d.need)
  const least = Math.min(...needs)
  const most = Math.max(...needs)
  return (
    <div className="rb-line" role="row" style={{ blockSize: ROW }}>
      <div className="rb-name" role="rowheader">
        <span className={`rt ${type?.class ?? 'other'}`}>{code || '…'}</span>
        <span className="rb-who">
          {type ? t('rosters.posts_of', { shift: type.name || code }) : t('rosters.times')}
        </span>
        <span className="faint rb-need">
          <bdi>{least === most ? t('rosters.need', { need: most }) : t('rosters.need_range', { least, most })}</bdi>
        </span>
      </div>
      {look.days.map((day, col) => {
        const d = row?.get(day)
        return (
          <div
            key={day}
            role="gridcell"
            className={`rb-cover${d && d.lack > 0 ? ' short' : ''}${look.offDays[col] ? ' off' : ''}`}
            title={d ? t('rosters.cover_title', { have: d.have, need: d.need, on: d.on }) : undefined}
          >
            {d && <bdi>{d.lack > 0 ? `−${d.lack}` : d.have}</bdi>}
          </div>
        )
      })}
    </div>
  )
}
