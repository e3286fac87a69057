// What the page shows, as its address says it. A key must be answered in the
// next frame, and a router takes longer: so the change shows at once, and the
// address follows when the keys rest.
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

const REST = 180 // ms without a change until the address is written

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
    if (!change) return
    writing.current = change
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  }, [navigate])
  const go = useCallback(
    (change: Change) => {
      ahead.current = { ...ahead.current, ...change }
      setOver(ahead.current)
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
