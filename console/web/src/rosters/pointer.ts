// The pointer on the board: a press picks, a drag over cells picks a range, and a
// drag that begins on the cell with the cursor carries what it holds. While a cell
// is carried, a press puts it down.
import { type PointerEvent, useRef, useState } from 'react'
import { onlyAt, type Pick, type Spot } from './pick'
import type { Picking } from './picking'
import type { Sight } from './sight'

interface Size {
  wide: number
  rows: number
  cols: number
  editable: boolean
  carried: Spot | null
}

interface Acts {
  pick: (pick: Pick) => void
  toggle: (spot: Spot) => void
  put: (from: Spot, to: Spot) => void
  open: () => void
}

export function useBoardPointer(sight: Sight, picking: Picking, size: Size, acts: Acts) {
  const began = useRef<{ spot: Spot; carries: boolean; moved: boolean } | null>(null)
  const [dragging, setDragging] = useState<Spot | null>(null)

  const hit = (event: { clientX: number; clientY: number }): Spot | undefined => {
    const spot = sight.hit(event.clientX, event.clientY, size.wide)
    return spot && spot.row >= 0 && spot.row < size.rows && spot.col >= 0 && spot.col < size.cols ? spot : undefined
  }
  const inside = (event: { target: EventTarget | null }) =>
    event.target instanceof Element && event.target.closest('.rb-body') && !event.target.closest('.rb-over')

  const end = () => {
    began.current = null
    setDragging(null)
  }
  return {
    dragging,
    down: (event: PointerEvent<HTMLDivElement>) => {
      if (event.button !== 0 || !inside(event)) return
      const spot = hit(event)
      if (!spot) return
      if (size.carried) return acts.put(size.carried, spot)
      if (event.ctrlKey || event.metaKey) return acts.toggle(spot)
      const pick = picking.now
      if (event.shiftKey) return acts.pick({ ...pick, at: spot })
      const here = pick.at.row === spot.row && pick.at.col === spot.col && pick.more.length === 0
      const single = pick.from.row === pick.at.row && pick.from.col === pick.at.col
      began.current = { spot, carries: size.editable && here && single && event.pointerType !== 'touch', moved: false }
      if (!began.current.carries) acts.pick(onlyAt(spot))
    },
    move: (event: PointerEvent<HTMLDivElement>) => {
      const start = began.current
      if (!start || event.pointerType === 'touch') return
      const spot = hit(event)
      if (!spot || (!start.moved && spot.row === start.spot.row && spot.col === start.spot.col)) return
      if (!start.moved) event.currentTarget.setPointerCapture(event.pointerId)
      start.moved = true
      if (start.carries) {
        setDragging(start.spot)
        acts.pick(onlyAt(spot))
      } else acts.pick({ at: spot, from: start.spot, more: [] })
    },
    up: (event: PointerEvent<HTMLDivElement>) => {
      const start = began.current
      const spot = hit(event)
      if (start?.carries && start.moved && spot) acts.put(start.spot, spot)
      end()
    },
    cancel: end,
    open: (event: { target: EventTarget | null }) => {
      if (inside(event)) acts.open()
    },
  }
}
