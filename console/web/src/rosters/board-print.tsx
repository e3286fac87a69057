// The board on paper: a table with every officer, its dates again on each sheet.
import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import { cellKey, type Officer } from './contract'
import { coverCodes } from './cover-rows'
import type { Coverage } from './coverage'
import { dayName, dayNumber, spanWords } from './days'
import { shortName } from './register'
import type { Roster } from './roster'
import { codes, type Look } from './row'
import { leaveCode } from './words'

export function PrintedBoard(props: { roster: Roster; officers: Officer[]; look: Look; coverage: Coverage }) {
  const { roster, officers, look, coverage } = props
  const { t } = look
  if (!usePrinting()) return null
  const { from, until, draft } = roster.board
  return (
    <table className="rb-paper">
      <caption>
        {draft
          ? t('rosters.draft_named', { name: draft.name, period: spanWords(from, until) })
          : spanWords(from, until)}
      </caption>
      <thead>
        <tr>
          <th scope="col">{t('rosters.officers_n', { count: officers.length })}</th>
          <th scope="col">{t('rosters.hours_head')}</th>
          {look.days.map((day, col) => (
            <th key={day} scope="col" className={look.offDays[col] ? 'off' : undefined}>
              {dayName(day)}
              <br />
              {dayNumber(day)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {officers.map((officer) => {
          const tally = roster.tally(officer.id)
          return (
            <tr key={officer.id}>
              <th scope="row">
                <span className="rb-rank">{look.ranks.get(officer.rank)?.short}</span> {shortName(officer.name)}
              </th>
              <td>{tally && Math.round((tally.minutes + tally.credit) / 60)}</td>
              {look.days.map((day, col) => {
                const turns = roster.turns(officer.id, day)
                const leave = look.leave.get(cellKey(officer.id, day))
                const type = turns[0] && look.rolls.types.get(turns[0].shift)
                return (
                  <td key={day} className={type ? type.class : look.offDays[col] ? 'off' : undefined}>
                    {turns.length > 0 ? codes(turns) : leave && leaveCode(t, leave)}
                  </td>
                )
              })}
            </tr>
          )
        })}
        {coverCodes(coverage, look).map((code) => (
          <tr key={code} className="rb-paper-cover">
            <th scope="row" colSpan={2}>
              {look.rolls.types.get(code)?.name || code || t('rosters.times')}
            </th>
            {look.days.map((day) => {
              const d = coverage.rows.get(code)?.get(day)
              return <td key={day}>{d && (d.lack > 0 ? `−${d.lack}` : d.have)}</td>
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Whether the page is being printed; true before the browser lays it out for paper. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false)
  useEffect(() => {
    const before = () => flushSync(() => setPrinting(true))
    const after = () => setPrinting(false)
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
    }
  }, [])
  return printing
}
