// A list of alarms that stays still under the eye: only what is in sight is
// drawn, rows keep their place for a second after a key press, and the list
// never scrolls by itself.
import { memo, type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { ALL, useDesk } from '../session/desk'
import { type Grouping, HEAD, type Hold, headerOf, isHeader, lineAt, ROW, tops, touch, under } from './lines'
import { wantsAcknowledgement } from './order'
import { AlarmRow, type RowActions } from './row'

const BEYOND = 8 // rows drawn above and below what is in sight

export function AlarmRows(props: {
  label: string
  drawn: string[]
  find: (id: string) => Alarm | undefined
  grouping: Grouping
  selected: string | undefined
  follow: string | undefined // the alarm that somebody chose; it is brought into sight
  actions: RowActions
  hold: Hold
  fit?: boolean // as high as its rows, up to what the page leaves
}) {
  const { label, drawn, find, grouping, selected, follow, actions, hold, fit } = props
  const { t } = useTranslation()
  const [box, setBox] = useState<HTMLDivElement | null>(null)
  const at = useMemo(() => tops(drawn), [drawn])
  const { top, high, scrolled } = useSight(box)
  useStillness(box, scrolled, drawn, at)
  useFollow(box, drawn, at, follow)
  const [fresh, toTop] = useFresh(box, scrolled, drawn)

  const total = at[drawn.length] ?? 0
  const first = Math.max(0, lineAt(at, top) - BEYOND)
  const last = Math.min(drawn.length, lineAt(at, top + high) + 1 + BEYOND)
  return (
    <div
      className={drawn.length === 1 ? 'alarm-rows one' : 'alarm-rows'}
      style={fit ? { flex: `0 1 ${total}px` } : undefined}
    >
      <div
        className="al"
        ref={setBox}
        role="grid"
        tabIndex={0}
        data-focus
        aria-label={label}
        aria-rowcount={drawn.length}
        aria-activedescendant={selected && drawn.includes(selected) ? `alarm-${selected}` : undefined}
        onPointerMove={() => touch(hold, 'pointer')}
      >
        <div style={{ blockSize: total, position: 'relative' }}>
          {drawn.slice(first, last).map((line, i) => {
            const index = first + i
            if (isHeader(line))
              return (
                <div
                  key={line}
                  className="band"
                  role="row"
                  style={{ transform: `translateY(${at[index]}px)`, blockSize: HEAD }}
                >
                  <span role="gridcell">
                    {grouping === 'area' ? (
                      <AreaHead ids={under(drawn, index)} find={find} />
                    ) : (
                      <BandHead band={headerOf(line)} count={under(drawn, index).length} />
                    )}
                  </span>
                </div>
              )
            const alarm = find(line)
            if (!alarm) return null
            return (
              <AlarmRow
                key={line}
                alarm={alarm}
                top={at[index] ?? 0}
                height={ROW}
                index={index}
                selected={line === selected}
                actions={actions}
              />
            )
          })}
        </div>
      </div>
      {fresh > 0 && (
        <button type="button" className="btn sm pri pill" onClick={toTop}>
          {t('alarms.new_above', { count: fresh })}
        </button>
      )}
    </div>
  )
}

const BandHead = memo(function BandHead({ band, count }: { band: string; count: number }) {
  const { t } = useTranslation()
  return (
    <>
      {t(`alarms.band.${band}`)} · <bdi>{count}</bdi>
    </>
  )
})

function AreaHead({ ids, find }: { ids: readonly string[]; find: (id: string) => Alarm | undefined }) {
  const { t } = useTranslation()
  const { stations, station } = useDesk()
  const alarms = ids.flatMap((id) => find(id) ?? [])
  const first = alarms[0]
  if (!first) return null
  const wanting = alarms.filter(wantsAcknowledgement).length
  const area = [first.building_name, first.area_name].filter(Boolean).join(' · ') || first.location
  const where = station === ALL && stations.length > 1 ? stations.find((s) => s.id === first.station)?.name : ''
  return (
    <>
      <bdi>{[where, area || t('alarms.no_area')].filter(Boolean).join(' · ')}</bdi> · <bdi>{alarms.length}</bdi>
      {wanting > 0 && <> · {t('alarms.wanting', { count: wanting })}</>}
    </>
  )
}

/** What of the list is in sight. It changes by whole rows, so that a scrolling list is not drawn for each pixel. */
function useSight(box: HTMLDivElement | null): { top: number; high: number; scrolled: RefObject<number> } {
  const scrolled = useRef(0)
  const [sight, setSight] = useState({ top: 0, high: 1_000 })
  useLayoutEffect(() => {
    if (!box) return
    const look = () => {
      scrolled.current = box.scrollTop
      const top = Math.floor(box.scrollTop / ROW) * ROW
      const high = Math.ceil(box.clientHeight / ROW) * ROW + ROW
      setSight((old) => (old.top === top && old.high === high ? old : { top, high }))
    }
    look()
    box.addEventListener('scroll', look, { passive: true })
    const sizes = new ResizeObserver(look)
    sizes.observe(box)
    return () => {
      box.removeEventListener('scroll', look)
      sizes.disconnect()
    }
  }, [box])
  return { ...sight, scrolled }
}

/** What comes or goes above the first visible row does not move it. */
function useStillness(
  box: HTMLDivElement | null,
  scrolled: RefObject<number>,
  drawn: string[],
  at: readonly number[],
): void {
  const anchor = useRef<{ line: string; under: number } | null>(null)
  useEffect(() => {
    if (!box) return
    const note = () => {
      anchor.current = null
      if (scrolled.current <= 0) return
      let i = lineAt(at, scrolled.current)
      if (isHeader(drawn[i] ?? '#')) i++
      const line = drawn[i]
      if (line !== undefined) anchor.current = { line, under: (at[i] ?? 0) - scrolled.current }
    }
    note()
    box.addEventListener('scroll', note, { passive: true })
    return () => box.removeEventListener('scroll', note)
  }, [box, scrolled, drawn, at])
  useLayoutEffect(() => {
    const kept = anchor.current
    if (!box || !kept) return
    const index = drawn.indexOf(kept.line)
    if (index >= 0) box.scrollTop = (at[index] ?? 0) - kept.under
  }, [box, drawn, at])
}

/** Brings the row that somebody chose into sight, once, and no other. */
function useFollow(
  box: HTMLDivElement | null,
  drawn: string[],
  at: readonly number[],
  follow: string | undefined,
): void {
  const done = useRef<string | undefined>(undefined)
  useLayoutEffect(() => {
    if (!box || done.current === follow) return
    const index = follow === undefined ? -1 : drawn.indexOf(follow)
    if (follow !== undefined && index < 0) return // it may come yet
    done.current = follow
    if (index < 0) return
    const from = at[index] ?? 0
    const headed = isHeader(drawn[index - 1] ?? '') ? HEAD : 0
    if (from - headed < box.scrollTop) box.scrollTop = from - headed
    else if (from + ROW > box.scrollTop + box.clientHeight) box.scrollTop = from + ROW - box.clientHeight
  }, [box, drawn, at, follow])
}

/** How many rows came since the list was last at its top. */
function useFresh(box: HTMLDivElement | null, scrolled: RefObject<number>, drawn: string[]): [number, () => void] {
  const seen = useRef(new Set<string>())
  const [fresh, setFresh] = useState(0)
  useEffect(() => {
    if (!box) return
    const look = () => {
      if (scrolled.current < 8) {
        seen.current = new Set(drawn)
        setFresh(0)
        return
      }
      let count = 0
      for (const line of drawn) if (!isHeader(line) && !seen.current.has(line)) count++
      setFresh(count)
    }
    look()
    box.addEventListener('scroll', look, { passive: true })
    return () => box.removeEventListener('scroll', look)
  }, [box, scrolled, drawn])
  return [fresh, () => box?.scrollTo({ top: 0 })]
}
