// What lies over the cells of a board: the cursor, what is picked, what is carried.
// It moves without the cells being drawn.
import { useLayoutEffect } from 'react'
import { type Rect, rectOf, type Spot } from './pick'
import { type Picking, usePick } from './picking'
import { NAME, ROW } from './row'
import type { Sight } from './sight'

const only = (s: Spot): Rect => ({ top: s.row, bottom: s.row, start: s.col, end: s.col })

export function Cursor(props: {
  box: HTMLElement | null
  cells?: string // what the ids of the cells begin with
  sight: Sight
  picking: Picking
  wide: number
  carried: Spot | null
}) {
  const { box, cells = 'rc', sight, picking, wide, carried } = props
  const size = { wide, ahead: sight.backwards ? -1 : 1 }
  const pick = usePick(picking)
  const { at } = pick
  const rect = rectOf(pick)
  const many = rect.top !== rect.bottom || rect.start !== rect.end || pick.more.length > 0
  useLayoutEffect(() => box?.setAttribute('aria-activedescendant', `${cells}-${at.row}-${at.col}`), [box, cells, at])
  return (
    <>
      {many && <Outline className="rb-range" rect={rect} {...size} />}
      {pick.more.map((s) => (
        <Outline key={`${s.row} ${s.col}`} className="rb-range" rect={only(s)} {...size} />
      ))}
      {carried && <Outline className="rb-carried" rect={only(carried)} {...size} />}
      <Outline className="rb-cursor" rect={only(at)} {...size} />
    </>
  )
}

/** Moved by a transform, so that nothing below it is painted again. */
function Outline(props: { className: string; rect: Rect; wide: number; ahead: number }) {
  const { className, rect, wide, ahead } = props
  return (
    <div
      aria-hidden
      className={className}
      style={{
        transform: `translate(${ahead * (NAME + rect.start * wide)}px, ${rect.top * ROW}px)`,
        blockSize: (rect.bottom - rect.top + 1) * ROW,
        inlineSize: (rect.end - rect.start + 1) * wide,
      }}
    />
  )
}

/** The day of the cursor, in the rows of coverage. */
export function DayOfCursor({ sight, picking, wide }: { sight: Sight; picking: Picking; wide: number }) {
  const { col } = usePick(picking).at
  const across = (sight.backwards ? -1 : 1) * (NAME + col * wide)
  return <div aria-hidden className="rb-now" style={{ transform: `translateX(${across}px)`, inlineSize: wide }} />
}
