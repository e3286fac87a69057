// The tiles of a wall, with one key for each thing that a mouse can do.
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useOpenAlarms } from '../alarms/open'
import { alarmPlace, alarmTitle } from '../i18n/words'
import { useAlarm } from '../live'
import { useLetterKeys } from '../shell/keys'
import { useWindows } from '../shell/windows'
import { type Camera, useAlarmCameras, useStates, withState } from './camera'
import { draggable, useDrag, useDrop, useOver } from './drag'
import { Tile } from './tile'
import { beside, columns, FOLLOW, type Layout, put, swap } from './wall'

interface WallViewProps {
  cameras: Camera[]
  layout: Layout
  at: number // the selected tile
  full: boolean
  onAt: (at: number) => void
  onFull: (on: boolean) => void
  onLayout: (layout: Layout, at?: number) => void // and which tile is selected then
}

export function WallView(props: WallViewProps) {
  const { cameras, layout, at, full, onAt, onFull, onLayout } = props
  const { t } = useTranslation()
  const letters = useLetterKeys()
  const states = useStates()
  const byId = useMemo(() => new Map(cameras.map((c) => [c.id, c])), [cameras])
  const followed = useFollowed(layout.places.includes(FOLLOW))
  const over = useOver()
  const grid = useRef<HTMLDivElement>(null)
  const focus = (n: number) => {
    onAt(n)
    grid.current?.querySelector<HTMLElement>(`[data-place="${n}"] > [tabindex]`)?.focus()
  }
  const moved = useRef(false)
  useEffect(() => {
    // Keys mean tiles as soon as the wall is there, unless somebody is elsewhere already.
    if (document.activeElement === document.body)
      grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    // The focus goes with the tile that was moved.
    if (!moved.current) return
    moved.current = false
    grid.current?.querySelector<HTMLElement>(`[data-place="${at}"] > [tabindex]`)?.focus()
  })
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.target as HTMLElement
    if (target.closest('dialog, input, select, textarea, .turn')) return
    const digit = /^Digit([1-9])$/.exec(event.code)
    if (digit && letters && !event.shiftKey) {
      const n = Number(digit[1]) - 1
      if (n < layout.size) focus(n)
    } else if (event.key.startsWith('Arrow') && !full) {
      const rtl = grid.current !== null && getComputedStyle(grid.current).direction === 'rtl'
      const next = beside(layout.size, at, event.key, rtl)
      if (event.shiftKey && next !== at) {
        moved.current = true
        onLayout(swap(layout, at, next), next)
      } else focus(next)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  useDrop((what, n) => {
    moved.current = true // keys mean the tile that was dropped
    if (layout.places[n] === what) onAt(n)
    else onLayout(put(layout, n, what), n)
  })
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys go from tile to tile; each tile has the focus by itself
    <div
      ref={grid}
      className="wall"
      data-size={layout.size}
      data-full={full || undefined}
      style={{ '--wide': columns(layout.size) } as React.CSSProperties}
      onKeyDown={onKeyDown}
    >
      {layout.places.map((place, n) => {
        const shown = place === FOLLOW ? followed.camera : byId.get(place ?? '')
        const mine = n === at
        return (
          <div
            key={place ?? `free ${n}`}
            className="place"
            data-place={n}
            data-over={over === n || undefined}
            data-away={(full && !mine) || undefined}
          >
            {shown ? (
              <Tile
                key={shown.id}
                camera={shown}
                state={withState(shown, states)}
                full={full && mine}
                sharp={layout.size === 1}
                selected={mine}
                tabIndex={mine ? 0 : -1}
                alarm={place === FOLLOW ? followed.alarm : undefined}
                tag={place === FOLLOW && <span className="chip accent follow-tag">{followed.words}</span>}
                onSelect={() => mine || onAt(n)}
                onFull={() => {
                  if (!mine) onAt(n)
                  onFull(!(full && mine))
                }}
                onRemove={() => onLayout(put(layout, n, undefined))}
                drag={draggable({ what: place ?? shown.id, words: `${shown.number} ${shown.name}` })}
              />
            ) : (
              <Free
                at={n}
                selected={mine}
                words={
                  place === FOLLOW
                    ? followed.words
                    : place
                      ? t('cameras.unknown_camera', { id: place })
                      : t('cameras.free')
                }
                follow={place === FOLLOW}
                onSelect={() => mine || onAt(n)}
                onRemove={place === undefined ? undefined : () => onLayout(put(layout, n, undefined))}
              />
            )}
          </div>
        )
      })}
      <Ghost />
    </div>
  )
}

/** What is dragged, at the pointer. */
function Ghost() {
  const drag = useDrag()
  if (!drag) return null
  return (
    <div className="drag-ghost" aria-hidden style={{ translate: `${drag.x}px ${drag.y}px` }}>
      <bdi>{drag.words}</bdi>
    </div>
  )
}

/** A place without a picture. */
function Free(props: {
  at: number
  selected: boolean
  words: string
  follow: boolean
  onSelect: () => void
  onRemove: (() => void) | undefined
}) {
  const { t } = useTranslation()
  return (
    <section
      className="camera-tile free"
      aria-label={t('cameras.place_n', { n: props.at + 1 })}
      tabIndex={props.selected ? 0 : -1}
      data-selected={props.selected || undefined}
      data-follows={props.follow || undefined}
      onFocus={props.onSelect}
      onPointerDown={props.onSelect}
      onKeyDown={(event) => {
        if (event.key !== 'Delete' || !props.onRemove) return
        event.preventDefault()
        props.onRemove()
      }}
    >
      <b className="cam-number">{props.at + 1}</b>
      <span>{props.words}</span>
      {props.onRemove && (
        <button type="button" className="btn sm ghost" onClick={props.onRemove}>
          {t('cameras.remove')}
        </button>
      )}
    </section>
  )
}

/** The most telling camera of the alarm that is selected in another window of this desk, else of the gravest one. */
function useFollowed(on: boolean) {
  const { t } = useTranslation()
  const { chosen } = useWindows()
  const gravest = useOpenAlarms()[0]
  const id = on ? (chosen?.alarm ?? gravest?.id) : undefined
  const alarm = useAlarm(id)
  const cameras = useAlarmCameras(id, alarm?.station)
  const camera = cameras.data?.alarm === id ? cameras.data?.cameras?.[0] : undefined
  if (!alarm) return { camera: undefined, alarm: undefined, words: t('cameras.follow_waits') }
  const words = t('cameras.follows', { what: `${alarmTitle(t, alarm)} · ${alarmPlace(alarm, true)}` })
  if (!camera)
    return {
      camera: undefined,
      alarm: undefined,
      words: cameras.isPending ? words : t('cameras.follow_none', { what: alarmTitle(t, alarm) }),
    }
  return { camera, alarm: { id: alarm.id, at: Date.parse(alarm.raised_at) }, words }
}
