// Turning a camera: hold to move, prepared views, and who has it now. A camera
// obeys one officer at a time.
import { IconArrowDown, IconArrowLeft, IconArrowRight, IconArrowUp, IconZoomIn, IconZoomOut } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import { useEachSecond } from '../live'
import { useDesk } from '../session/desk'
import { At } from '../shell/times'
import { type Camera, type CameraState, cameraRefusal, type Lease, type Preset, pathOf } from './camera'

const AGAIN = 1_000 // ms: a move ends by itself after two seconds, so it is said again while the button is held
const SPEED = 0.6

interface Speed {
  pan?: number
  tilt?: number
  zoom?: number
}

const ways: [string, string, Speed, typeof IconArrowUp][] = [
  ['up', 'ArrowUp', { tilt: SPEED }, IconArrowUp],
  ['left', 'ArrowLeft', { pan: -SPEED }, IconArrowLeft],
  ['right', 'ArrowRight', { pan: SPEED }, IconArrowRight],
  ['down', 'ArrowDown', { tilt: -SPEED }, IconArrowDown],
  ['out', 'Minus', { zoom: -SPEED }, IconZoomOut],
  ['in', 'Equal', { zoom: SPEED }, IconZoomIn],
]

export function Turn({ camera, state, onClose }: { camera: Camera; state: CameraState; onClose: () => void }) {
  const { t } = useTranslation()
  const { session, may } = useDesk()
  const [fault, setFault] = useState<unknown>(null)
  const until = state.lease ? Date.parse(state.lease.until) : 0
  const held = useEachSecond((now) => until > now)
  const lease = held ? state.lease : null
  const mine = lease?.by === session.user.id
  const { start, stop, send } = useMoves(camera.id, setFault)
  const down = useRef('') // the key that is held
  const over = (body: object) => void send({ take_over: true, ...body })
  return (
    <div
      className="turn"
      role="group"
      aria-label={t('cameras.turn_of', { name: camera.name })}
      data-turn={camera.id}
      onKeyDown={(event) => {
        const way = ways.find(([, code]) => code === event.code)
        if (event.key === 'Escape') {
          event.stopPropagation()
          onClose()
          return
        }
        if (!way || event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement) return
        event.preventDefault()
        event.stopPropagation()
        if (event.repeat || down.current !== '') return
        down.current = event.code
        start(way[2])
      }}
      onKeyUp={(event) => {
        if (event.code !== down.current) return
        down.current = ''
        stop()
      }}
      onBlur={() => {
        if (down.current === '') return
        down.current = ''
        stop()
      }}
    >
      <div className="lease" role="status">
        {lease === null || lease === undefined ? (
          <span className="dim">{t('cameras.lease_free')}</span>
        ) : mine ? (
          <>
            <span>
              {t('cameras.lease_mine')} <At at={lease.until} />
            </span>
            <button type="button" className="btn sm ghost" onClick={() => void send({ action: 'release' })}>
              {t('cameras.lease_release')}
            </button>
          </>
        ) : (
          <>
            <span>
              <b>{t('cameras.lease_other', { name: lease.by_name })}</b> <At at={lease.until} />
            </span>
            {may('watch.supervise', camera.station) && (
              <button type="button" className="btn sm" data-take-over onClick={() => over({ action: 'take' })}>
                {t('cameras.lease_take')}
              </button>
            )}
          </>
        )}
        <span className="grow" />
        <button type="button" className="btn sm ghost" onClick={onClose} aria-label={t('shell.close')}>
          <kbd>Esc</kbd>
        </button>
      </div>
      <div className="turn-body">
        <div className="pad-keys" dir="ltr">
          {ways.map(([name, , speed, Icon], i) => (
            <button
              key={name}
              type="button"
              className={`btn way ${name}`}
              data-way={name}
              aria-label={t(`cameras.way.${name}`)}
              // biome-ignore lint/a11y/noAutofocus: whoever opens this wants to turn, also by arrow keys
              autoFocus={i === 0}
              onPointerDown={(event) => {
                if (event.button !== 0) return
                event.currentTarget.setPointerCapture(event.pointerId)
                start(speed)
              }}
              onPointerUp={stop}
              onPointerCancel={stop}
              onLostPointerCapture={stop}
              onKeyDown={(event) => {
                if ((event.key !== 'Enter' && event.key !== ' ') || event.repeat) return
                event.preventDefault()
                event.stopPropagation()
                start(speed)
              }}
              onKeyUp={(event) => {
                if (event.key === 'Enter' || event.key === ' ') stop()
              }}
              onContextMenu={(event) => event.preventDefault()}
            >
              <Icon size={18} aria-hidden />
            </button>
          ))}
        </div>
        <Views camera={camera} send={send} />
      </div>
      {fault !== null && (
        <div className="fault" role="alert">
          {cameraRefusal(t, fault)}
        </div>
      )}
    </div>
  )
}

/** The views that the camera knows. */
function Views({ camera, send }: { camera: Camera; send: (body: object) => Promise<boolean> }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const presets = useQuery({
    queryKey: ['presets', camera.id],
    queryFn: ({ signal }) => ask<List<Preset>>(pathOf(camera.id, '/presets'), { signal, timeout: 15_000 }),
    staleTime: 60_000,
    retry: false,
  })
  const list = presets.data?.items ?? []
  return (
    <div className="views">
      <div className="h3">{t('cameras.presets')}</div>
      {presets.isPending ? (
        <p className="dim">{t('shell.loading')}</p>
      ) : presets.error !== null ? (
        <p className="dim">{cameraRefusal(t, presets.error)}</p>
      ) : list.length === 0 ? (
        <p className="dim">{t('cameras.no_presets')}</p>
      ) : (
        <div className="preset-list">
          {list.map((p) => (
            <button
              key={p.id}
              type="button"
              className="btn sm"
              data-preset={p.id}
              onClick={() => void send({ action: 'preset', preset: p.id })}
            >
              <bdi>{p.name || p.id}</bdi>
            </button>
          ))}
        </div>
      )}
      {camera.may.configure && (
        <form
          className="save-preset"
          onSubmit={(event) => {
            event.preventDefault()
            if (name.trim() === '') return
            void send({ action: 'save_preset', name: name.trim() }).then((saved) => {
              if (!saved) return
              setName('')
              void presets.refetch()
            })
          }}
        >
          <input
            className="input"
            maxLength={64}
            aria-label={t('cameras.preset_name')}
            placeholder={t('cameras.preset_name')}
            value={name}
            onChange={(e) => setName(e.target.value)}
          />
          <button type="submit" className="btn sm" disabled={name.trim() === ''}>
            {t('cameras.preset_save')}
          </button>
        </form>
      )}
    </div>
  )
}

/** Moves go one after the other, and the stop comes after the last of them, whatever happens. */
function useMoves(camera: string, tell: (fault: unknown) => void) {
  const timer = useRef<ReturnType<typeof setInterval> | undefined>(undefined)
  const under = useRef<Promise<unknown>>(Promise.resolve())
  const waiting = useRef(0)
  const moving = useRef(false)
  const send = useCallback(
    async (body: object): Promise<boolean> => {
      try {
        await ask<{ lease: Lease | null }>(pathOf(camera, '/ptz'), { method: 'POST', body, timeout: 15_000 })
        tell(null)
        return true
      } catch (fault) {
        tell(fault)
        return false
      }
    },
    [camera, tell],
  )
  const queue = useCallback(
    (body: object) => {
      waiting.current++
      under.current = under.current.then(async () => {
        const done = await send(body)
        waiting.current--
        if (!done) clearInterval(timer.current) // who may not move it is not asked again and again
      })
    },
    [send],
  )
  const stop = useCallback(() => {
    clearInterval(timer.current)
    if (!moving.current) return
    moving.current = false
    queue({ action: 'stop' })
  }, [queue])
  const start = useCallback(
    (speed: Speed) => {
      clearInterval(timer.current)
      moving.current = true
      const move = { action: 'move', ...speed }
      queue(move)
      timer.current = setInterval(() => {
        if (waiting.current === 0) queue(move)
      }, AGAIN)
    },
    [queue],
  )
  useEffect(() => {
    const hide = () => document.hidden && stop()
    window.addEventListener('blur', stop)
    document.addEventListener('visibilitychange', hide)
    return () => {
      window.removeEventListener('blur', stop)
      document.removeEventListener('visibilitychange', hide)
      stop()
    }
  }, [stop])
  return { start, stop, send }
}
