// A list of alarms that stays still under the eye: rows keep their place for a
// second after a key press, and the list never scrolls by itself.
import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { type Band, bandOf, bands, compareAlarms } from './order'
import { AlarmRow, type RowActions } from './row'

const ROW = 50
const BAND = 26
const HOLD = 1_000 // ms after a key or a moving pointer
const LONGEST = 3_000 // ms that a moving pointer can hold the order

export interface Hold {
  until: number
  began: number
}

/** Keeps the order for a second from now; a pointer cannot keep it for ever. */
export function touch(hold: Hold, by: 'key' | 'pointer', now = performance.now()): void {
  if (now > hold.until) hold.began = now
  if (by === 'pointer' && now - hold.began > LONGEST - HOLD) return
  hold.until = now + HOLD
}

const header = (band: Band) => `band:${band}`

/** Ids of alarms and headers of bands, in the order in which they are drawn. */
export function lines(alarms: readonly Alarm[], banded: boolean): string[] {
  const sorted = [...alarms].sort(compareAlarms)
  if (!banded) return sorted.map((a) => a.id)
  return bands.flatMap((band) => {
    const these = sorted.filter((a) => bandOf(a) === band)
    return these.length === 0 ? [] : [header(band), ...these.map((a) => a.id)]
  })
}

/** The lines that are shown while the order is held: what is gone leaves, what is new comes last. */
export function heldLines(shown: readonly string[], fresh: readonly string[]): string[] {
  const there = new Set(fresh)
  const known = new Set(shown)
  return [
    ...shown.filter((line) => line.startsWith('band:') || there.has(line)),
    ...fresh.filter((line) => !known.has(line) && !line.startsWith('band:')),
  ]
}

export function useLines(alarms: readonly Alarm[], banded: boolean, hold: Hold): string[] {
  const shown = useRef<string[]>([])
  const [, release] = useState(0)
  const fresh = useMemo(() => lines(alarms, banded), [alarms, banded])
  const held = performance.now() < hold.until
  const now = held ? heldLines(shown.current, fresh) : fresh
  const drawn = sameLines(shown.current, now) ? shown.current : now
  useEffect(() => {
    shown.current = drawn
    if (!held) return
    const timer = setTimeout(() => release((n) => n + 1), Math.max(20, hold.until - performance.now() + 5))
    return () => clearTimeout(timer)
  })
  return drawn
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i])
}

export function AlarmRows(props: {
  label: string
  drawn: string[]
  byId: ReadonlyMap<string, Alarm>
  selected: string | undefined
  actions: RowActions
  hold: Hold
  fit?: boolean // as high as its rows, up to what the page leaves
}) {
  const { label, drawn, byId, selected, actions, hold, fit } = props
  const { t } = useTranslation()
  const [box, setBox] = useState<HTMLDivElement | null>(null)
  const count = useMemo(() => countBands(drawn, byId), [drawn, byId])
  const size = useCallback((i: number) => (drawn[i]?.startsWith('band:') ? BAND : ROW), [drawn])
  const list = useVirtualizer({
    count: drawn.length,
    getScrollElement: () => box,
    estimateSize: size,
    overscan: 8,
    getItemKey: (i) => drawn[i] ?? i,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes follow the lines
  useLayoutEffect(() => list.measure(), [drawn])
  const scrolled = useScrolled(box)
  useStillness(box, scrolled, drawn)
  useFollow(list.scrollToIndex, drawn, selected, hold)
  const [fresh, toTop] = useFresh(box, scrolled, drawn)

  const total = list.getTotalSize()
  return (
    <div className="rows" style={fit ? { flex: `0 1 ${total}px` } : undefined}>
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
          {list.getVirtualItems().map((item) => {
            const line = drawn[item.index] ?? ''
            const alarm = byId.get(line)
            if (alarm)
              return (
                <AlarmRow
                  key={line}
                  alarm={alarm}
                  top={item.start}
                  height={ROW}
                  index={item.index}
                  selected={line === selected}
                  actions={actions}
                />
              )
            const band = line.slice(5) as Band
            return (
              <div key={line} className="band" role="row" style={{ transform: `translateY(${item.start}px)` }}>
                <span role="gridcell">
                  {t(`alarms.band.${band}`)} · <bdi>{count.get(band) ?? 0}</bdi>
                </span>
              </div>
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

function countBands(drawn: readonly string[], byId: ReadonlyMap<string, Alarm>): Map<Band, number> {
  const count = new Map<Band, number>()
  for (const id of drawn) {
    const alarm = byId.get(id)
    if (alarm) count.set(bandOf(alarm), (count.get(bandOf(alarm)) ?? 0) + 1)
  }
  return count
}

function startOf(drawn: readonly string[], index: number): number {
  let top = 0
  for (let i = 0; i < index; i++) top += drawn[i]?.startsWith('band:') ? BAND : ROW
  return top
}

/** How far the list is scrolled, without asking for a layout at each drawing. */
function useScrolled(box: HTMLDivElement | null): RefObject<number> {
  const scrolled = useRef(0)
  useEffect(() => {
    if (!box) return
    const note = () => {
      scrolled.current = box.scrollTop
    }
    note()
    box.addEventListener('scroll', note, { passive: true })
    return () => box.removeEventListener('scroll', note)
  }, [box])
  return scrolled
}

/** What comes or goes above the first visible row does not move it. */
function useStillness(box: HTMLDivElement | null, scrolled: RefObject<number>, drawn: string[]): void {
  const anchor = useRef<{ line: string; under: number } | null>(null)
  useEffect(() => {
    if (!box) return
    const note = () => {
      anchor.current = null
      let top = 0
      for (const line of drawn) {
        const high = line.startsWith('band:') ? BAND : ROW
        if (top + high > scrolled.current && !line.startsWith('band:')) {
          anchor.current = scrolled.current > 0 ? { line, under: top - scrolled.current } : null
          return
        }
        top += high
      }
    }
    note()
    box.addEventListener('scroll', note, { passive: true })
    return () => box.removeEventListener('scroll', note)
  }, [box, scrolled, drawn])
  useLayoutEffect(() => {
    const kept = anchor.current
    if (!box || !kept) return
    const index = drawn.indexOf(kept.line)
    if (index >= 0) box.scrollTop = startOf(drawn, index) - kept.under
  }, [box, drawn])
}

/** Brings the selected row into view after a key moved the selection, and at no other time. */
function useFollow(
  scrollToIndex: (index: number, options: { align: 'auto' }) => void,
  drawn: string[],
  selected: string | undefined,
  hold: Hold,
): void {
  const last = useRef(selected)
  useEffect(() => {
    if (last.current === selected) return
    last.current = selected
    const index = selected === undefined ? -1 : drawn.indexOf(selected)
    if (index >= 0 && performance.now() < hold.until) scrollToIndex(index, { align: 'auto' })
  }, [selected, drawn, hold, scrollToIndex])
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
      setFresh(drawn.filter((line) => !line.startsWith('band:') && !seen.current.has(line)).length)
    }
    look()
    box.addEventListener('scroll', look, { passive: true })
    return () => box.removeEventListener('scroll', look)
  }, [box, scrolled, drawn])
  return [fresh, () => box?.scrollTo({ top: 0 })]
}
