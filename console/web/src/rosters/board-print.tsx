// The board on paper: a table with every officer. On each sheet again: which station
// and days, what it is, the dates, what the codes say, and when it was printed.
import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import { withUTC } from '../i18n/time'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { cellKey, leaveShown, type Officer } from './contract'
import { coverCodes } from './cover-rows'
import type { Coverage } from './coverage'
import { dayName, dayNumber, spanWords } from './days'
import { shortName } from './register'
import type { Roster } from './roster'
import { codes, type Look } from './row'
import { leaveCode, leaveWords } from './words'

interface Paper {
  roster: Roster
  officers: Officer[]
  look: Look
  coverage: Coverage
}

export function PrintedBoard(props: Paper) {
  return usePrinting() ? <Sheets {...props} /> : null
}

function Sheets({ roster, officers, look, coverage }: Paper) {
  const { t, rolls } = look
  const desk = useDesk()
  const station = desk.stations.find((s) => s.id === roster.station)
  const { from, until, draft } = roster.board
  // Whoever may not plan is told no hours.
  const hours = roster.board.judged
  const wide = look.days.length + (hours ? 2 : 1)
  return (
    <table className="rb-paper">
      <colgroup>
        <col className="rb-paper-who" />
        {hours && <col className="rb-paper-hours" />}
        {look.days.map((day) => (
          <col key={day} />
        ))}
      </colgroup>
      <thead>
        <tr>
          <th scope="col" colSpan={wide} className="rb-paper-title">
            <b>{station?.name ?? roster.station}</b> · {spanWords(from, until)} ·{' '}
            {draft ? t('rosters.paper_draft', { name: draft.name, unit: draft.unit }) : t('rosters.in_force')}
          </th>
        </tr>
        <tr>
          <th scope="col">{t('rosters.officers_n', { count: officers.length })}</th>
          {hours && <th scope="col">{t('rosters.hours_head')}</th>}
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
              {hours && <td>{tally && Math.round((tally.minutes + tally.credit) / 60)}</td>}
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
            <th scope="row" colSpan={hours ? 2 : 1}>
              {look.rolls.types.get(code)?.name || code || t('rosters.times')}
            </th>
            {look.days.map((day) => {
              const d = coverage.rows.get(code)?.get(day)
              return <td key={day}>{d && (d.lack > 0 ? `−${d.lack}` : d.have)}</td>
            })}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={wide}>
            {[...rolls.types.values()]
              .filter((type) => !type.gone)
              .map((type) => (
                <span key={type.code}>
                  <b>{type.code}</b> {type.name} {type.parts.map((p) => `${p.start}–${p.end}`).join(', ')}
                </span>
              ))}
            {leaveShown(desk.may('rosters.medical', roster.station)).map((kind) => (
              <span key={kind}>
                <b>{leaveCode(t, kind)}</b> {leaveWords(t, kind)}
              </span>
            ))}
            <span>
              {t('rosters.printed', {
                at: withUTC(clock.now(), station?.time_zone || rolls.register.zone),
                by: desk.session.user.name,
                number: rolls.register.publication,
              })}
            </span>
          </td>
        </tr>
      </tfoot>
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
