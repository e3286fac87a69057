// The parts of other pages that stand on every page or beside an alarm. Each is
// loaded after the frame stands, and fails for itself.
import { type ComponentType, lazy, memo, useState } from 'react'
import type { Alarm } from '../contract'
import { Guarded } from './guarded'

type Slot<P> = ComponentType<P> & { load: () => Promise<unknown> }

function slot<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): Slot<P> {
  let there: ComponentType<P> | undefined
  const get = async () => {
    const part = await load()
    there = part.default
    return part
  }
  const Later = lazy(get) as unknown as ComponentType<P>
  const Filled = memo((props: P) => {
    // What is loaded already is drawn at once: React lets a part that it has to wait for appear 300 ms later.
    const [Part] = useState(() => there ?? Later)
    return (
      <Guarded>
        <Part {...props} />
      </Guarded>
    )
  }) as unknown as ComponentType<P>
  return Object.assign(Filled, { load: get })
}

interface PlanProps {
  alarm: string | undefined
  point: string | undefined
  onPoint: (id: string) => void
  compact: boolean
}

export const PlanPanel = slot<PlanProps>(async () => ({ default: (await import('../sites/panel')).PlanPanel }))
export const CallStrip = slot(async () => ({ default: (await import('../doors/calls')).CallStrip }))
/** What others want and this officer may confirm: an approval ends within a minute, so it is asked on every page. */
export const ApprovalStrip = slot(async () => ({ default: (await import('../doors/approvals')).ApprovalStrip }))
/** The lockdowns and postures that are in force: everybody at the desk must know of them, on every page. */
export const InForce = slot(async () => ({ default: (await import('../doors/in-force')).InForce }))
/** Names its scope first: the place of the alarm that is looked at, or any other. */
export const LockdownButton = slot<{ station?: string; place?: string; compact?: boolean }>(async () => ({
  default: (await import('../doors/lockdown')).LockdownButton,
}))
/** What the cameras of an alarm show, playing at once. */
export const AlarmPictures = slot<{ alarm: Alarm; onPlan: () => void }>(async () => ({
  default: (await import('../cameras/subject')).AlarmPictures,
}))
export const DoorPictures = slot<{ station: string; point: string; named: string[] }>(async () => ({
  default: (await import('../cameras/subject')).DoorPictures,
}))
export const PlanPicture = slot<{ station: string; number: string; onClose?: () => void }>(async () => ({
  default: (await import('../cameras/subject')).PlanPicture,
}))
export const PersonCard = slot<{ signal: Alarm }>(async () => ({
  default: (await import('../people/card')).PersonCard,
}))
export const WatchPrompt = slot(async () => ({ default: (await import('../watch/prompt')).WatchPrompt }))
export const WatchChip = slot(async () => ({ default: (await import('../watch/chip')).WatchChip }))
export const ChangeOfficer = slot<{ onClose: () => void }>(async () => ({
  default: (await import('../watch/change')).ChangeOfficer,
}))
/** What a fire panel's alarm asks for besides an answer. */
export const FireAdvice = slot<{ alarm: Alarm }>(async () => ({ default: (await import('../fire/advice')).FireAdvice }))
export const ReplayLink = slot<{ alarm: Alarm }>(async () => ({ default: (await import('../replay/link')).ReplayLink }))
export const FireStrip = slot(async () => ({ default: (await import('../fire/strip')).FireStrip }))
export const FloodStrip = slot(async () => ({ default: (await import('../figures/flood')).FloodStrip }))
export const RationaleCard = slot<{ alarm: Alarm }>(async () => ({
  default: (await import('../rationale/card')).RationaleCard,
}))
