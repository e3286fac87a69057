// What the page in front can do now, for the command palette: each page says
// its actions while it is open.
import { useEffect, useRef } from 'react'

export interface Action {
  id: string
  words: string
  key?: string // as it is printed on the keyboard: "R", "Ctrl P"
  run: () => void
}

const sources = new Map<object, () => Action[]>()
/** Offers actions as long as the page is open; make is asked when somebody looks. */
export function useActions(make: () => Action[]): void {
  const latest = useRef(make)
  latest.current = make
  useEffect(() => {
    const source = {}
    sources.set(source, () => latest.current())
    return () => void sources.delete(source)
  }, [])
}

/** What can be done now. */
export const actionsNow = (): Action[] => [...sources.values()].flatMap((make) => make())
