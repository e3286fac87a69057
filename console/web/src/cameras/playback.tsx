// What was recorded of a camera, with a line of time to go along. It is marked
// as the past wherever it stands.
import { IconPlayerPause, IconPlayerPlay, IconRewindBackward10, IconRewindForward10 } from '@tabler/icons-react'
import { useCallback, useEffect, useImperativeHandle, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { Age, useClockTime } from '../shell/times'
import { type Camera, cameraRefusal } from './camera'
import { Playing, type PlayState } from './recording'
import { TimeLine } from './timeline'

const speeds = [0.5, 1, 2, 4]

/** What keys do with a playback. */
export interface PlaybackKeys {
  step: (seconds: number) => void
  toggle: () => void
  at: () => number | undefined
}

interface PlaybackProps {
  camera: Camera
  from: number // ms since 1970
  mark?: number | undefined // an instant that is shown on the line: when the alarm rose
  keys: React.Ref<PlaybackKeys>
  onLive: () => void
}

const nothing: PlayState = { at: undefined, playing: true, waiting: true, fault: undefined, end: false, speed: 1 }
const never = () => () => undefined

export function Playback({ camera, from, mark, keys, onLive }: PlaybackProps) {
  const { t } = useTranslation()
  const time = useClockTime()
  const [playing, setPlaying] = useState<Playing | null>(null)
  const first = useRef(from)
  const video = useCallback(
    (element: HTMLVideoElement | null) => {
      if (!element) return
      const mine = new Playing(camera.id, element, first.current, () => clock.now())
      setPlaying(mine)
      return () => {
        setPlaying(null)
        mine.close()
      }
    },
    [camera.id],
  )
  useEffect(() => {
    if (from !== first.current) playing?.go(from)
    first.current = from
  }, [playing, from])
  const subscribe = useCallback((tell: () => void) => (playing ? playing.subscribe(tell) : never()), [playing])
  const state = useSyncExternalStore(subscribe, () => playing?.state ?? nothing)
  useImperativeHandle(
    keys,
    () => ({
      step: (seconds) => playing?.step(seconds),
      toggle: () => playing?.toggle(),
      at: () => playing?.state.at,
    }),
    [playing],
  )
  return (
    <div className="playback" data-playback={camera.id} data-at={state.at ?? ''}>
      <div className="past-picture">
        <video
          ref={video}
          muted
          playsInline
          disablePictureInPicture
          aria-label={t('cameras.past_of', { name: camera.name })}
        />
        <span className="past-word">
          <b>{t('cameras.recorded')}</b> {state.at !== undefined && <bdi>{time(state.at)}</bdi>}
        </span>
        {state.fault !== undefined ? (
          <div className="trouble" role="alert">
            <b>{t('cameras.no_recording')}</b>
            <span>{cameraRefusal(t, state.fault)}</span>
            <button type="button" className="btn sm" onClick={() => playing?.go(state.at ?? from)}>
              {t('shell.try_again')}
            </button>
          </div>
        ) : (
          state.waiting && (
            <div className="trouble small" role="status">
              <span>{t(state.end ? 'cameras.play_end' : 'cameras.play_waits')}</span>
            </div>
          )
        )}
      </div>
      <TimeLine camera={camera} at={state.at ?? from} mark={mark} onGo={(at) => playing?.go(at)} />
      <Controls state={state} playing={playing} onLive={onLive} />
    </div>
  )
}

function Controls(props: { state: PlayState; playing: Playing | null; onLive: () => void }) {
  const { state, playing, onLive } = props
  const { t } = useTranslation()
  const { zone } = useDesk()
  return (
    <div className="play-acts">
      <button type="button" className="btn sm" aria-label={t('cameras.back_10')} onClick={() => playing?.step(-10)}>
        <IconRewindBackward10 size={16} aria-hidden />
      </button>
      <button
        type="button"
        className="btn sm"
        aria-label={t(state.playing ? 'cameras.pause' : 'cameras.play')}
        onClick={() => playing?.toggle()}
      >
        {state.playing ? <IconPlayerPause size={16} aria-hidden /> : <IconPlayerPlay size={16} aria-hidden />}
      </button>
      <button type="button" className="btn sm" aria-label={t('cameras.on_10')} onClick={() => playing?.step(10)}>
        <IconRewindForward10 size={16} aria-hidden />
      </button>
      <select
        className="input speed"
        aria-label={t('cameras.speed')}
        value={state.speed}
        onChange={(e) => playing?.speed(Number(e.target.value))}
      >
        {speeds.map((s) => (
          <option key={s} value={s}>
            {t('cameras.times', { n: s })}
          </option>
        ))}
      </select>
      <span className="dim ago" title={zone}>
        {state.at !== undefined && (
          <>
            <Age at={state.at} /> {t('cameras.ago')}
          </>
        )}
      </span>
      <span className="grow" />
      <button type="button" className="btn sm pri" data-live-again onClick={onLive}>
        {t('cameras.back_to_live')} <kbd>L</kbd>
      </button>
    </div>
  )
}
