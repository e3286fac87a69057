// One camera: its live picture, what is recorded of it, and what can be done with
// it. While somebody looks back, the present stays in the corner.
import {
  IconArrowsMaximize,
  IconBookmark,
  IconCamera,
  IconFileExport,
  IconHandMove,
  IconMaximizeOff,
  IconRewindBackward30,
  IconSettings,
  IconX,
} from '@tabler/icons-react'
import { lazy, type ReactNode, Suspense, useCallback, useImperativeHandle, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { withUTC } from '../i18n/time'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { useLetterKeys } from '../shell/keys'
import { type Camera, type CameraState, cameraRefusal, faultWords, placeOf } from './camera'
import { delayWords, LookChip, Picture, useSeen } from './picture'
import { Playback, type PlaybackKeys } from './playback'
import { saveSnapshot } from './snapshot'
import type { Seen, Viewer } from './watching'

const Turn = lazy(async () => ({ default: (await import('./turn')).Turn }))
const MarkDialog = lazy(async () => ({ default: (await import('./keep')).MarkDialog }))
const ClipDialog = lazy(async () => ({ default: (await import('./keep')).ClipDialog }))
const SettingsDialog = lazy(async () => ({ default: (await import('./settings')).SettingsDialog }))

const SHORT = 30_000 // ms
const LONG = 120_000
export const BEFORE_ALARM = 10_000 // ms before an alarm from where it is played

/** What keys elsewhere may do with a tile. */
export interface TileKeys {
  playFrom: (at: number) => void
  live: () => void
  looksBack: () => boolean
}

export interface TileProps {
  camera: Camera
  state: CameraState
  full?: boolean
  sharp?: boolean // the sharp stream although it is not full
  selected?: boolean
  alarm?: { id: string; at: number } | undefined // what it is shown for; at in ms since 1970
  tag?: ReactNode // why it is shown here
  onFull?: (() => void) | undefined
  onRemove?: (() => void) | undefined
  onSelect?: (() => void) | undefined
  tabIndex?: number
  keys?: React.Ref<TileKeys>
  drag?: React.HTMLAttributes<HTMLElement> | undefined
}

type Asking = 'mark' | 'clip' | 'settings' | null

export function Tile(props: TileProps) {
  const { camera, state, full, alarm } = props
  const { t } = useTranslation()
  const [viewer, setViewer] = useState<Viewer | null>(null)
  const seen = useSeen(viewer)
  const [from, setFrom] = useState<number | undefined>(undefined)
  const [turning, setTurning] = useState(false)
  const [asking, setAsking] = useState<Asking>(null)
  const [said, setSaid] = useState('')
  const letters = useLetterKeys()
  const past = useRef<PlaybackKeys>(null)
  const box = useRef<HTMLElement>(null)
  const snapshot = useSnapshot(camera, setSaid)

  const live = useCallback(() => setFrom(undefined), [])
  const back = useCallback(
    (ms: number) => {
      if (!camera.may.play || camera.record === null) return
      if (from !== undefined) return past.current?.step(-ms / 1_000)
      setFrom(clock.now() - ms)
    },
    [camera, from],
  )
  const playFrom = useCallback(
    (at: number) => {
      if (camera.may.play && camera.record !== null) setFrom(at)
    },
    [camera],
  )
  useImperativeHandle(props.keys, () => ({ playFrom, live, looksBack: () => from !== undefined }), [
    playFrom,
    live,
    from,
  ])
  const moment = () => past.current?.at() ?? clock.now()
  const acts = tileActs(props, {
    back,
    before: alarm ? () => playFrom(alarm.at - BEFORE_ALARM) : undefined,
    turn: () => setTurning(!turning),
    snapshot,
    ask: setAsking,
  })
  const close = (next: Asking = null) => {
    setAsking(next)
    box.current?.focus()
  }
  return (
    <section
      ref={box}
      className="camera-tile"
      aria-label={t('cameras.tile_of', { number: camera.number, name: camera.name })}
      data-tile-of={camera.id}
      data-look={seen.look}
      data-age={seen.age === undefined ? '' : Math.round(seen.age)}
      data-past={from !== undefined || undefined}
      data-full={full || undefined}
      data-selected={props.selected || undefined}
      tabIndex={props.tabIndex ?? 0}
      onFocus={props.onSelect}
      onPointerDown={props.onSelect}
      onKeyDown={(event) => {
        if (event.defaultPrevented || inField(event.target)) return
        const act = keyActs(props, { back, live, past, acts, turning, setTurning, from })[keyOf(event)]
        if (!act || (!letters && /Key/.test(event.code)) || event.ctrlKey || event.metaKey || event.altKey) return
        if (act() === false) return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      <header className="tile-head" {...props.drag}>
        <b className="cam-number">
          <bdi>{camera.number}</bdi>
        </b>
        <span className="names">
          <bdi className="name">{camera.name}</bdi>
          <bdi className="cam-where">{placeOf(camera)}</bdi>
        </span>
        {camera.demo && <span className="chip demo">DEMO</span>}
        {props.tag}
        <span className="grow" />
        {camera.may.watch && <LookChip seen={seen} />}
      </header>
      <div className="tile-body">
        {camera.may.watch ? (
          <div className={from === undefined ? 'present' : 'present inset'}>
            <Picture camera={camera} state={state} stream={full || props.sharp ? 'main' : 'sub'} onViewer={setViewer} />
            {from !== undefined && <span className="inset-word">{t('cameras.now')}</span>}
          </div>
        ) : (
          <div className="picture" data-look="refused">
            <div className="trouble">
              <b>{t('cameras.is.refused')}</b>
              <span>{t('cameras.no_right_here')}</span>
            </div>
          </div>
        )}
        {from !== undefined && <Playback camera={camera} from={from} mark={alarm?.at} keys={past} onLive={live} />}
        {from === undefined && <Said state={state} seen={seen} />}
      </div>
      <Suspense fallback={null}>
        {turning && (
          <Turn
            camera={camera}
            state={state}
            onClose={() => {
              setTurning(false)
              box.current?.focus()
            }}
          />
        )}
        {asking === 'mark' && <MarkDialog camera={camera} moment={moment()} alarm={alarm?.id} onClose={close} />}
        {asking === 'clip' && <ClipDialog camera={camera} moment={moment()} onClose={close} />}
        {asking === 'settings' && <SettingsDialog camera={camera} onClose={close} />}
      </Suspense>
      <footer className="tile-foot">
        {said && (
          <span className="said" role="alert">
            {said}
          </span>
        )}
        <div className="tile-acts" role="toolbar" aria-label={t('cameras.acts_of', { name: camera.number })}>
          {acts.map((a) => (
            <button
              key={a.name}
              type="button"
              className="btn sm ghost"
              data-act={a.name}
              aria-label={a.words}
              aria-pressed={a.pressed}
              title={a.key ? `${a.words} (${a.key})` : a.words}
              onClick={a.run}
            >
              {a.icon}
              {a.short && <bdi>{a.short}</bdi>}
            </button>
          ))}
        </div>
      </footer>
    </section>
  )

  function tileActs(of: TileProps, doing: Doing): Act[] {
    const { may, ptz, record } = of.camera
    const all: [boolean, Act][] = [
      [
        doing.before !== undefined && may.play && record !== null,
        {
          name: 'before',
          words: t('cameras.before_alarm'),
          short: t('cameras.before_alarm_short'),
          key: 'P',
          icon: <IconRewindBackward30 size={16} aria-hidden />,
          run: () => doing.before?.(),
        },
      ],
      [
        doing.before === undefined && may.play && record !== null,
        {
          name: 'back30',
          words: t('cameras.back_30'),
          short: t('cameras.back_30_short'),
          key: 'R',
          icon: null,
          run: () => doing.back(SHORT),
        },
      ],
      [
        may.play && record !== null,
        {
          name: 'back120',
          words: t('cameras.back_120'),
          short: t('cameras.back_120_short'),
          key: 'Shift R',
          icon: null,
          run: () => doing.back(LONG),
        },
      ],
      [
        may.move && ptz,
        {
          name: 'turn',
          words: t('cameras.turn'),
          key: 'T',
          icon: <IconHandMove size={16} aria-hidden />,
          pressed: turning,
          run: doing.turn,
        },
      ],
      [
        may.watch,
        {
          name: 'snapshot',
          words: t('cameras.snapshot'),
          icon: <IconCamera size={16} aria-hidden />,
          run: doing.snapshot,
        },
      ],
      [
        may.play && record !== null,
        {
          name: 'mark',
          words: t('cameras.mark'),
          key: 'B',
          icon: <IconBookmark size={16} aria-hidden />,
          run: () => doing.ask('mark'),
        },
      ],
      [
        may.export && record !== null,
        {
          name: 'clip',
          words: t('cameras.clip_do'),
          icon: <IconFileExport size={16} aria-hidden />,
          run: () => doing.ask('clip'),
        },
      ],
      [
        may.configure,
        {
          name: 'settings',
          words: t('cameras.settings'),
          icon: <IconSettings size={16} aria-hidden />,
          run: () => doing.ask('settings'),
        },
      ],
      [
        of.onFull !== undefined,
        {
          name: 'full',
          words: t(of.full ? 'cameras.full_end' : 'cameras.full'),
          key: 'F',
          icon: of.full ? <IconMaximizeOff size={16} aria-hidden /> : <IconArrowsMaximize size={16} aria-hidden />,
          pressed: Boolean(of.full),
          run: () => of.onFull?.(),
        },
      ],
      [
        of.onRemove !== undefined && !of.full,
        {
          name: 'remove',
          words: t('cameras.remove'),
          key: 'Del',
          icon: <IconX size={16} aria-hidden />,
          run: () => of.onRemove?.(),
        },
      ],
    ]
    return all.filter(([can]) => can).map(([, act]) => act)
  }
}

/** What is said over a picture that goes on: that it jumps and why, that it is the past or has gaps. */
function Said({ state, seen }: { state: CameraState; seen: Seen }) {
  const { t } = useTranslation()
  const delayed = seen.look === 'delayed'
  const jumps = (delayed || seen.look === 'live') && state.fault === 'b_frames'
  if (!jumps && !delayed) return null
  return (
    <span className="cut-word" role="status" data-jumps={jumps || undefined}>
      {[jumps && faultWords(t, state), delayed && delayWords(t, seen)].filter(Boolean).join(' · ')}
    </span>
  )
}

interface Act {
  name: string
  words: string
  short?: string
  key?: string
  icon: ReactNode
  pressed?: boolean
  run: () => void
}

interface Doing {
  back: (ms: number) => void
  before: (() => void) | undefined
  turn: () => void
  snapshot: () => void
  ask: (what: Asking) => void
}

function keyActs(
  props: TileProps,
  of: {
    back: (ms: number) => void
    live: () => void
    past: React.RefObject<PlaybackKeys | null>
    acts: Act[]
    turning: boolean
    setTurning: (on: boolean) => void
    from: number | undefined
  },
): Record<string, () => unknown> {
  const press = (name: string) => () => {
    const act = of.acts.find((a) => a.name === name)
    if (!act) return false
    act.run()
  }
  return {
    KeyR: () => of.back(SHORT),
    'Shift+KeyR': () => of.back(LONG),
    KeyL: () => (of.from === undefined ? false : of.live()),
    KeyT: press('turn'),
    KeyB: press('mark'),
    KeyF: press('full'),
    Delete: press('remove'),
    Space: () => (of.from === undefined ? false : of.past.current?.toggle()),
    Escape: () => {
      if (of.turning) return of.setTurning(false)
      if (of.from !== undefined) return of.live()
      return props.full ? props.onFull?.() : false
    },
  }
}

const keyOf = (event: React.KeyboardEvent): string => `${event.shiftKey ? 'Shift+' : ''}${event.code}`

/** Where keys belong to something else: a field, a dialog, a button that is pressed by space. */
function inField(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.closest('dialog, input, select, textarea') !== null
}

function useSnapshot(camera: Camera, say: (words: string) => void): () => void {
  const { t } = useTranslation()
  const { zone } = useDesk()
  return useCallback(() => {
    say('')
    const words = (at: number) =>
      [camera.number, camera.name, withUTC(at, zone), camera.demo ? 'DEMO' : ''].filter(Boolean).join(' · ')
    saveSnapshot(camera, words).catch((fault: unknown) => {
      say(t('cameras.snapshot_failed', { why: cameraRefusal(t, fault) }))
    })
  }, [camera, zone, say, t])
}
