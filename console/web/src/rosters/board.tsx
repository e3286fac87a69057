// Officers by days, as a grid that the keyboard rules: what is in sight is drawn,
// names and dates stay, one cell has the cursor. Everything that a drag does can be
// done by picking a cell up and putting it down.
import {
  type ClipboardEvent,
  type KeyboardEvent,
  memo,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { useLetterKeys } from '../shell/keys'
import { Callouts, CellEditor } from './callouts'
import type { Officer } from './contract'
import { CoverRows, coverHeight } from './cover-rows'
import type { Coverage } from './coverage'
import { dayName, dayNumber, dayWords } from './days'
import { exchanged, shiftFor, usualPosts } from './give'
import { moved, onlyAt, type Pick, rectOf, type Spot, spots, toggled, within } from './pick'
import { useBoardPointer } from './pointer'
import type { Rolls } from './register'
import type { Roster, Wanted } from './roster'
import { HEAD, type Look, NAME, OfficerRow, ROW } from './row'
import { type Block, isUnread, readBlock, spread, writeBlock } from './turns'

const FAIR = 30
const BEYOND = 10 // rows drawn above and below what is in sight

/** What the screens around a board may ask of it. */
export interface BoardHandle {
  goTo: (officer: string, day: string) => void
  focus: () => void
}

export function RosterBoard(props: {
  roster: Roster
  rolls: Rolls
  officers: Officer[]
  look: Look
  coverage: Coverage
  editable: boolean
  handle: (h: BoardHandle) => void
  onSpot: (officer: Officer | undefined, day: string, count: number) => void
  onKey: (name: 'problem' | 'plan' | 'place') => void
  onSay: (words: string) => void
}) {
  const { roster, rolls, officers, look, coverage, editable, handle, onSpot, onKey, onSay } = props
  const { t } = useTranslation()
  const letters = useLetterKeys()
  const [box, setBox] = useState<HTMLDivElement | null>(null)
  const [picked, setPick] = useState<Pick>(() => onlyAt({ row: 0, col: Math.max(0, look.today) }))
  const [typing, setTyping] = useState<string | null>(null)
  const [carried, setCarried] = useState<Spot | null>(null)
  const copied = useRef<{ text: string; block: Block } | null>(null)
  const rows = officers.length
  const cols = look.days.length
  const pick = within(picked, rows, cols)
  const foot = coverHeight(coverage)
  const sight = useSight(box, rows)
  const room = sight.width - NAME - (look.fairness ? 4 * FAIR : 0) - 2
  const wide = Math.max(30, Math.min(46, Math.floor(room / Math.max(1, cols))))
  const at = officers[pick.at.row]
  const day = look.days[pick.at.col] ?? ''

  const count = spots(pick).length
  useEffect(() => onSpot(at, day, count), [at, day, count, onSpot])
  useFollow(box, pick.at, wide, foot)
  useEffect(
    () =>
      handle({
        goTo: (officer, date) => {
          const row = officers.findIndex((o) => o.id === officer)
          const col = look.days.indexOf(date)
          if (row >= 0) setPick(onlyAt({ row, col: Math.max(0, col) }))
          else if (col >= 0) setPick((p) => onlyAt({ row: p.at.row, col }))
        },
        focus: () => box?.focus({ preventScroll: true }),
      }),
    [handle, officers, look.days, box],
  )

  const cellAt = (s: Spot) => {
    const officer = officers[s.row]
    const date = look.days[s.col]
    return officer && date ? { officer, day: date } : undefined
  }
  const chosen = () => spots(pick).flatMap((s) => cellAt(s) ?? [])
  const give = (wanted: Wanted[], what: 'edit' | 'copy' = 'edit') => editable && roster.edit(wanted, what)
  const clear = () => give(chosen().map((c) => ({ officer: c.officer.id, date: c.day, duties: [] })))
  const set = (shift: string) => give(shiftFor(chosen(), shift, roster, rolls, coverage, usualPosts(roster.filled())))
  const put = (from: Spot, to: Spot) => {
    const a = cellAt(from)
    const b = cellAt(to)
    if (a && b) give(exchanged(roster, { officer: a.officer.id, day: a.day }, { officer: b.officer.id, day: b.day }))
    setPick(onlyAt(to))
  }
  const putDown = (from: Spot) => {
    put(from, pick.at)
    setCarried(null)
  }
  const block = (): Block => {
    const { top, bottom, start, end } = rectOf(pick)
    const lines: Block = []
    for (let row = top; row <= bottom; row++) {
      const line: Block[number] = []
      for (let col = start; col <= end; col++) {
        const c = cellAt({ row, col })
        line.push(c ? roster.turns(c.officer.id, c.day).map(({ shift, post }) => ({ shift, post })) : [])
      }
      lines.push(line)
    }
    return lines
  }
  const paste = (lines: Block) => {
    const { top, bottom, start, end } = rectOf(pick)
    const cells = spread(lines, bottom - top + 1, end - start + 1).flatMap(({ row, col, turns }) => {
      const c = cellAt({ row: top + row, col: start + col })
      return c ? [{ officer: c.officer.id, date: c.day, duties: turns }] : []
    })
    give(cells, 'copy')
  }
  const fill = (down: boolean) => {
    const lines = block()
    paste(down ? lines.slice(0, 1) : lines.map((line) => line.slice(0, 1)))
  }

  const onCopy = (event: ClipboardEvent, cut: boolean) => {
    if (event.target !== box) return
    const lines = block()
    copied.current = { text: writeBlock(lines), block: lines }
    event.clipboardData.setData('text/plain', copied.current.text)
    event.preventDefault()
    if (cut) clear()
    onSay(t(cut ? 'rosters.cut' : 'rosters.copied', { count: lines.length * (lines[0]?.length ?? 0) }))
  }
  const onPaste = (event: ClipboardEvent) => {
    if (event.target !== box || !editable) return
    event.preventDefault()
    const text = event.clipboardData.getData('text/plain')
    const kept = copied.current
    const read = kept && kept.text === text ? kept.block : readBlock(text, rolls.types, rolls.posts)
    if (isUnread(read as never)) {
      const unread = read as unknown as { code: string; value: string }
      onSay(t(`rosters.unread.${unread.code}`, { value: unread.value }))
    } else paste(read as Block)
  }

  const move = (dRow: number, dCol: number, extend: boolean) =>
    setPick(moved(pick, { row: pick.at.row + dRow, col: pick.at.col + dCol }, extend, rows, cols))
  const page = Math.max(1, Math.floor((sight.height - HEAD - foot) / ROW) - 1)

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== box || event.altKey || typing !== null) return
    const ahead = box && getComputedStyle(box).direction === 'rtl' ? -1 : 1
    const ctrl = event.ctrlKey || event.metaKey
    const shift = event.shiftKey
    const steps: Record<string, () => unknown> = {
      ArrowUp: () => move(ctrl ? -rows : -1, 0, shift),
      ArrowDown: () => move(ctrl ? rows : 1, 0, shift),
      ArrowRight: () => move(0, (ctrl ? cols : 1) * ahead, shift),
      ArrowLeft: () => move(0, (ctrl ? -cols : -1) * ahead, shift),
      PageUp: () => move(-page, 0, shift),
      PageDown: () => move(page, 0, shift),
      Home: () => move(ctrl ? -rows : 0, -cols, shift),
      End: () => move(ctrl ? rows : 0, cols, shift),
    }
    const acts: Record<string, () => unknown> = !editable
      ? {}
      : {
          Delete: clear,
          Backspace: clear,
          Enter: () => (ctrl ? fill(false) : carried ? putDown(carried) : setTyping('')),
          F2: () => setTyping(''),
        }
    const controls: Record<string, () => unknown> = {
      KeyA: () => setPick({ at: { row: rows - 1, col: cols - 1 }, from: { row: 0, col: 0 }, more: [] }),
      ...(editable && {
        KeyD: () => fill(true),
        KeyZ: () => (shift ? roster.redo() : roster.undo()),
        KeyY: () => roster.redo(),
      }),
    }
    const go = () => {
      if (steps[event.key]) return steps[event.key]
      if (acts[event.key]) return acts[event.key]
      if (event.key === 'Escape' && carried) return () => setCarried(null)
      if (event.key === 'Escape' && (pick.more.length > 0 || count > 1)) return () => setPick(onlyAt(pick.at))
      if (ctrl) return controls[event.code]
      if (event.key === '!') return () => onKey('problem')
      if (!letters || shift) return undefined
      const type = rolls.keys.get(event.code.replace(/^Key/, ''))
      if (editable && type) return () => set(type.code)
      if (event.code === 'KeyP') return () => onKey('plan')
      if (event.code === 'KeyG') return () => onKey('place')
      if (editable && event.code === 'KeyM') return () => setCarried(carried ? null : pick.at)
      return undefined
    }
    const act = go()
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    if (event.repeat && !steps[event.key] && event.key !== 'Delete') return
    act()
  }

  const pointer = useBoardPointer(box, { wide, rows, cols, name: NAME, editable }, pick, {
    pick: setPick,
    toggle: (s) => setPick(toggled(pick, s)),
    put,
    open: () => editable && setTyping(''),
  })

  const printing = usePrinting()
  const first = printing ? 0 : Math.max(0, sight.first - BEYOND)
  const last = printing ? rows : Math.min(rows, sight.last + BEYOND)
  const columns = `${NAME}px repeat(${cols}, ${wide}px)${look.fairness ? ` repeat(4, ${FAIR}px)` : ''}`
  const rect = rectOf(pick)
  const away = carried ?? pointer.dragging
  return (
    <div
      className="rb"
      ref={setBox}
      role="grid"
      tabIndex={0}
      data-focus
      data-board={roster.draft || 'in-force'}
      aria-label={t('rosters.board')}
      aria-describedby="roster-spot"
      aria-rowcount={rows + 1}
      aria-colcount={cols + 1}
      aria-multiselectable
      aria-readonly={!editable}
      aria-activedescendant={rows > 0 ? `rc-${pick.at.row}-${pick.at.col}` : undefined}
      style={{ '--rb-cols': columns, scrollPaddingBlock: `${HEAD}px ${foot}px` } as React.CSSProperties}
      onKeyDown={onKeyDown}
      onCopy={(e) => onCopy(e, false)}
      onCut={(e) => onCopy(e, true)}
      onPaste={onPaste}
      onPointerDown={pointer.down}
      onPointerMove={pointer.move}
      onPointerUp={pointer.up}
      onPointerCancel={pointer.cancel}
      onDoubleClick={pointer.open}
    >
      <BoardHead look={look} count={rows} />
      <div
        className="rb-body"
        role="rowgroup"
        style={{ blockSize: Math.max(1, rows) * ROW, inlineSize: NAME + cols * wide + (look.fairness ? 4 * FAIR : 0) }}
      >
        {officers.slice(first, last).map((officer, i) => (
          <OfficerRow key={officer.id} roster={roster} officer={officer} index={first + i} look={look} />
        ))}
        {rows > 0 && (
          <>
            {count > 1 && <Frame className="rb-range" rect={rect} wide={wide} />}
            {pick.more.map((s) => (
              <Frame
                key={`${s.row} ${s.col}`}
                className="rb-range"
                rect={{ top: s.row, bottom: s.row, start: s.col, end: s.col }}
                wide={wide}
              />
            ))}
            {away && (
              <Frame
                className="rb-carried"
                rect={{ top: away.row, bottom: away.row, start: away.col, end: away.col }}
                wide={wide}
              />
            )}
            <Frame
              className="rb-cursor"
              rect={{ top: pick.at.row, bottom: pick.at.row, start: pick.at.col, end: pick.at.col }}
              wide={wide}
            />
            {typing !== null && at && (
              <CellEditor
                roster={roster}
                rolls={rolls}
                officer={at}
                day={day}
                spot={pick.at}
                wide={wide}
                onGive={(duties) => give(chosen().map((c) => ({ officer: c.officer.id, date: c.day, duties })))}
                onDone={(next) => {
                  setTyping(null)
                  box?.focus({ preventScroll: true })
                  if (next) move(next === 'down' ? 1 : 0, next === 'ahead' ? 1 : 0, false)
                }}
              />
            )}
            <Callouts
              roster={roster}
              rolls={rolls}
              officers={officers}
              days={look.days}
              wide={wide}
              first={first}
              last={last}
            />
          </>
        )}
      </div>
      <CoverRows coverage={coverage} look={look} current={pick.at.col} />
    </div>
  )
}

/** Paper has no scrolling: all rows are drawn for it. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false)
  useEffect(() => {
    const before = () => flushSync(() => setPrinting(true))
    const after = () => setPrinting(false)
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
    }
  }, [])
  return printing
}

function Frame({ className, rect, wide }: { className: string; rect: ReturnType<typeof rectOf>; wide: number }) {
  return (
    <div
      aria-hidden
      className={className}
      style={{
        insetBlockStart: rect.top * ROW,
        insetInlineStart: NAME + rect.start * wide,
        blockSize: (rect.bottom - rect.top + 1) * ROW,
        inlineSize: (rect.end - rect.start + 1) * wide,
      }}
    />
  )
}

const BoardHead = memo(function BoardHead({ look, count }: { look: Look; count: number }) {
  const { t, i18n } = useTranslation()
  return (
    <div className="rb-head" role="rowgroup">
      <div className="rb-line" role="row" aria-rowindex={1} style={{ blockSize: HEAD }}>
        <div className="rb-name rb-corner" role="columnheader">
          <span>{t('rosters.officers_n', { count })}</span>
          <span className="grow" />
          <span>{t('rosters.hours_head')}</span>
        </div>
        {look.days.map((day, col) => {
          const holiday = look.rolls.holidays.get(day)
          return (
            <div
              key={day}
              role="columnheader"
              className={`rb-day${look.offDays[col] ? ' off' : ''}${col === look.today ? ' today' : ''}${holiday ? ' holiday' : ''}`}
              title={
                holiday ? `${dayWords(day, i18n.language, true)} · ${holiday}` : dayWords(day, i18n.language, true)
              }
            >
              <span>{dayName(day, i18n.language)}</span>
              <b>{dayNumber(day)}</b>
            </div>
          )
        })}
        {look.fairness &&
          (['nights', 'weekends', 'holidays', 'unpopular'] as const).map((name) => (
            <div key={name} role="columnheader" className="rb-fair" title={t(`rosters.fair.${name}`)}>
              <span aria-hidden>{t(`rosters.fair_short.${name}`)}</span>
              <span className="sr">{t(`rosters.fair.${name}`)}</span>
            </div>
          ))}
      </div>
    </div>
  )
})

interface Sight {
  first: number
  last: number
  width: number
  height: number
}

/** Which rows are in sight; it changes with whole steps of rows, and not with every pixel. */
function useSight(box: HTMLDivElement | null, rows: number): Sight {
  const [sight, setSight] = useState<Sight>({ first: 0, last: 40, width: 1200, height: 800 })
  useLayoutEffect(() => {
    if (!box) return
    let frame = 0
    const look = () => {
      frame = 0
      const first = Math.floor(Math.max(0, box.scrollTop - HEAD) / ROW)
      const next: Sight = {
        first: first - (first % 4),
        last: Math.min(rows, Math.ceil((first + box.clientHeight / ROW) / 4) * 4 + 4),
        width: box.clientWidth,
        height: box.clientHeight,
      }
      setSight((now) =>
        now.first === next.first && now.last === next.last && now.width === next.width && now.height === next.height
          ? now
          : next,
      )
    }
    const soon = () => {
      frame ||= requestAnimationFrame(look)
    }
    look()
    const watch = new ResizeObserver(soon)
    watch.observe(box)
    box.addEventListener('scroll', soon, { passive: true })
    return () => {
      cancelAnimationFrame(frame)
      watch.disconnect()
      box.removeEventListener('scroll', soon)
    }
  }, [box, rows])
  return sight
}

/** Keeps the cell of the cursor in sight. */
function useFollow(box: HTMLDivElement | null, at: Spot, wide: number, foot: number): void {
  const { row, col } = at
  const first = useRef(true)
  const rtl = useMemo(() => (box ? getComputedStyle(box).direction === 'rtl' : false), [box])
  useLayoutEffect(() => {
    if (!box) return
    if (first.current && row === 0) {
      first.current = false
      return
    }
    first.current = false
    const top = row * ROW
    const high = box.clientHeight - HEAD - foot
    if (top < box.scrollTop) box.scrollTop = top
    else if (top + ROW > box.scrollTop + high) box.scrollTop = top + ROW - high
    const start = col * wide
    const across = box.clientWidth - NAME
    const scrolled = Math.abs(box.scrollLeft)
    const to = start < scrolled ? start : start + wide > scrolled + across ? start + wide - across : scrolled
    if (to !== scrolled) box.scrollLeft = rtl ? -to : to
  }, [box, row, col, wide, foot, rtl])
}
