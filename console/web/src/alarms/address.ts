// What the page shows, as its address says it. A key must be answered in the
// next frame, and a router takes longer: so the change shows at once, the browser's
// address says it at once too, so that a reload loses nothing, and the router
// follows when the keys rest.
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

const REST = 180 // ms without a change until the router is told
const A_SECOND = 10 // changes of the browser's address at most; it refuses when a held key makes more

export type Part = 'alarm' | 'point' | 'show' | 'doors' | 'group' | 'view'
export type Shown = { [name in Part]?: string | undefined } & { panel?: string | undefined }
export type Change = { [name in Part]?: string | undefined }

export function useShown(): [Shown, (change: Change) => void] {
  const address = useSearch({ from: '/control' })
  const navigate = useNavigate({ from: '/control' })
  const [over, setOver] = useState<Change | null>(null) // what the address does not say yet
  const ahead = useRef<Change | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const writing = useRef<Change | null>(null)

  const write = useCallback(() => {
    const change = ahead.current
    if (!change || location.pathname !== '/control') return // on the way to another page, which must not be undone
    writing.current = change
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  }, [navigate])
  const go = useCallback(
    (change: Change) => {
      ahead.current = { ...ahead.current, ...change }
      setOver(ahead.current)
      stand(ahead.current)
      clearTimeout(timer.current)
      timer.current = setTimeout(write, REST)
    },
    [write],
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at when the address changed
  useEffect(() => {
    if (writing.current && writing.current !== ahead.current) return // newer keys are on their way
    // The address says it now, or somebody went elsewhere by a link: both end what was ahead of it.
    clearTimeout(timer.current)
    writing.current = null
    ahead.current = null
    setOver(null)
  }, [address])
  useEffect(() => () => clearTimeout(timer.current), [])
  const shown = useMemo(() => ({ ...address, ...over }), [address, over])
  return [shown, go]
}

let second = 0
let written = 0

/** Changes what stands in the browser's address, past the router, which is told later. */
function stand(change: Change): void {
  if (location.pathname !== '/control') return
  const now = Math.floor(performance.now() / 1_000)
  if (now !== second) written = 0
  second = now
  if (++written > A_SECOND) return
  const search = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') search.delete(name)
    else search.set(name, value)
  }
  const words = search.toString()
  const href = `${location.pathname}${words && `?${words}`}${location.hash}`
  History.prototype.replaceState.call(history, history.state, '', href)
}
