// Posts by days: who stands where, and in figures who is lacking. A cell opens the
// place with everybody who could take it.
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Coverage, Place } from './coverage'
import { placeKey } from './coverage'
import { dayName, dayNumber, dayWords } from './days'
import { type Rolls, shortName } from './register'
import type { Roster } from './roster'
import type { Look } from './row'

interface Line {
  key: string
  post: string
  shift: string
  label: string
  byDay: Map<string, Place>
}

export function PostsBoard(props: {
  roster: Roster
  rolls: Rolls
  look: Look
  coverage: Coverage
  chosen: string | null
  onPlace: (key: string) => void
}) {
  const { rolls, look, coverage, chosen, onPlace } = props
  const { t, i18n } = useTranslation()
  const lines = useMemo(() => linesOf(coverage, rolls), [coverage, rolls])
  const [at, setAt] = useState({ row: 0, col: Math.max(0, look.today) })
  const box = useRef<HTMLDivElement>(null)
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== box.current) return
    const ahead = box.current && getComputedStyle(box.current).direction === 'rtl' ? -1 : 1
    const step: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowRight: [0, ahead],
      ArrowLeft: [0, -ahead],
      PageUp: [-15, 0],
      PageDown: [15, 0],
    }
    const by = step[event.key]
    if (by) {
      event.preventDefault()
      const row = Math.max(0, Math.min(lines.length - 1, at.row + by[0]))
      const col = Math.max(0, Math.min(look.days.length - 1, at.col + by[1]))
      setAt({ row, col })
      document.getElementById(`pb-${row}-${col}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    } else if (event.key === 'Enter' || event.key === ' ') {
      const line = lines[at.row]
      if (!line) return
      event.preventDefault()
      onPlace(keyAt(line, look.days[at.col] ?? ''))
    }
  }
  if (lines.length === 0) return <p className="empty rosters-none">{t('rosters.no_demand')}</p>
  return (
    <div
      className="pb"
      role="grid"
      ref={box}
      tabIndex={0}
      data-focus
      aria-label={t('rosters.posts_board')}
      aria-activedescendant={`pb-${at.row}-${at.col}`}
      onKeyDown={onKey}
    >
      <div className="pb-line pb-head" role="row">
        <div className="pb-name" role="columnheader">
          {t('rosters.posts_n', { count: new Set(lines.map((l) => l.post)).size })}
        </div>
        {look.days.map((day, col) => (
          <div
            key={day}
            role="columnheader"
            className={`rb-day${look.offDays[col] ? ' off' : ''}${col === look.today ? ' today' : ''}`}
            title={dayWords(day, i18n.language, true)}
          >
            <span>{dayName(day, i18n.language)}</span>
            <b>{dayNumber(day)}</b>
          </div>
        ))}
      </div>
      {lines.map((line, row) => (
        <div className="pb-line" role="row" key={line.key}>
          <div className="pb-name" role="rowheader">
            <span className={`rt ${rolls.types.get(line.shift)?.class ?? 'other'}`}>{line.shift || '…'}</span>
            <bdi className="rb-who" title={line.label}>
              {line.label}
            </bdi>
          </div>
          {look.days.map((day, col) => (
            <PostCell
              key={day}
              id={`pb-${row}-${col}`}
              place={line.byDay.get(day)}
              rolls={rolls}
              off={look.offDays[col] === true}
              current={at.row === row && at.col === col}
              open={chosen === keyAt(line, day)}
              onOpen={() => {
                setAt({ row, col })
                onPlace(keyAt(line, day))
              }}
            />
          ))}
        </div>
      ))}
    </div>
  )
}

function PostCell(props: {
  id: string
  place: Place | undefined
  rolls: Rolls
  off: boolean
  current: boolean
  open: boolean
  onOpen: () => void
}) {
  const { id, place, rolls, off, current, open, onOpen } = props
  const { t } = useTranslation()
  const state = `${off ? ' off' : ''}${current ? ' current' : ''}${open ? ' open' : ''}`
  if (!place) return <div id={id} role="gridcell" className={`pc none${state}`} />
  const lack = place.demand.headcount - place.have
  const names = place.here.map((o) => rolls.officers.get(o)?.name ?? o)
  const title =
    lack > 0 ? t('rosters.lacks', { count: lack, names: names.join(', ') || t('rosters.nobody') }) : names.join(', ')
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the focus and answers Enter for its cells
    <div
      id={id}
      role="gridcell"
      className={`pc${lack > 0 ? ' short' : ''}${lack < 0 ? ' over' : ''}${state}`}
      title={title}
      onClick={onOpen}
    >
      <span aria-hidden>
        <bdi>{lack > 0 ? `−${lack}` : place.here.length === 1 ? initials(names[0] ?? '') : place.have}</bdi>
      </span>
      <span className="sr">{title}</span>
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
