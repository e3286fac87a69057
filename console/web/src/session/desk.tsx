// Who works here, at which station, and what they may do.
import { createContext, useContext } from 'react'
import type { Permission, Session, Station } from '../contract'

export const ALL = '*'

export interface Desk {
  session: Session
  station: string // an id, or ALL
  stations: Station[]
  zone: string // the time zone that this desk reads
  choose: (station: string) => void
  /** Whether the officer may do this at the station; without a station: anywhere. */
  may: (permission: Permission, station?: string) => boolean
}

export const DeskContext = createContext<Desk | null>(null)

export function useDesk(): Desk {
  const desk = useContext(DeskContext)
  if (!desk) throw new Error('a screen was drawn before anybody signed in')
  return desk
}

/** permits answers from the permissions of a session, where "*" is every station. */
export function permits(permissions: Session['permissions'], permission: string, station?: string): boolean {
  const granted = permissions ?? {}
  if (granted[ALL]?.includes(permission)) return true
  if (station !== undefined && station !== ALL) return granted[station]?.includes(permission) ?? false
  return Object.values(granted).some((list) => list.includes(permission))
}
