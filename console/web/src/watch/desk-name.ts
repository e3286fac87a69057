// How this desk is called; it belongs to the machine, not to the officer.
import { useSyncExternalStore } from 'react'

const place = 'guardroom.desk'
const listeners = new Set<() => void>()
let name = read()

function read(): string {
  try {
    return localStorage.getItem(place) ?? ''
  } catch {
    return ''
  }
}

/** At most 60 characters, as the console takes it. */
export function nameDesk(next: string): void {
  name = [...next.trim()].slice(0, 60).join('')
  try {
    localStorage.setItem(place, name)
  } catch {
    // Forgotten at the next visit, and nothing else.
  }
  for (const tell of listeners) tell()
}

export function useDeskName(): string {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    () => name,
  )
}
