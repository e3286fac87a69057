// What stands above the page comes and goes: the word that no sound is heard goes with
// the first press itself. It must not move the page from under a press, or what was
// pressed is not what was meant.
import { type RefObject, useEffect } from 'react'

const LONGEST = 4_000 // ms that a press may hold back what comes
const AFTER = 50 // ms until the click of a press has been told

/** Keeps the height of an element from the beginning of a press until it has had its effect. */
export function useStill(ref: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const it = ref.current
    if (!it) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const free = () => {
      it.style.blockSize = ''
      it.style.overflow = ''
    }
    const hold = () => {
      clearTimeout(timer)
      it.style.blockSize = `${it.getBoundingClientRect().height}px`
      it.style.overflow = 'clip'
      timer = setTimeout(free, LONGEST)
    }
    const release = () => {
      clearTimeout(timer)
      timer = setTimeout(free, AFTER)
    }
    addEventListener('pointerdown', hold, { capture: true })
    addEventListener('pointerup', release, { capture: true })
    addEventListener('pointercancel', release, { capture: true })
    return () => {
      removeEventListener('pointerdown', hold, { capture: true })
      removeEventListener('pointerup', release, { capture: true })
      removeEventListener('pointercancel', release, { capture: true })
      clearTimeout(timer)
      free()
    }
  }, [ref])
}
