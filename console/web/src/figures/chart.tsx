// Alarms over time as bars, drawn by hand, with the same as a table. Shades, not
// the alarm colours: those mean that something is the matter now.
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { dayOrClock, full } from '../i18n/time'
import { useDesk } from '../session/desk'
import { type RateSlot, sumOf, topOf } from './figures'

const WIDTH = 960
const HEIGHT = 170
const BASE = 146
const parts = ['p4', 'p3', 'p2', 'p1'] as const

export function Bars({ slots, seconds, target }: { slots: RateSlot[]; seconds: number; target: number }) {
  const { t } = useTranslation()
  const { zone } = useDesk()
  const [table, setTable] = useState(false)
  const id = useId()
  const most = Math.max(target, ...slots.map(sumOf))
  const top = topOf(most)
  const y = (n: number) => BASE - (n / top) * (BASE - 12)
  const step = WIDTH / Math.max(slots.length, 1)
  const label = (at: string) =>
    seconds < 86_400 ? dayOrClock(at, zone, Date.parse(at)).slice(0, 5) : full(at, zone).slice(0, 6)
  const marks = slots.filter((_, i) => i % Math.max(1, Math.round(slots.length / 8)) === 0)
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption id={id} className="h3">
        {t(`figures.per.${seconds}`, { defaultValue: t('figures.per.86400') })}
        <span className="grow" />
        <button type="button" className="btn ghost sm no-print" aria-pressed={table} onClick={() => setTable(!table)}>
          {t('figures.as_table')}
        </button>
      </figcaption>
      {table ? (
        <div className="scroll chart-table" tabIndex={0} role="group" aria-label={t('figures.as_table')}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('figures.when')}</th>
                {[1, 2, 3, 4].map((p) => (
                  <th scope="col" key={p} className="num">
                    {t('figures.priority', { n: p })}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {slots
                .filter((s) => sumOf(s) > 0)
                .map((s) => (
                  <tr key={s.at}>
                    <td>{full(s.at, zone)}</td>
                    <td className="num">{s.p1}</td>
                    <td className="num">{s.p2}</td>
                    <td className="num">{s.p3}</td>
                    <td className="num">{s.p4}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      ) : (
        <svg
          viewBox={`0 0 ${WIDTH + 44} ${HEIGHT}`}
          role="img"
          aria-label={t('figures.chart_words', { most, count: slots.length })}
          direction="ltr"
        >
          <g transform="translate(36 0)">
            {[0, top / 2, top].map((n) => (
              <g key={n}>
                <line x1={0} x2={WIDTH} y1={y(n)} y2={y(n)} className="grid" />
                <text x={-6} y={y(n) + 4} textAnchor="end">
                  {n}
                </text>
              </g>
            ))}
            {slots.map((slot, i) => {
              let from = 0
              return parts.map((part) => {
                const n = slot[part]
                const at = from
                from += n
                return n === 0 ? null : (
                  <rect
                    key={`${slot.at}${part}`}
                    className={part}
                    x={i * step + step * 0.1}
                    width={Math.max(step * 0.8, 0.8)}
                    y={y(at + n)}
                    height={y(at) - y(at + n)}
                  />
                )
              })
            })}
            <line x1={0} x2={WIDTH} y1={y(target)} y2={y(target)} className="target" />
            <text x={WIDTH} y={y(target) - 4} textAnchor="end" className="target-words">
              {t('figures.target', { value: target })}
            </text>
            {marks.map((s) => (
              <text key={s.at} x={slots.indexOf(s) * step} y={HEIGHT - 6}>
                {label(s.at)}
              </text>
            ))}
          </g>
        </svg>
      )}
      <ul className="legend" aria-hidden>
        {[...parts].reverse().map((p) => (
          <li key={p}>
            <span className={`swatch ${p}`} /> {t('figures.priority', { n: p.slice(1) })}
          </li>
        ))}
      </ul>
    </figure>
  )
}
