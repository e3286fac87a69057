import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useLink } from '../live'

/** Reads the session anew when the console says that it changed: a cover grant began or ended, or the officer changed in another tab. */
export function useRights(): void {
  const { rights } = useLink()
  const client = useQueryClient()
  useEffect(() => {
    if (rights === 0) return
    void client.invalidateQueries({ queryKey: ['session'] })
    void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' })
  }, [rights, client])
}
