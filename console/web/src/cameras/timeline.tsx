// The line of time of a recording: what there is, what people marked, where the
// playhead stands. It is a slider, so that keys go along it too.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { clock, useEachSecond } from '../live'
import { useClockTime } from '../shell/times'
import { type Camera, pathOf, type Timeline } from './camera'

const lengths = [10, 60, 360, 1440] // minutes
const ROUND = 30_000 // ms: the line moves on in such steps

interface TimeLineProps {
  camera: Camera
  at: number // ms since 1970
  mark: number | undefined
  onGo: (at: number) => void
}

export function TimeLine({ camera, at, mark, onGo }: TimeLineProps) {
  const { t } = useTranslation()
  const time = useClockTime()
  const [minutes, setMinutes] = useState(10)
  const [held, setHeld] = useState<number | undefined>(undefined)
  // The line ends now while the playhead is on it, else it is laid round the playhead.
  const now = useEachSecond((ms) => Math.ceil(ms / ROUND) * ROUND)
  const length = minutes * 60_000
  const to = at > now - length * 0.95 ? now : Math.ceil((at + length / 2) / ROUND) * ROUND
  const from = to - length
  const line = useQuery({
    queryKey: ['timeline', camera.id, from, to],
    queryFn: ({ signal }) =>
      ask<Timeline>(pathOf(camera.id, '/timeline'), {
        query: { from: new Date(from).toISOString(), to: new Date(Math.min(to, clock.now())).toISOString() },
        signal,
      }),
    placeholderData: (before) => (before?.camera === camera.id ? before : undefined),
    staleTime: 15_000,
    retry: false,
  })
  const share = (when: number) => `${Math.max(0, Math.min(100, ((when - from) / length) * 100))}%`
  const shown = held ?? at
  const spans = line.data?.spans ?? []
  const marks = line.data?.bookmarks ?? []
  return (
    <div className="time-line">
      <div className="track" dir="ltr">
        {spans.map((s) => (
          <i
            key={s.from}
            className="span"
            style={{
              insetInlineStart: share(Date.parse(s.from)),
              inlineSize: `calc(${share(Date.parse(s.to))} - ${share(Date.parse(s.from))})`,
            }}
          />
        ))}
        {marks.map((b) => (
          <button
            key={b.id}
            type="button"
            className="mark-tick"
            data-lock={b.lock || undefined}
            style={{ insetInlineStart: share(Date.parse(b.from)) }}
            title={`${time(b.from)} ${b.note}`}
            aria-label={t('cameras.go_mark', { at: time(b.from), note: b.note })}
            onClick={() => onGo(Date.parse(b.from))}
          />
        ))}
        {mark !== undefined && mark > from && mark < to && (
          <i className="alarm-tick" title={t('cameras.alarm_rose')} style={{ insetInlineStart: share(mark) }} />
        )}
        <input
          type="range"
          min={from}
          max={to}
          step={1_000}
          value={shown}
          aria-label={t('cameras.time_line')}
          aria-valuetext={time(shown)}
          data-time-line
          onChange={(e) => setHeld(Number(e.target.value))}
          onPointerUp={() => letGo(held, onGo, setHeld)}
          onKeyUp={() => letGo(held, onGo, setHeld)}
          onBlur={() => letGo(held, onGo, setHeld)}
        />
      </div>
      <div className="scale">
        <bdi>{time(from)}</bdi>
        {held !== undefined && <b>{time(held)}</b>}
        <select
          className="input length"
          aria-label={t('cameras.line_length')}
          value={minutes}
          onChange={(e) => setMinutes(Number(e.target.value))}
        >
          {lengths.map((m) => (
            <option key={m} value={m}>
              {m < 60 ? t('cameras.minutes', { count: m }) : t('cameras.hours', { count: m / 60 })}
            </option>
          ))}
        </select>
        <bdi>{time(Math.min(to, now))}</bdi>
      </div>
      {line.data && !line.data.complete && <p className="faint">{t('cameras.line_unknown')}</p>}
      {line.error !== null && <p className="faint">{t('cameras.line_failed')}</p>}
    </div>
  )
}

function letGo(held: number | undefined, onGo: (at: number) => void, setHeld: (held: undefined) => void): void {
  if (held === undefined) return
  onGo(held)
  setHeld(undefined)
}
