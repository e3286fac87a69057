import { useMemo } from 'react'
import type { Alarm } from '../contract'
import { useAlarms } from '../live'
import { standingAlone } from './order'

/** The open alarms that an operator has to see: all but those that another one speaks for. */
export function useOpenAlarms(): Alarm[] {
  const alarms = useAlarms()
  return useMemo(() => standingAlone(alarms), [alarms])
}
