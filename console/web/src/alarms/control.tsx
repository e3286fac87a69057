// Control: what is wrong, where, and what can be done about it.
import './alarms.css'
import '../devices/devices.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Board } from '../devices/board'
import { PointPanel } from '../devices/point'
import { useLink } from '../live'
import { useDesk } from '../session/desk'
import { useKeys } from '../shell/keys'
import { acknowledge } from './acknowledge'
import { AlarmDetail, NothingSelected } from './detail'
import { AlarmPanel, type DrawnAlarms, type Show, useDrawnAlarms } from './list'
import { wantsAcknowledgement } from './order'
import type { RowActions } from './row'
import { touch } from './rows'

const CommentDialog = lazy(() => import('./comment'))

const SEEN = 400 // ms that an alarm must have been selected before a key acknowledges it

export default function Control() {
  const search = useSearch({ from: '/control' })
  const navigate = useNavigate({ from: '/control' })
  const show: Show = search.show === 'unacknowledged' ? 'unacknowledged' : 'active'
  const drawn = useDrawnAlarms(show)
  const chosen = useSelection(drawn, search.alarm, search.point)
  const [commenting, setCommenting] = useState<string | null>(null)
  const { may } = useDesk()
  const link = useLink()

  const go = useCallback(
    (change: { alarm?: string; point?: string; show?: string; doors?: string }) =>
      void navigate({ search: (old) => ({ ...old, ...change }), replace: true }),
    [navigate],
  )
  const selectAlarm = useCallback((id: string | undefined) => go({ alarm: id, point: undefined }), [go])
  const selectPoint = useCallback((id: string | undefined) => go({ point: id, alarm: undefined }), [go])

  const permitted = (id: string | undefined) => {
    const alarm = id === undefined ? undefined : drawn.byId.get(id)
    return alarm && link.up && wantsAcknowledgement(alarm) && may('alarms.acknowledge', alarm.station)
      ? alarm
      : undefined
  }
  const byHand = (id: string) => {
    const alarm = permitted(id)
    if (alarm) void acknowledge(alarm, '')
  }
  const latest = useRef(byHand)
  latest.current = byHand
  const actions = useMemo<RowActions>(
    () => ({
      select: selectAlarm,
      open: (id) => {
        selectAlarm(id)
        focusDetail()
      },
      acknowledge: (id) => latest.current(id),
    }),
    [selectAlarm],
  )

  const move = (step: number) => () => {
    touch(drawn.hold, 'key')
    const here = chosen.alarm === undefined ? -1 : drawn.order.indexOf(chosen.alarm)
    const next = drawn.order[Math.max(0, Math.min(drawn.order.length - 1, here < 0 ? chosen.nearest : here + step))]
    if (next !== undefined) selectAlarm(next)
  }
  const byKey = (act: (id: string) => void) => () => {
    touch(drawn.hold, 'key')
    const alarm = permitted(chosen.alarm)
    if (alarm) {
      if (performance.now() - chosen.since >= SEEN) act(alarm.id)
      return
    }
    // Nothing to acknowledge here: the key shows what there is, and the next press acknowledges it.
    const wanting = drawn.order.find((id) => permitted(id))
    if (wanting !== undefined) selectAlarm(wanting)
  }
  useKeys({
    ArrowDown: move(1),
    ArrowUp: move(-1),
    KeyJ: move(1),
    KeyK: move(-1),
    KeyA: byKey(byHand),
    'Shift+KeyA': byKey(setCommenting),
    Enter: (event) => (onButton(event) ? false : focusDetail()),
    Escape: () => (search.alarm || search.point ? go({ alarm: undefined, point: undefined }) : false),
  })

  const panel = search.panel
  const detail = search.point ? (
    <PointPanel id={search.point} onClose={() => selectPoint(undefined)} onAlarm={selectAlarm} />
  ) : chosen.alarm ? (
    <AlarmDetail key={chosen.alarm} id={chosen.alarm} onPoint={selectPoint} onClose={() => selectAlarm(undefined)} />
  ) : (
    <NothingSelected />
  )
  const open = search.point !== undefined || search.alarm !== undefined
  return (
    <div className={`control${open ? ' open' : ''}${panel ? ' one' : ''}`}>
      {(!panel || panel === 'alarms') && (
        <AlarmPanel
          drawn={drawn}
          show={show}
          onShow={(next) => go({ show: next === 'active' ? undefined : next })}
          selected={search.point ? undefined : chosen.alarm}
          actions={actions}
        />
      )}
      {(!panel || panel === 'board') && (
        <Board
          selected={search.point}
          onSelect={selectPoint}
          table={search.doors === 'table'}
          onTable={(on) => go({ doors: on ? 'table' : undefined })}
        />
      )}
      {(!panel || panel === 'detail') && detail}
      <Suspense fallback={null}>
        {commenting && <CommentDialog id={commenting} onClose={() => setCommenting(null)} />}
      </Suspense>
    </div>
  )
}

function focusDetail(): void {
  const detail = document.querySelector<HTMLElement>('.detail')
  ;(detail?.querySelector<HTMLElement>('[data-focus]') ?? detail)?.focus()
}

const onButton = (event: KeyboardEvent): boolean =>
  event.target instanceof HTMLElement && event.target.closest('button, a, summary, [role="menuitem"]') !== null

interface Selection {
  alarm: string | undefined
  since: number // performance.now()
  nearest: number // where the next step goes when the selected row left the list
}

/**
 * The selected alarm: what the address says, else the first row, so that one
 * key acknowledges it. A first row that still wants an acknowledgement keeps the
 * selection when graver ones come.
 */
function useSelection(drawn: DrawnAlarms, wish: string | undefined, point: string | undefined): Selection {
  const own = useRef<string | undefined>(undefined)
  if (wish !== undefined || point !== undefined) own.current = undefined
  else {
    const held = own.current === undefined ? undefined : drawn.byId.get(own.current)
    const first = drawn.byId.get(drawn.order[0] ?? '')
    if (!held || (first && wantsAcknowledgement(first) && !wantsAcknowledgement(held))) own.current = first?.id
  }
  const alarm = point !== undefined ? undefined : (wish ?? own.current)
  const since = useRef({ alarm, at: performance.now() })
  if (since.current.alarm !== alarm) since.current = { alarm, at: performance.now() }
  const nearest = useRef(0)
  useEffect(() => {
    const index = alarm === undefined ? -1 : drawn.order.indexOf(alarm)
    if (index >= 0) nearest.current = index
  }, [alarm, drawn.order])
  return { alarm, since: since.current.at, nearest: nearest.current }
}
