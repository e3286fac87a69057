import type { CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import type { Priority } from '../contract'
import type { Band } from './order'

const shapes: Record<Priority, string> = {
  1: 'M2 2h16v16H2z',
  2: 'M10 1.5 19 18H1z',
  3: 'M10 .8 19.2 10 10 19.2.8 10z',
  4: 'M10 1.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z',
}

/**
 * Priority as shape, digit and colour; state as filled (not acknowledged),
 * outline (acknowledged) or dashed (cleared). The words are its name.
 */
export function AlarmGlyph(props: {
  priority: Priority
  band: Band
  size?: number
  named?: boolean
  still?: boolean // somebody has it: it does not flash
  over?: boolean // it is over, and waits to be closed
}) {
  const { priority: p, band, size = 20, named = true, still, over } = props
  const { t } = useTranslation()
  const filled = band === 'unacknowledged'
  const cleared = band === 'returned'
  const colour = band === 'other' ? 'var(--t3)' : `var(--p${p})`
  const state = over ? t('band.closing') : still ? t('band.handled') : t(`band.${band}`)
  const name = `${t(`priority.${p}`)}, ${state}`
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: its name is aria-label, or stands beside it
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      {...(named ? { role: 'img', 'aria-label': name } : { 'aria-hidden': true })}
      className={still ? undefined : filled ? 'flash' : cleared ? 'flash-slow' : undefined}
      style={{ flex: 'none', '--c': colour } as CSSProperties}
    >
      <path
        d={shapes[p]}
        fill={filled ? colour : 'none'}
        stroke={colour}
        strokeWidth={1.8}
        strokeDasharray={cleared || band === 'other' ? '3 2' : undefined}
      />
      <text
        x="10"
        y={p === 2 ? 15.6 : 14.2}
        textAnchor="middle"
        fontSize={p === 2 ? 10 : 11.5}
        fontWeight={750}
        fill={filled ? 'var(--ink)' : colour}
      >
        {p}
      </text>
    </svg>
  )
}
