// What an officer may do to an alarm as it stands; the screens offer that and no more.
import type { Alarm } from '../contract'
import type { Desk } from '../session/desk'
import type { DrawnAlarms } from './list'
import { isLifeSafety, isRemoved, priorityOf, stateOf, wantsAcknowledgement, wantsClosing } from './order'
import type { Segment } from './segments'

export interface Rights {
  alarm: Alarm
  acknowledge: boolean
  respond: boolean // acknowledge and own in one
  take: boolean
  takeOver: boolean // somebody else has it
  giveBack: boolean
  mine: boolean
  shelve: boolean
  close: boolean // says what it was; the console refuses while the condition holds
  restore: boolean // ends what lies over it
}

export function rightsOf(alarm: Alarm, { may, session }: Pick<Desk, 'may' | 'session'>): Rights {
  const handles = may('alarms.handle', alarm.station)
  const mine = alarm.owner?.by === session.user.id
  const other = Boolean(alarm.owner) && !mine
  const removed = isRemoved(alarm)
  const open = stateOf(alarm) !== 'normal'
  const acknowledge = wantsAcknowledgement(alarm) && may('alarms.acknowledge', alarm.station)
  const mode = alarm.removed?.mode
  return {
    alarm,
    acknowledge,
    respond: acknowledge && handles && !other,
    take: handles && !alarm.owner && (open || wantsClosing(alarm)) && !removed,
    takeOver: handles && other && !removed,
    giveBack: handles && mine,
    mine,
    shelve: open && !removed && !isLifeSafety(alarm) && may('alarms.shelve', alarm.station),
    close: handles && !alarm.closed && (wantsClosing(alarm) || stateOf(alarm) === 'acknowledged'),
    restore:
      removed &&
      (mode === 'shelved'
        ? may('alarms.shelve', alarm.station)
        : mode === 'out_of_service' && may('alarms.remove', alarm.station)),
  }
}

const MOST = 50 // alarms that one press may acknowledge

/** Whether several alarms may be acknowledged at once: low priority, and never life safety. */
export function inBulk(alarm: Alarm, { may }: Pick<Desk, 'may'>): boolean {
  return (
    priorityOf(alarm) >= 3 &&
    !isLifeSafety(alarm) &&
    wantsAcknowledgement(alarm) &&
    may('alarms.acknowledge', alarm.station)
  )
}

/** Whether the list has nothing that may be acknowledged together. */
export function nothingToSay(drawn: DrawnAlarms, show: Segment, desk: Pick<Desk, 'may'>): boolean {
  if (show !== 'active' && show !== 'unacknowledged') return true
  return !drawn.rest.some((id) => {
    const alarm = drawn.find(id)
    return alarm !== undefined && inBulk(alarm, desk)
  })
}

/** The alarms of low priority whose whole row is on the screen at this moment. */
export function onScreen(drawn: DrawnAlarms, desk: Pick<Desk, 'may'>): Alarm[] {
  const seen: Alarm[] = []
  for (const list of document.querySelectorAll<HTMLElement>('.alarms .al')) {
    const room = list.getBoundingClientRect()
    for (const row of list.querySelectorAll<HTMLElement>('[data-alarm]')) {
      const box = row.getBoundingClientRect()
      const alarm = drawn.find(row.dataset.alarm ?? '')
      const whole = box.top >= room.top - 1 && box.bottom <= Math.min(room.bottom, window.innerHeight) + 1
      if (alarm && whole && inBulk(alarm, desk)) seen.push(alarm)
    }
  }
  return seen.slice(0, MOST)
}

/** A key pressed on a button belongs to the button. */
export const hasButton = (event: KeyboardEvent): boolean =>
  event.target instanceof HTMLElement &&
  event.target.closest('button, a, summary, [role="menuitem"], [role="gridcell"] input') !== null
