// Where it is: the plan over the doors and zones round the selected alarm.
import { memo, useCallback } from 'react'
import { Board } from '../devices/board'
import { useAlarm } from '../live'
import { useDesk } from '../session/desk'
import { Guarded } from '../shell/guarded'
import { PlanPanel } from '../shell/slots'
import { Loading } from '../shell/states'
import { openPanel, type PanelName } from '../shell/windows'

export const Middle = memo(function Middle(props: {
  panel: PanelName | undefined // this window shows one panel only
  planAway: boolean // another window shows it
  doorsAway: boolean
  alarm: string | undefined
  point: string | undefined
  table: boolean
  onPoint: (id: string) => void
  onTable: (on: boolean) => void
}) {
  const { panel, alarm: id, point } = props
  const alarm = useAlarm(id)
  const { may } = useDesk()
  const plan = may('sites.read') && panel !== 'doors' && !props.planAway
  const doors = panel !== 'plan' && !props.doorsAway
  const ownWindow = useCallback(() => openPanel('doors'), [])
  return (
    <div className={plan && doors ? 'middle both' : 'middle'}>
      {plan && (
        <div className="plan-slot">
          <Guarded waiting={<Loading />}>
            <PlanPanel alarm={id} point={point} onPoint={props.onPoint} compact={doors} />
          </Guarded>
        </div>
      )}
      {doors && (
        <Guarded>
          <Board
            selected={point}
            onSelect={props.onPoint}
            table={props.table}
            onTable={props.onTable}
            near={alarm}
            beside={plan}
            onWindow={panel ? undefined : ownWindow}
          />
        </Guarded>
      )}
    </div>
  )
})
