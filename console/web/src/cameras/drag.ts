// What is dragged on the wall: a camera, or the tile that follows. The drag is kept
// here and in no component: whatever is drawn anew meanwhile, it goes on. Every drag
// has a key that does the same.
import { type PointerEvent as Pressed, useEffect, useRef, useSyncExternalStore } from 'react'

/** What is dragged: a camera's id or FOLLOW, and its name for who drags it. */
export interface Dragged {
  what: string
  words: string
}

/** Where it is: in the window, and over which place of the wall. */
export interface Drag extends Dragged {
  x: number
  y: number
  over: number | undefined
}

const FAR = 5 // px that a pointer goes before it drags; less is a click

let pressed: (Dragged & { pointer: number; x: number; y: number }) | undefined
let drag: Drag | undefined
let dropped: ((what: string, place: number) => void) | undefined
const listeners = new Set<() => void>()

/** Makes an element one that `of` is dragged by. */
export const draggable = (of: Dragged) => ({
  onPointerDown: (event: Pressed) => {
    if (event.button !== 0 || !event.isPrimary) return
    end()
    pressed = { ...of, pointer: event.pointerId, x: event.clientX, y: event.clientY }
    for (const [what, hear] of ears) window.addEventListener(what, hear as EventListener, true)
  },
})

/** What is dragged now. */
export const useDrag = (): Drag | undefined => useSyncExternalStore(subscribe, () => drag)

/** The place of the wall that it is over. */
export const useOver = (): number | undefined => useSyncExternalStore(subscribe, () => drag?.over)

/** Has `drop` called with what was dropped on a place of the wall, while the wall is there. */
export function useDrop(drop: (what: string, place: number) => void): void {
  const newest = useRef(drop)
  newest.current = drop
  useEffect(() => {
    dropped = (what, place) => newest.current(what, place)
    return () => {
      dropped = undefined
      end()
    }
  }, [])
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

function be(next: Drag | undefined): void {
  if (drag === next) return
  drag = next
  document.documentElement.toggleAttribute('data-dragging', next !== undefined)
  for (const tell of listeners) tell()
}

function placeAt(x: number, y: number): number | undefined {
  const place = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-place]')?.dataset.place
  return place === undefined ? undefined : Number(place)
}

function moved(event: PointerEvent): void {
  if (!pressed || event.pointerId !== pressed.pointer) return
  const { clientX: x, clientY: y } = event
  if (!drag && Math.hypot(x - pressed.x, y - pressed.y) < FAR) return
  be({ what: pressed.what, words: pressed.words, x, y, over: placeAt(x, y) })
}

function released(event: PointerEvent): void {
  if (!pressed || event.pointerId !== pressed.pointer) return
  moved(event)
  const last = drag
  end()
  if (!last) return
  notClicked()
  if (last.over !== undefined) dropped?.(last.what, last.over)
}

/** What was dragged was not clicked, although the pointer may be back where it began. */
function notClicked(): void {
  const stop = (event: Event) => {
    event.stopPropagation()
    event.preventDefault()
  }
  window.addEventListener('click', stop, { capture: true, once: true })
  setTimeout(() => window.removeEventListener('click', stop, true), 0)
}

function cancelled(event: PointerEvent): void {
  if (event.pointerId === pressed?.pointer) end()
}

function escaped(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || !drag) return
  event.stopPropagation()
  event.preventDefault()
  end()
}

const ears: [string, (event: never) => void][] = [
  ['pointermove', moved],
  ['pointerup', released],
  ['pointercancel', cancelled],
  ['keydown', escaped],
]

function end(): void {
  pressed = undefined
  for (const [what, hear] of ears) window.removeEventListener(what, hear as EventListener, true)
  be(undefined)
}
