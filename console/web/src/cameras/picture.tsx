// A camera's live picture with what must be said of it: how old it is, and when
// it stands still or is gone, since when and why.
import type { TFunction } from 'i18next'
import { type RefObject, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { Age, At } from '../shell/times'
import { LATE } from './age'
import { type Camera, type CameraState, cameraRefusal, faultWords, type StreamName } from './camera'
import { look, type Seen, type Viewer } from './watching'

/** Shows the camera in the element that is given back, as long as the component is there. */
export function useLook(camera: string, stream: StreamName): [(video: HTMLVideoElement | null) => void, Viewer | null] {
  const [viewer, setViewer] = useState<Viewer | null>(null)
  const wish = useRef(stream)
  wish.current = stream
  const show = useCallback(
    (video: HTMLVideoElement | null) => {
      if (!video) return
      const mine = look(camera, video, wish.current)
      setViewer(mine)
      return () => {
        setViewer(null)
        mine.close()
      }
    },
    [camera],
  )
  useEffect(() => viewer?.want(stream), [viewer, stream])
  return [show, viewer]
}

const none: Pick<Seen, 'look' | 'age' | 'pictureAt' | 'fault' | 'refusal' | 'retryAt' | 'short' | 'width' | 'height'> =
  {
    look: 'connecting',
    age: undefined,
    pictureAt: undefined,
    fault: '',
    refusal: undefined,
    retryAt: undefined,
    short: false,
    width: 0,
    height: 0,
  }

const never = () => () => undefined

/** What is known of the picture that a viewer shows, twice a second and at each change. */
export function useSeen(viewer: Viewer | null): Seen {
  const subscribe = useCallback((tell: () => void) => (viewer ? viewer.subscribe(tell) : never()), [viewer])
  return useSyncExternalStore(subscribe, () => viewer?.seen ?? none)
}

interface PictureProps {
  camera: Camera
  state: CameraState
  stream: StreamName
  onViewer?: (viewer: Viewer | null) => void
}

export function Picture({ camera, state, stream, onViewer }: PictureProps) {
  const { t } = useTranslation()
  const [show, viewer] = useLook(camera.id, stream)
  const seen = useSeen(viewer)
  const last = useRef<HTMLCanvasElement>(null)
  useEffect(() => onViewer?.(viewer), [onViewer, viewer])
  useEffect(() => {
    if (!viewer) return
    // A session ends, the camera's last picture stays: it is marked as what it is.
    viewer.keep = (video) => draw(video, last)
  }, [viewer])
  const refused = seen.look === 'refused'
  useEffect(() => {
    const canvas = last.current
    if (refused && canvas) canvas.width = 0
  }, [refused])
  const old = seen.look !== 'live' && seen.look !== 'delayed'
  return (
    <div className="picture" data-look={seen.look} data-age={seen.age === undefined ? '' : Math.round(seen.age)}>
      <canvas ref={last} className="last" aria-hidden />
      <video
        ref={show}
        muted
        autoPlay
        playsInline
        disablePictureInPicture
        aria-label={t('cameras.live_of', { name: camera.name })}
        data-video={camera.id}
      />
      {old && <div className="veil" data-kept={seen.pictureAt ? '' : undefined} aria-hidden />}
      {old && <Trouble camera={camera} state={state} seen={seen} onAgain={() => viewer?.again()} />}
    </div>
  )
}

function draw(video: HTMLVideoElement, onto: RefObject<HTMLCanvasElement | null>): void {
  const canvas = onto.current
  if (!canvas || video.videoWidth === 0) return
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d')?.drawImage(video, 0, 0)
}

/** The word for how a picture is: a dot says nothing to those who do not see its colour. */
export function LookChip({ seen }: { seen: Seen }) {
  const { t } = useTranslation()
  const ms = seen.age === undefined ? undefined : Math.round(seen.age / 10) * 10
  const aged = (seen.look === 'live' || seen.look === 'delayed') && ms !== undefined
  return (
    <span className="look-chip" data-look={seen.look} title={t(`cameras.look_why.${seen.look}`)}>
      <i aria-hidden />
      <span>{t(`cameras.look.${seen.look}`)}</span>
      {aged && <bdi className="ms">{ageText(ms)}</bdi>}
    </span>
  )
}

/** What is said of a picture that goes on but is the past, or from which pictures are left out. */
export function delayWords(t: TFunction, { age, short }: Pick<Seen, 'age' | 'short'>): string {
  if (short && (age === undefined || age <= LATE)) return t('cameras.short')
  return t(short ? 'cameras.behind_short' : 'cameras.behind', { age: ageText(Math.round((age ?? 0) / 100) * 100) })
}

/** 84 ms, 1.4 s, 24 s */
export function ageText(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`
}

/** What is wrong with a picture that does not go on. */
function Trouble(props: { camera: Camera; state: CameraState; seen: Seen; onAgain: () => void }) {
  const { state, seen, onAgain } = props
  const { t } = useTranslation()
  const away = seen.look === 'lost' || seen.look === 'frozen' || seen.look === 'unplayable'
  const ours = seen.fault === 'connection' || seen.fault === 'browser' || seen.fault === 'codec'
  const why = ours ? t(`cameras.fault.${seen.fault}`) : faultWords(t, { ...state, fault: seen.fault || state.fault })
  return (
    <div className="trouble" role={away ? 'alert' : 'status'}>
      <b>{t(`cameras.is.${seen.look}`)}</b>
      {seen.pictureAt !== undefined && seen.look !== 'refused' && (
        <span className="when" data-last-picture>
          {t('cameras.last_picture')} <At at={seen.pictureAt} /> · <Age at={seen.pictureAt} />
        </span>
      )}
      {seen.look === 'refused'
        ? seen.refusal !== undefined && <span>{cameraRefusal(t, seen.refusal)}</span>
        : why && seen.look !== 'connecting' && <span>{why}</span>}
      {(seen.look === 'refused' || seen.retryAt !== undefined) && (
        <button type="button" className="btn sm" onClick={onAgain}>
          {t('shell.try_again')}
        </button>
      )}
    </div>
  )
}
