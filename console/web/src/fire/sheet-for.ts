import type { Alarm } from '../contract'

const kinds = new Set(['fire.alarm', 'fire.evacuation', 'fire.prealarm', 'fire.reported'])

/** Whether the fire service gets a sheet about it. */
export const burns = (alarm: Pick<Alarm, 'kind'>): boolean => kinds.has(alarm.kind)
