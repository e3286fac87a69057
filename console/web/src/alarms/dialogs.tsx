// The questions that an act on an alarm asks.
import { useAlarm } from '../live'
import { CloseDialog } from './close'
import { useClosing } from './closing'
import { CommentDialog } from './comment'
import type { Asking } from './control'
import { RestoreDialog } from './restore'
import { ShelveDialog } from './shelve'
import { TakeOverDialog } from './takeover'
import { VisibleDialog } from './visible'

export default function Dialogs({ asking, onClose }: { asking: Asking; onClose: () => void }) {
  if (asking.what === 'visible') return <VisibleDialog alarms={asking.alarms} onClose={onClose} />
  return <About asking={asking} onClose={onClose} />
}

function About({ asking, onClose }: { asking: Extract<Asking, { alarm: string }>; onClose: () => void }) {
  const live = useAlarm(asking.alarm)
  const ended = useClosing().alarms
  const alarm = live ?? ended.find((a) => a.id === asking.alarm)
  if (!alarm) return null
  const props = { alarm, onClose }
  switch (asking.what) {
    case 'comment':
      return <CommentDialog {...props} />
    case 'shelve':
      return <ShelveDialog {...props} />
    case 'close':
      return <CloseDialog {...props} />
    case 'takeover':
      return <TakeOverDialog {...props} />
    case 'restore':
      return (
        <RestoreDialog
          shelf={alarm.removed?.shelf ?? ''}
          mode={alarm.removed?.mode ?? 'shelved'}
          what={alarm}
          onClose={onClose}
        />
      )
  }
}
