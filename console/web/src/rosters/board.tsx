// Officers by days, as a grid that the keyboard rules: what is in sight is drawn,
// names and dates stay, one cell has the cursor. Everything that a drag does can be
// done by picking a cell up and putting it down.
import { type ClipboardEvent, type KeyboardEvent, memo, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLetterKeys } from '../shell/keys'
import { BoardHead, Stripes } from './board-head'
import type { Book } from './book'
import { Callouts, CellEditor } from './callouts'
import type { Officer } from './contract'
import { CoverRows, coverHeight } from './cover-rows'
import type { Coverage } from './coverage'
import { Cursor } from './cursor'
import { exchanged, shiftFor } from './give'
import { moved, onlyAt, type Pick, rectOf, type Spot, spots, toggled } from './pick'
import { Picking } from './picking'
import { useBoardPointer } from './pointer'
import type { Rolls } from './register'
import type { Roster, Wanted } from './roster'
import { FAIR, HEAD, type Look, NAME, NameTag, OfficerRow, ROW } from './row'
import { type Sight, useRange, useSight, useWidth } from './sight'
import { type Block, isUnread, readBlock, spread, writeBlock } from './turns'

const frame = { row: ROW, head: HEAD, foot: 0, name: NAME }

/** What the screens around a board may ask of it. */
export interface BoardHandle {
  goTo: (officer: string, day: string) => void
  focus: () => void
  act: (name: BoardAct) => void
}

/** What can be asked of the cell with the cursor without a keyboard. */
export type BoardAct = 'type' | 'clear' | 'move'

interface BoardProps {
  roster: Roster
  rolls: Rolls
  officers: Officer[]
  look: Look
  book: Book
  coverage: Coverage
  editable: boolean
  handle: (h: BoardHandle) => void
  onSpot: (officer: Officer | undefined, day: string, count: number) => void
  onKey: (name: 'problem' | 'plan' | 'place') => void
  onSay: (words: string) => void
}

export const RosterBoard = memo(function RosterBoard(props: BoardProps) {
  const { roster, rolls, officers, look, coverage, editable, handle, onSpot, onKey } = props
  const { t } = useTranslation()
  const letters = useLetterKeys()
  const [box, setBox] = useState<HTMLDivElement | null>(null)
  const [picking] = useState(() => new Picking({ row: 0, col: Math.max(0, look.today) }))
  const [typing, setTyping] = useState<Spot | null>(null)
  const [carried, setCarried] = useState<Spot | null>(null)
  const rows = officers.length
  const cols = look.days.length
  const sight = useSight(box, frame, rows, coverHeight(coverage))
  const room = useWidth(sight) - NAME - (look.fairness ? 4 * FAIR : 0) - 2
  const wide = Math.max(30, Math.min(46, Math.floor(room / Math.max(1, cols))))

  useLayoutEffect(() => picking.fit(rows, cols), [picking, rows, cols])
  useEffect(() => {
    const tell = () => {
      const pick = picking.now
      onSpot(officers[pick.at.row], look.days[pick.at.col] ?? '', spots(pick).length)
    }
    tell()
    return picking.subscribe(tell)
  }, [picking, officers, look.days, onSpot])

  const setPick = (pick: Pick) => {
    picking.set(pick)
    sight.show(pick.at.row, pick.at.col, wide)
  }
  const { clear, set, put, fill, onCopy, onPaste } = useActs({ ...props, picking, setPick, box })
  const putDown = (from: Spot, to: Spot) => {
    put(from, to)
    setCarried(null)
  }
  const open = () => editable && setTyping(picking.now.at)
  const act: Record<BoardAct, () => unknown> = {
    type: open,
    clear,
    move: () => setCarried(carried ? null : picking.now.at),
  }
  const latest = useRef({ officers, days: look.days, setPick, act, box })
  latest.current = { officers, days: look.days, setPick, act, box }
  useEffect(
    () =>
      handle({
        goTo: (officer, date) => {
          const now = latest.current
          const row = now.officers.findIndex((o) => o.id === officer)
          const col = now.days.indexOf(date)
          if (row >= 0) now.setPick(onlyAt({ row, col: Math.max(0, col) }))
          else if (col >= 0) now.setPick(onlyAt({ row: picking.now.at.row, col }))
        },
        focus: () => latest.current.box?.focus({ preventScroll: true }),
        act: (name) => latest.current.act[name](),
      }),
    [handle, picking],
  )

  const move = (dRow: number, dCol: number, extend: boolean) => {
    const pick = picking.now
    setPick(moved(pick, { row: pick.at.row + dRow, col: pick.at.col + dCol }, extend, rows, cols))
  }

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== box || event.altKey || typing) return
    const ahead = sight.backwards ? -1 : 1
    const ctrl = event.ctrlKey || event.metaKey
    const shift = event.shiftKey
    const pick = picking.now
    const steps: Record<string, () => unknown> = {
      ArrowUp: () => move(ctrl ? -rows : -1, 0, shift),
      ArrowDown: () => move(ctrl ? rows : 1, 0, shift),
      ArrowRight: () => move(0, (ctrl ? cols : 1) * ahead, shift),
      ArrowLeft: () => move(0, (ctrl ? -cols : -1) * ahead, shift),
      PageUp: () => move(-sight.page, 0, shift),
      PageDown: () => move(sight.page, 0, shift),
      Home: () => move(ctrl ? -rows : 0, -cols, shift),
      End: () => move(ctrl ? rows : 0, cols, shift),
    }
    const acts: Record<string, () => unknown> = !editable
      ? {}
      : {
          Delete: clear,
          Backspace: clear,
          Enter: () => (ctrl ? fill(false) : carried ? putDown(carried, pick.at) : open()),
          F2: open,
        }
    const controls: Record<string, () => unknown> = {
      KeyA: () => picking.set({ at: { row: 0, col: 0 }, from: { row: rows - 1, col: cols - 1 }, more: [] }),
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
      if (event.key === 'Escape' && spots(pick).length > 1) return () => setPick(onlyAt(pick.at))
      if (ctrl) return controls[event.code]
      if (event.key === '!') return () => onKey('problem')
      if (!letters || shift) return undefined
      const type = rolls.keys.get(event.code.replace(/^Key/, ''))
      if (editable && type) return () => set(type.code)
      if (event.code === 'KeyP') return () => onKey('plan')
      if (event.code === 'KeyG') return () => onKey('place')
      if (editable && event.code === 'KeyM') return act.move
      return undefined
    }
    const done = go()
    if (!done) return
    event.preventDefault()
    event.stopPropagation()
    if (event.repeat && !steps[event.key] && event.key !== 'Delete') return
    done()
  }

  const pointer = useBoardPointer(
    sight,
    picking,
    { wide, rows, cols, editable, carried },
    { pick: setPick, toggle: (s) => setPick(toggled(picking.now, s)), put: putDown, open },
  )
  const total = NAME + cols * wide + (look.fairness ? 4 * FAIR : 0)
  const columns = `repeat(${cols}, ${wide}px)${look.fairness ? ` repeat(4, ${FAIR}px)` : ''}`
  return (
    <div className="rb-room">
      <div
        className={carried ? 'rb carrying' : 'rb'}
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
        style={{ '--rb-cells': columns, '--rb-wide': `${total}px` } as React.CSSProperties}
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
        <div className="rb-body" role="rowgroup" style={{ blockSize: Math.max(1, rows) * ROW, inlineSize: total }}>
          <Stripes look={look} wide={wide} />
          <Rows roster={roster} officers={officers} look={look} sight={sight} />
          {rows > 0 && (
            <>
              <Cursor box={box} sight={sight} picking={picking} wide={wide} carried={carried ?? pointer.dragging} />
              {typing && (
                <Typed
                  {...props}
                  at={typing}
                  wide={wide}
                  chosen={() => chosenOf(picking, officers, look.days)}
                  onDone={(next) => {
                    setTyping(null)
                    box?.focus({ preventScroll: true })
                    if (next) move(next === 'down' ? 1 : 0, next === 'ahead' ? 1 : 0, false)
                  }}
                />
              )}
              <Callouts roster={roster} rolls={rolls} officers={officers} days={look.days} wide={wide} />
            </>
          )}
        </div>
        <CoverRows coverage={coverage} look={look} sight={sight} picking={picking} wide={wide} />
      </div>
    </div>
  )
})

/** The rows in sight, and the names before them. */
const Rows = memo(function Rows(props: { roster: Roster; officers: Officer[]; look: Look; sight: Sight }) {
  const { roster, officers, look, sight } = props
  const { first, last } = useRange(sight)
  const shown = officers.slice(first, last)
  return (
    <>
      {shown.map((officer, i) => (
        <OfficerRow key={officer.id} roster={roster} officer={officer} index={first + i} look={look} />
      ))}
      <div className="rb-names" aria-hidden>
        {shown.map((officer, i) => (
          <NameTag key={officer.id} roster={roster} officer={officer} index={first + i} look={look} />
        ))}
      </div>
    </>
  )
})

function Typed(props: {
  roster: Roster
  rolls: Rolls
  officers: Officer[]
  look: Look
  at: Spot
  wide: number
  chosen: () => { officer: Officer; day: string }[]
  onDone: (next?: 'down' | 'ahead') => void
}) {
  const { roster, rolls, officers, look, at, wide, chosen, onDone } = props
  const officer = officers[at.row]
  if (!officer) return null
  return (
    <CellEditor
      roster={roster}
      rolls={rolls}
      officer={officer}
      day={look.days[at.col] ?? ''}
      spot={at}
      wide={wide}
      onGive={(duties) => roster.edit(chosen().map((c) => ({ officer: c.officer.id, date: c.day, duties })))}
      onDone={onDone}
    />
  )
}

function chosenOf(picking: Picking, officers: Officer[], days: string[]): { officer: Officer; day: string }[] {
  return spots(picking.now).flatMap((s) => {
    const officer = officers[s.row]
    const day = days[s.col]
    return officer && day ? [{ officer, day }] : []
  })
}

/** What can be done with the cells that are picked. */
function useActs(props: BoardProps & { picking: Picking; setPick: (pick: Pick) => void; box: HTMLElement | null }) {
  const { roster, rolls, officers, look, book, editable, onSay, picking, setPick, box } = props
  const { t } = look
  const copied = useRef<{ text: string; block: Block } | null>(null)
  const cellAt = (s: Spot) => {
    const officer = officers[s.row]
    const day = look.days[s.col]
    return officer && day ? { officer, day } : undefined
  }
  const chosen = () => chosenOf(picking, officers, look.days)
  const give = (wanted: Wanted[], what: 'edit' | 'copy' = 'edit') => editable && roster.edit(wanted, what)
  const clear = () => give(chosen().map((c) => ({ officer: c.officer.id, date: c.day, duties: [] })))
  const set = (shift: string) => give(shiftFor(chosen(), shift, roster, rolls, book))
  const put = (from: Spot, to: Spot) => {
    const a = cellAt(from)
    const b = cellAt(to)
    if (a && b) give(exchanged(roster, { officer: a.officer.id, day: a.day }, { officer: b.officer.id, day: b.day }))
    setPick(onlyAt(to))
  }
  const block = (): Block => {
    const { top, bottom, start, end } = rectOf(picking.now)
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
    // One cell goes to every cell that is picked; more of them go to one range.
    const only = lines.length === 1 && lines[0]?.length === 1 ? lines[0][0] : undefined
    if (picking.now.more.length > 0) {
      if (!only) return onSay(t('rosters.one_range'))
      return give(
        chosen().map((c) => ({ officer: c.officer.id, date: c.day, duties: only })),
        'copy',
      )
    }
    const { top, bottom, start, end } = rectOf(picking.now)
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
    if (picking.now.more.length > 0) return onSay(t('rosters.one_range'))
    const lines = block()
    copied.current = { text: writeBlock(lines), block: lines }
    event.clipboardData.setData('text/plain', copied.current.text)
    event.preventDefault()
    const cleared = cut && editable
    if (cleared) clear()
    onSay(t(cleared ? 'rosters.cut' : 'rosters.copied', { count: lines.length * (lines[0]?.length ?? 0) }))
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
  return { clear, set, put, fill, onCopy, onPaste }
}
