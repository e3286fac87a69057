// Control: what is wrong, where, and what can be done about it.
import './alarms.css'
import '../devices/devices.css'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { PointPanel } from '../devices/point'
import { burns } from '../fire/sheet-for'
import { useLink } from '../live'
import { useDesk } from '../session/desk'
import { type Action, useActions } from '../shell/actions'
import { Coming } from '../shell/dialog'
import { Guarded } from '../shell/guarded'
import { useKeys } from '../shell/keys'
import { AlarmPictures } from '../shell/slots'
import { openPanel, type PanelName, panelNames, theWindows, useWindows } from '../shell/windows'
import { acknowledge, giveBack, respond, take } from './acts'
import { useShown } from './address'
import { AlarmDetail, NothingSelected } from './detail'
import { hasButton, nothingToSay, onScreen, type Rights, rightsOf } from './doing'
import { type Grouping, touch } from './lines'
import { AlarmPanel, type DrawnAlarms, useDrawnAlarms } from './list'
import { Middle } from './middle'
import { wantsAcknowledgement } from './order'
import type { RowActions } from './row'
import { type Segment, segmentOf, segments } from './segments'

const dialogs = () => import('./dialogs')
const Dialogs = lazy(dialogs)
const PrintSheet = lazy(() => import('./print'))

const SEEN = 400 // ms that an alarm must have been selected before a key acts on it

export type Asking =
  | { what: 'comment' | 'shelve' | 'close' | 'takeover' | 'restore'; alarm: string }
  | { what: 'visible'; alarms: Alarm[] }

export default function Control() {
  const [search, go] = useShown()
  const navigate = useNavigate()
  const { t } = useTranslation()
  const desk = useDesk()
  const link = useLink()
  const windows = useWindows()
  const show = segmentOf(search.show)
  const grouping: Grouping = search.group === 'area' ? 'area' : 'band'
  const panel = panelNames.find((name) => name === search.panel)
  const drawn = useDrawnAlarms(show, grouping)
  const chosen = useSelection(drawn, search.alarm, search.point)
  const [asking, setAsking] = useState<Asking | null>(null)
  const [printing, setPrinting] = useState<'list' | 'alarm' | null>(null)

  const selectAlarm = useCallback(
    (id: string | undefined) => go({ alarm: id, point: undefined, view: undefined }),
    [go],
  )
  const selectPoint = useCallback(
    (id: string | undefined) => go({ point: id, alarm: undefined, view: undefined }),
    [go],
  )
  useSameSelection(panel, chosen.alarm, search.point, go)

  const rights = (id: string | undefined): Rights | undefined => {
    const alarm = id === undefined ? undefined : drawn.find(id)
    return alarm && link.up ? rightsOf(alarm, desk) : undefined
  }
  const open = (id: string) => {
    selectAlarm(id)
    focusDetail()
  }
  const doing = {
    acknowledge: (id: string) => {
      const r = rights(id)
      if (r?.acknowledge) void acknowledge(r.alarm, '')
    },
    respond: (id: string) => {
      const r = rights(id)
      if (r?.takeOver) return setAsking({ what: 'takeover', alarm: id })
      if (r?.respond) void respond(r.alarm)
      else if (r?.acknowledge) void acknowledge(r.alarm, '')
      open(id)
    },
    own: (id: string) => {
      const r = rights(id)
      if (r?.takeOver) setAsking({ what: 'takeover', alarm: id })
      else if (r?.giveBack) void giveBack(r.alarm)
      else if (r?.take) void take(r.alarm)
    },
    shelve: (id: string) => {
      if (rights(id)) setAsking({ what: 'shelve', alarm: id })
    },
    close: (id: string) => {
      if (rights(id)?.close) setAsking({ what: 'close', alarm: id })
    },
    restore: (id: string) => {
      if (rights(id)?.restore) setAsking({ what: 'restore', alarm: id })
    },
    sheet: (id: string) => {
      const alarm = drawn.find(id)
      if (alarm && burns(alarm)) void navigate({ to: '/fire/sheet/$alarm', params: { alarm: id }, search: {} })
    },
    comment: (id: string) => {
      if (rights(id)?.acknowledge) setAsking({ what: 'comment', alarm: id })
    },
  }
  const latest = useRef({ ...doing, open })
  latest.current = { ...doing, open }
  const actions = useMemo<RowActions>(
    () => ({
      select: selectAlarm,
      open: (id) => latest.current.open(id),
      acknowledge: (id) => latest.current.acknowledge(id),
      respond: (id) => latest.current.respond(id),
      close: (id) => latest.current.close(id),
    }),
    [selectAlarm],
  )
  const acts = useMemo(
    () => ({
      respond: (id: string) => latest.current.respond(id),
      own: (id: string) => latest.current.own(id),
      shelve: (id: string) => latest.current.shelve(id),
      close: (id: string) => latest.current.close(id),
      restore: (id: string) => latest.current.restore(id),
      print: () => setPrinting('alarm'),
      plan: () => showPlan(go),
    }),
    [go],
  )
  const ackVisible = () => {
    const seen = onScreen(drawn, desk)
    if (link.up && seen.length > 0) setAsking({ what: 'visible', alarms: seen })
  }

  const visible = useRef(ackVisible)
  visible.current = ackVisible
  const handlers = useMemo(
    () => ({
      show: (next: Segment) => go({ show: next === 'active' ? undefined : next }),
      group: (next: Grouping) => go({ group: next === 'area' ? 'area' : undefined }),
      alarmsWindow: () => openPanel('alarms'),
      detailWindow: () => openPanel('detail'),
      printList: () => setPrinting('list'),
      visible: () => visible.current(),
      close: () => selectAlarm(undefined),
      closePoint: () => selectPoint(undefined),
    }),
    [go, selectAlarm, selectPoint],
  )

  const move = (step: number) => () => {
    touch(drawn.hold, 'key')
    const here = chosen.alarm === undefined ? -1 : drawn.order.indexOf(chosen.alarm)
    const next = drawn.order[Math.max(0, Math.min(drawn.order.length - 1, here < 0 ? chosen.nearest : here + step))]
    if (next !== undefined) selectAlarm(next)
  }
  /** A key acts on what was on the screen long enough to be read; where nothing is to be answered it shows what is. */
  const byKey =
    (act: (id: string) => void, fits: (r: Rights) => boolean, orShow: boolean, seen = SEEN) =>
    () => {
      touch(drawn.hold, 'key')
      const r = rights(chosen.alarm)
      if (r && fits(r)) {
        if (performance.now() - chosen.since >= seen) act(r.alarm.id)
        return
      }
      if (!orShow) return
      const wanting = drawn.order.find((id) => rights(id)?.acknowledge)
      if (wanting !== undefined) selectAlarm(wanting)
    }
  const step = (by: number) => () => {
    const next = segments[(segments.indexOf(show) + by + segments.length) % segments.length]
    go({ show: next === 'active' ? undefined : next })
  }
  useKeys({
    ArrowDown: move(1),
    ArrowUp: move(-1),
    KeyJ: move(1),
    KeyK: move(-1),
    KeyA: byKey(doing.acknowledge, (r) => r.acknowledge, true),
    KeyR: byKey(doing.respond, (r) => r.acknowledge || r.takeOver || r.take || r.mine, true),
    KeyT: byKey(doing.own, (r) => r.take || r.takeOver || r.giveBack, false),
    KeyH: byKey(doing.shelve, () => true, false, 0), // a dialog that names the alarm
    KeyC: byKey(doing.close, (r) => r.close, false, 0),
    'Shift+KeyA': byKey(doing.comment, (r) => r.acknowledge, true),
    KeyF: () => doing.sheet(chosen.alarm ?? ''),
    KeyM: () => showPlan(go),
    KeyV: () => focusIn('[data-cameras]'),
    KeyG: () => go({ group: grouping === 'area' ? undefined : 'area' }),
    BracketLeft: step(-1),
    BracketRight: step(1),
    Enter: (event) => (hasButton(event) ? false : focusDetail()),
    Escape: () => {
      if (search.view) return go({ view: undefined })
      return search.alarm || search.point ? go({ alarm: undefined, point: undefined }) : false
    },
  })
  useActions(() => pageActions())

  function pageActions(): Action[] {
    const r = rights(chosen.alarm)
    const id = chosen.alarm ?? ''
    const listed: Action[] = r ? alarmActions(r, id) : []
    for (const segment of segments)
      listed.push({
        id: `show-${segment}`,
        words: t('alarms.show', { what: t(`alarms.segment.${segment}`, { count: drawn.counts[segment] }) }),
        run: () => go({ show: segment === 'active' ? undefined : segment }),
      })
    listed.push({ id: 'visible', words: t('alarms.visible'), run: ackVisible })
    listed.push({ id: 'print-list', words: t('alarms.print_list'), key: 'Ctrl P', run: () => setPrinting('list') })
    for (const name of panelNames)
      listed.push({ id: `window-${name}`, words: t(`windows.open_${name}`), run: () => openPanel(name) })
    return listed
  }

  function alarmActions(r: Rights, id: string): Action[] {
    const all: [boolean, string, string, () => void][] = [
      [r.respond, 'respond', 'R', () => doing.respond(id)],
      [r.acknowledge, 'acknowledge', 'A', () => doing.acknowledge(id)],
      [r.acknowledge, 'comment', 'Shift A', () => doing.comment(id)],
      [r.take, 'take', 'T', () => doing.own(id)],
      [r.takeOver, 'take_over', 'T', () => doing.own(id)],
      [r.giveBack, 'give_back', 'T', () => doing.own(id)],
      [r.shelve, 'shelve', 'H', () => doing.shelve(id)],
      [r.close, 'close', 'C', () => doing.close(id)],
      [r.restore, 'restore', '', () => doing.restore(id)],
      [burns(r.alarm), 'sheet', 'F', () => doing.sheet(id)],
      [true, 'print', '', () => setPrinting('alarm')],
    ]
    return all
      .filter(([can]) => can)
      .map(([, name, key, run]) => ({ id: name, words: t(`alarms.do.${name}`), key, run }))
  }

  const watches = desk.may('cameras.watch')
  // The row answers a key in the next frame; what hangs on it may follow one later.
  const subject = useDeferredValue(chosen.alarm)
  const point = useDeferredValue(search.point)
  useEffect(() => {
    const timer = setTimeout(() => {
      void dialogs() // loaded before they are needed
      if (watches) void AlarmPictures.load()
    }, 1_500)
    return () => clearTimeout(timer)
  }, [watches])
  const has = (name: PanelName) => !panel && windows.siblings.some((s) => s.panel === name)
  const detail =
    point !== undefined ? (
      <PointPanel id={point} onClose={handlers.closePoint} onAlarm={selectAlarm} />
    ) : subject ? (
      <AlarmDetail
        key={subject}
        id={subject}
        acts={acts}
        onPoint={selectPoint}
        onClose={handlers.close}
        onWindow={panel ? undefined : handlers.detailWindow}
      />
    ) : (
      <NothingSelected />
    )
  const opened = (search.point !== undefined || search.alarm !== undefined) && search.view === undefined
  const onShelf = useCallback(
    (alarm: string, point: string) => (alarm ? selectAlarm(alarm) : selectPoint(point)),
    [selectAlarm, selectPoint],
  )
  const onTable = useCallback((on: boolean) => go({ doors: on ? 'table' : undefined }), [go])
  const away = !panel && has('plan') && has('doors')
  return (
    <div
      className={[
        'control',
        opened ? 'open' : '',
        panel ? 'one' : '',
        away ? 'no-middle' : '',
        has('detail') ? 'no-detail' : '',
      ]
        .filter(Boolean)
        .join(' ')}
    >
      {(!panel || panel === 'alarms') && (
        <AlarmPanel
          drawn={drawn}
          show={show}
          onShow={handlers.show}
          onGroup={handlers.group}
          onWindow={panel ? undefined : handlers.alarmsWindow}
          onPrint={handlers.printList}
          onVisible={nothingToSay(drawn, show, desk) ? undefined : handlers.visible}
          selected={search.point ? undefined : chosen.alarm}
          follow={search.alarm}
          actions={actions}
          onShelf={onShelf}
        />
      )}
      {(!panel || panel === 'plan' || panel === 'doors') && !away && (
        <Middle
          panel={panel}
          planAway={has('plan')}
          doorsAway={has('doors')}
          alarm={subject}
          point={point}
          table={search.doors === 'table'}
          onPoint={selectPoint}
          onTable={onTable}
        />
      )}
      {(!panel || panel === 'detail') && !has('detail') && detail}
      {asking && (
        <Guarded waiting={<Coming onClose={() => setAsking(null)} />}>
          <Dialogs asking={asking} onClose={() => setAsking(null)} />
        </Guarded>
      )}
      <Suspense fallback={null}>
        <PrintSheet
          printing={printing}
          alarm={chosen.alarm}
          order={drawn.order}
          find={drawn.find}
          title={t(`alarms.list.${show}`)}
          onDone={() => setPrinting(null)}
        />
      </Suspense>
    </div>
  )
}

function focusIn(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector)
  found?.focus()
  return found !== null
}

function focusDetail(): void {
  const detail = document.querySelector<HTMLElement>('.detail')
  ;(detail?.querySelector<HTMLElement>('[data-focus]') ?? detail)?.focus()
}

/** Shows the plan where the detail stands over it, and gives it the focus. */
function showPlan(go: (change: { view: string }) => void): void {
  go({ view: 'plan' })
  setTimeout(() => {
    if (!focusIn('.plan-slot [tabindex="0"]')) focusIn('.point-board [tabindex="0"]')
  }, 50)
}

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
  const { order } = drawn
  if (wish !== undefined || point !== undefined) own.current = undefined
  else {
    const held = own.current === undefined || !order.includes(own.current) ? undefined : drawn.find(own.current)
    const first = drawn.find(order[0] ?? '')
    if (!held || (first && wantsAcknowledgement(first) && !wantsAcknowledgement(held))) own.current = first?.id
  }
  const alarm = point !== undefined ? undefined : (wish ?? own.current)
  const since = useRef({ alarm, at: performance.now() })
  if (since.current.alarm !== alarm) since.current = { alarm, at: performance.now() }
  const nearest = useRef(0)
  useEffect(() => {
    const index = alarm === undefined ? -1 : order.indexOf(alarm)
    if (index >= 0) nearest.current = index
  }, [alarm, order])
  return { alarm, since: since.current.at, nearest: nearest.current }
}

/** What is selected here is selected in the other windows of this browser, and the other way round. */
function useSameSelection(
  panel: PanelName | undefined,
  alarm: string | undefined,
  point: string | undefined,
  go: (change: { alarm: string | undefined; point: string | undefined }) => void,
): void {
  const { chosen: told } = useWindows()
  const here = useRef({ alarm, point })
  here.current = { alarm, point }
  useEffect(() => {
    if (told && (told.alarm !== here.current.alarm || told.point !== here.current.point))
      go({ alarm: told.alarm, point: told.point })
  }, [told, go])
  // A window without the list selects nothing by itself: it says only what somebody chose in it.
  const leads = panel === undefined || panel === 'alarms'
  const first = useRef(true)
  useEffect(() => {
    if (first.current && !leads) {
      first.current = false
      return
    }
    first.current = false
    theWindows()?.choose({ alarm, point })
  }, [alarm, point, leads])
}
