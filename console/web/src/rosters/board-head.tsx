// The line of dates above a board, and the stripes of days under its cells.
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { dayName, dayNumber, dayWords } from './days'
import { burdens, HEAD, type Look, NAME } from './row'

export const BoardHead = memo(function BoardHead({ look, count }: { look: Look; count: number }) {
  const { t } = useTranslation()
  return (
    <div className="rb-head" role="rowgroup">
      <div className="rb-line" role="row" aria-rowindex={1} style={{ blockSize: HEAD }}>
        <div className="rb-name rb-corner" role="columnheader">
          <span>{t('rosters.officers_n', { count })}</span>
          <span className="grow" />
          <span>{t('rosters.hours_head')}</span>
        </div>
        <DayHeads look={look} />
        {look.fairness &&
          burdens.map((name) => (
            <div key={name} role="columnheader" className="rb-fair" title={t(`rosters.fair.${name}`)}>
              <span aria-hidden>{t(`rosters.fair_short.${name}`)}</span>
              <span className="sr">{t(`rosters.fair.${name}`)}</span>
            </div>
          ))}
      </div>
    </div>
  )
})

/** The dates, with what is special about them. */
export function DayHeads({ look }: { look: Look }) {
  const { i18n } = useTranslation()
  return look.days.map((day, col) => {
    const holiday = look.rolls.holidays.get(day)
    const words = dayWords(day, i18n.language, true)
    return (
      <div
        key={day}
        role="columnheader"
        className={`rb-day${look.offDays[col] ? ' off' : ''}${col === look.today ? ' today' : ''}${holiday ? ' holiday' : ''}`}
        title={holiday ? `${words} · ${holiday}` : words}
      >
        <span>{dayName(day, i18n.language)}</span>
        <b>{dayNumber(day)}</b>
      </div>
    )
  })
}

/** Lines between days, weekends and holidays, and today: once for all rows. */
export const Stripes = memo(function Stripes({ look, wide }: { look: Look; wide: number }) {
  return look.days.map((day, col) => (
    <div
      key={day}
      aria-hidden
      className={`rb-stripe${look.offDays[col] ? ' off' : ''}${col === look.today ? ' today' : ''}`}
      style={{ insetInlineStart: NAME + col * wide, inlineSize: wide }}
    />
  ))
})
