import { useTranslation } from 'react-i18next'
import { ageWords } from '../i18n/words'
import { happened, type Line, type Note, notesFor } from './board'
import { Hour } from './hour'

const SHOWN = 200

/** Everybody who is on duty, due or just gone, those who are missing first. */
export function PeopleTable(props: {
  lines: Line[]
  write: boolean
  onNote: (line: Line, what: Note) => void
  onAway: ((line: Line) => void) | undefined
}) {
  const { lines, write, onNote, onAway } = props
  const { t } = useTranslation()
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('dutyboard.people')}>
      <table className="table duty-people">
        <caption className="sr">{t('dutyboard.people')}</caption>
        <thead>
          <tr>
            {['officer', 'shift', 'state', ...(write ? ['acts'] : [])].map((head) => (
              <th scope="col" key={head}>
                {t(`dutyboard.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, SHOWN).map((line) => (
            <tr key={line.key} data-duty={line.duty.assignment.officer} data-presence={line.duty.presence}>
              <th scope="row" className="duty-post">
                <bdi>{line.name}</bdi>
                <span className="faint">
                  <bdi>{line.postName}</bdi>
                </span>
              </th>
              <td>
                {line.shiftName}{' '}
                <span className="dim">
                  <Hour at={line.duty.starts} />
                </span>
              </td>
              <td>
                <State line={line} />
              </td>
              {write && (
                <td>
                  <div className="duty-acts">
                    {notesFor(line).map((what, i) => (
                      <button
                        key={what}
                        type="button"
                        className={i === 0 && line.wrong ? 'btn sm pri' : 'btn sm'}
                        aria-label={
                          what === 'relieve' && line.reliefName
                            ? t('dutyboard.relieve_by', { name: line.reliefName })
                            : undefined
                        }
                        onClick={() => onNote(line, what)}
                      >
                        {t(`dutyboard.do.${what}`)}
                      </button>
                    ))}
                    {onAway && ['expected', 'late', 'no_show'].includes(line.duty.presence) && (
                      <button type="button" className="btn sm ghost" onClick={() => onAway(line)}>
                        {t('dutyboard.away')}
                      </button>
                    )}
                  </div>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function State({ line }: { line: Line }) {
  const { t } = useTranslation()
  const { duty } = line
  const at = happened(duty.left_at) ?? happened(duty.on_post_at) ?? happened(duty.arrived)
  return (
    <>
      <span className={line.wrong ? 'duty-short' : undefined}>
        {t(`dutyboard.presence.${duty.presence}`, { defaultValue: duty.presence })}
      </span>{' '}
      {at && (
        <span className="dim">
          <Hour at={at} /> {duty.presence === 'present' && duty.seen && t(`dutyboard.seen.${duty.seen}`)}
        </span>
      )}
      {line.relievedBy && <div className="dim">{t('dutyboard.relieved_by', { name: line.relievedBy })}</div>}
      {duty.presence === 'on_post' && (
        <div className="dim">
          {line.reliefName ? (
            <>
              {t('dutyboard.relief')}: <bdi>{line.reliefName}</bdi> <Hour at={duty.ends} />
            </>
          ) : (
            t('dutyboard.no_relief')
          )}
        </div>
      )}
      {duty.overtime > 0 && (
        <div className="duty-short">{t('dutyboard.overtime', { time: ageWords(t, duty.overtime * 60) })}</div>
      )}
      {line.warnings.map((w) => (
        <div key={w} className="duty-short">
          {t(`dutyboard.warning.${w}`, { defaultValue: w })}
        </div>
      ))}
    </>
  )
}
