// The slider: how much came when, the alarms that were raised, and the instant.
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { clockTime, day, full } from '../i18n/time'
import type { Density, Range } from './past'

interface SliderProps {
  from: number
  to: number
  at: number
  zone: string
  begins: number | undefined
  range: Range | undefined
  onSeek: (at: number) => void
  onKey: { second: number; minute: number; ten: number }
}

const WIDTH = 1000
const HEIGHT = 46

export function Slider(props: SliderProps) {
  const { from, to, at, zone, begins, range, onSeek, onKey } = props
  const { t } = useTranslation()
  const id = useId()
  const x = (instant: number) => ((instant - from) / (to - from)) * WIDTH
  const items = range?.items ?? []
  const most = Math.max(1, ...items.map((d) => d.signals))
  const width = Math.max(1.5, x(from + (range?.step ?? 60) * 1000) - 0.5)
  const raised = items.filter((d) => d.alarms > 0)
  const keys: Record<string, number> = {
    ArrowLeft: -onKey.second,
    ArrowDown: -onKey.second,
    ArrowRight: onKey.second,
    ArrowUp: onKey.second,
    PageUp: -onKey.ten,
    PageDown: onKey.ten,
  }
  return (
    <div className="replay-slider">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {begins !== undefined && begins > from && (
          <rect className="unknown" x={0} y={0} width={Math.min(WIDTH, x(begins))} height={HEIGHT} />
        )}
        {items.map((d) => {
          const height = Math.max(1, (Math.log1p(d.signals) / Math.log1p(most)) * (HEIGHT - 14))
          const left = x(Date.parse(d.at))
          return <rect key={d.at} className="bar" x={left} y={HEIGHT - height} width={width} height={height} />
        })}
        {raised.map((d) => (
          <rect
            key={`a${d.at}`}
            className={`raised q${d.worst || 4}`}
            x={x(Date.parse(d.at))}
            y={0}
            width={Math.max(width, 3)}
            height={5 + 2 * (4 - (d.worst || 4))}
          />
        ))}
        <line className="now" x1={x(at)} x2={x(at)} y1={0} y2={HEIGHT} />
      </svg>
      <input
        type="range"
        dir="ltr"
        id={id}
        min={Math.floor(from / 1000)}
        max={Math.floor(to / 1000)}
        step={1}
        value={Math.floor(at / 1000)}
        aria-label={t('replay.slider')}
        aria-valuetext={full(at, zone)}
        onChange={(event) => onSeek(Number(event.target.value) * 1000)}
        onKeyDown={(event) => {
          const step = keys[event.key]
          if (step === undefined) return
          event.preventDefault()
          event.stopPropagation()
          onSeek(at + (event.shiftKey && Math.abs(step) === onKey.second ? Math.sign(step) * onKey.minute : step))
        }}
      />
      <div className="replay-ends" dir="ltr">
        <span>
          {day(from, zone)} {clockTime(from, zone)}
        </span>
        <span>{t('replay.density', summary(items))}</span>
        <span>
          {day(to, zone)} {clockTime(to, zone)}
        </span>
      </div>
    </div>
  )
}

function summary(items: readonly Density[]): { signals: number; count: number } {
  return {
    signals: items.reduce((n, d) => n + d.signals, 0),
    count: items.reduce((n, d) => n + d.alarms, 0),
  }
}
