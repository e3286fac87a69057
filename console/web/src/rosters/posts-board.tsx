// Posts by days: who stands where, and in figures who is lacking. A cell opens the
// place with everybody who could take it. What is in sight is drawn.
import { type KeyboardEvent, memo, type PointerEvent, useLayoutEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DayHeads, Stripes } from './board-head'
import type { Coverage, Place } from './coverage'
import { placeKey } from './coverage'
import { Cursor } from './cursor'
import { moved, onlyAt, type Spot } from './pick'
import { Picking } from './picking'
import { type Rolls, shortName } from './register'
import { HEAD, type Look, NAME, ROW } from './row'
import { type Sight, useRange, useSight, useWidth } from './sight'

const frame = { row: ROW, head: HEAD, foot: 0, name: NAME }

interface Line {
  key: string
  post: string
  shift: string
  label: string
  byDay: Map<string, Place>
}

export function PostsBoard(props: {
  rolls: Rolls
  look: Look
  coverage: Coverage
  chosen: string | null
  onPlace: (key: string) => void
}) {
  const { rolls, look, coverage, chosen, onPlace } = props
  const { t } = useTranslation()
  const lines = useMemo(() => linesOf(coverage, rolls), [coverage, rolls])
  const [box, setBox] = useState<HTMLDivElement | null>(null)
  const [picking] = useState(() => new Picking({ row: 0, col: Math.max(0, look.today) }))
  const rows = lines.length
  const cols = look.days.length
  const sight = useSight(box, frame, rows, 0)
  const wide = Math.max(32, Math.floor((useWidth(sight) - NAME - 2) / Math.max(1, cols)))
  useLayoutEffect(() => picking.fit(rows, cols), [picking, rows, cols])
  const go = (at: Spot) => {
    picking.set(moved(picking.now, at, false, rows, cols))
    sight.show(picking.now.at.row, picking.now.at.col, wide)
  }
  const open = ({ row, col }: Spot) => {
    const line = lines[row]
    if (line) onPlace(keyAt(line, look.days[col] ?? ''))
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== box) return
    const ahead = sight.backwards ? -1 : 1
    const { row, col } = picking.now.at
    const steps: Record<string, Spot> = {
      ArrowUp: { row: row - 1, col },
      ArrowDown: { row: row + 1, col },
      ArrowRight: { row, col: col + ahead },
      ArrowLeft: { row, col: col - ahead },
      PageUp: { row: row - sight.page, col },
      PageDown: { row: row + sight.page, col },
      Home: { row: event.ctrlKey ? 0 : row, col: 0 },
      End: { row: event.ctrlKey ? rows - 1 : row, col: cols - 1 },
    }
    const to = steps[event.key]
    if (to) go(to)
    else if (event.key === 'Enter' || event.key === ' ') open(picking.now.at)
    else return
    event.preventDefault()
  }
  const onPointerDown = (event: PointerEvent) => {
    const inside = event.target instanceof Element && event.target.closest('.rb-body')
    const spot = inside && event.button === 0 ? sight.hit(event.clientX, event.clientY, wide) : undefined
    if (!spot || spot.row >= rows || spot.col >= cols) return
    picking.set(onlyAt(spot))
    open(spot)
  }
  if (rows === 0) return <p className="empty rosters-none">{t('rosters.no_demand')}</p>
  const total = NAME + cols * wide
  return (
    <div className="rb-room">
      <div
        className="rb pb"
        role="grid"
        ref={setBox}
        tabIndex={0}
        data-focus
        aria-label={t('rosters.posts_board')}
        aria-rowcount={rows + 1}
        aria-colcount={cols + 1}
        style={{ '--rb-cells': `repeat(${cols}, ${wide}px)`, '--rb-wide': `${total}px` } as React.CSSProperties}
        onKeyDown={onKey}
        onPointerDown={onPointerDown}
      >
        <div className="rb-head" role="rowgroup">
          <div className="rb-line" role="row" aria-rowindex={1} style={{ blockSize: HEAD }}>
            <div className="rb-name rb-corner" role="columnheader">
              {t('rosters.posts_n', { count: new Set(lines.map((l) => l.post)).size })}
            </div>
            <DayHeads look={look} />
          </div>
        </div>
        <div className="rb-body" role="rowgroup" style={{ blockSize: rows * ROW, inlineSize: total }}>
          <Stripes look={look} wide={wide} />
          <Lines lines={lines} rolls={rolls} look={look} sight={sight} chosen={chosen} />
          <Cursor box={box} cells="pb" sight={sight} picking={picking} wide={wide} carried={null} />
        </div>
      </div>
    </div>
  )
}

const Lines = memo(function Lines(props: {
  lines: Line[]
  rolls: Rolls
  look: Look
  sight: Sight
  chosen: string | null
}) {
  const { lines, rolls, look, sight, chosen } = props
  const { first, last } = useRange(sight)
  const shown = lines.slice(first, last)
  return (
    <>
      {shown.map((line, i) => (
        <div
          key={line.key}
          className="rb-row"
          role="row"
          aria-rowindex={first + i + 2}
          style={{ insetBlockStart: (first + i) * ROW }}
        >
          <div className="sr" role="rowheader">
            {line.label} {line.shift}
          </div>
          {look.days.map((day, col) => postCell(`pb-${first + i}-${col}`, line, day, rolls, look, chosen))}
        </div>
      ))}
      <div className="rb-names" aria-hidden>
        {shown.map((line, i) => (
          <div key={line.key} className="rb-tag" title={line.label} style={{ insetBlockStart: (first + i) * ROW }}>
            <span className={`rt ${rolls.types.get(line.shift)?.class ?? 'other'}`}>{line.shift || '…'}</span>
            <span className="rb-who" dir="auto">
              {line.label}
            </span>
          </div>
        ))}
      </div>
    </>
  )
})

function postCell(id: string, line: Line, day: string, rolls: Rolls, look: Look, chosen: string | null) {
  const { t } = look
  const place = line.byDay.get(day)
  const open = chosen !== null && chosen === keyAt(line, day) ? ' open' : ''
  if (!place) return <div key={day} id={id} role="gridcell" className={`pc none${open}`} />
  const lack = place.demand.headcount - place.have
  const names = place.here.map((o) => rolls.officers.get(o)?.name ?? o)
  const words =
    lack > 0 ? t('rosters.lacks', { count: lack, names: names.join(', ') || t('rosters.nobody') }) : names.join(', ')
  return (
    <div
      key={day}
      id={id}
      role="gridcell"
      className={`pc${lack > 0 ? ' short' : ''}${lack < 0 ? ' over' : ''}${open}`}
      title={words}
      aria-label={words}
    >
      <bdi>{lack > 0 ? `−${lack}` : place.here.length === 1 ? initials(names[0] ?? '') : place.have}</bdi>
    </div>
  )
}

const initials = (name: string): string => {
  const family = shortName(name).split(' ').pop() ?? ''
  return family.slice(0, 3)
}

const keyAt = (line: Line, day: string): string => {
  const place = line.byDay.get(day)
  return place ? placeKey(place.demand) : `${line.post}|${day}|${line.shift}`
}

function linesOf(coverage: Coverage, rolls: Rolls): Line[] {
  const lines = new Map<string, Line>()
  for (const place of coverage.places) {
    const d = place.demand
    const times = d.shift || `${d.from}–${d.to}`
    const key = `${d.post}|${times}`
    const name = rolls.posts.get(d.post)?.name ?? d.post
    const line = lines.get(key) ?? {
      key,
      post: d.post,
      shift: d.shift,
      label: d.shift ? name : `${name} ${times}`,
      byDay: new Map(),
    }
    line.byDay.set(d.date, place)
    lines.set(key, line)
  }
  const start = (shift: string) => rolls.types.get(shift)?.parts[0]?.start ?? '99'
  return [...lines.values()].sort(
    (a, b) =>
      a.post.localeCompare(b.post) || start(a.shift).localeCompare(start(b.shift)) || a.key.localeCompare(b.key),
  )
}
