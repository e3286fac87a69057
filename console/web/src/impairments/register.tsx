import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '../fire/act'
import type { Impairment } from '../fire/live'
import { refusalWords } from '../i18n/words'
import { useLink } from '../live'
import { useDesk } from '../session/desk'
import { Age, At } from '../shell/times'
import { Ending } from './ending'
import { Prolong } from './prolong'

/** The entries as a table; fire points first. */
export function Register(props: { entries: Impairment[]; open: (id: string) => void; acts?: boolean }) {
  const { t } = useTranslation()
  return (
    <table className="table register">
      <thead>
        <tr>
          {['mode', 'point', 'reason', 'since', 'until', 'panel', 'watch'].map((head) => (
            <th scope="col" key={head}>
              {t(`impairments.head.${head}`)}
            </th>
          ))}
          {props.acts && (
            <th scope="col" className="no-print">
              {t('impairments.head.acts')}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {props.entries.map((i) => (
          <Row key={i.id} of={i} open={props.open} acts={props.acts ?? false} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ of: i, open, acts }: { of: Impairment; open: (id: string) => void; acts: boolean }) {
  const { t } = useTranslation()
  return (
    <tr data-entry={i.point} data-mode={i.mode} data-source={i.source}>
      <td>
        <b>{t(`fire.mode.${i.mode}`)}</b> {i.demo && <span className="chip demo">{t('shell.demo')}</span>}
        {i.fire && <div className="faint">{t('impairments.is_fire')}</div>}
      </td>
      <td>
        <button type="button" className="rowlink" onClick={() => open(i.id)}>
          <bdi>{i.point.endsWith('.*') ? t('impairments.all_of', { name: i.device_name }) : i.point_name}</bdi>
        </button>
        <div className="faint">{[i.zone_name, i.location].filter(Boolean).join(' · ')}</div>
      </td>
      <td>
        {i.source === 'panel' && i.reason === '' ? t('impairments.by_panel') : i.reason}
        <div className="faint">{i.by_name}</div>
      </td>
      <td>
        <At at={i.since} short /> <div className="faint">{i.ended_at === null && <Age at={i.since} />}</div>
      </td>
      <td>
        <EndWords of={i} />
      </td>
      <td>
        <PanelWords of={i} />
      </td>
      <td>
        <WatchWords of={i} />
      </td>
      {acts && (
        <td className="no-print">
          <Acts of={i} />
        </td>
      )}
    </tr>
  )
}

export function EndWords({ of: i }: { of: Impairment }) {
  const { t } = useTranslation()
  if (i.ended_at !== null) {
    return (
      <>
        <At at={i.ended_at} short />
        <div className="faint">
          {t(`impairments.ended.${i.ended}`, { defaultValue: i.ended })} {i.ended_by_name} {i.end_reason}
        </div>
      </>
    )
  }
  if (i.until === null) {
    return <>{i.over_run ? <b className="chip old">{t('impairments.over_run')}</b> : t('impairments.while_panel')}</>
  }
  return (
    <>
      <At at={i.until} short />
      {i.warned && <div className="chip old">{t('impairments.ends_soon')}</div>}
    </>
  )
}

export function PanelWords({ of: i }: { of: Impairment }) {
  const { t } = useTranslation()
  const word = i.panel === '' ? 'silent' : i.panel
  return (
    <>
      {t(`impairments.panel.${word}`)} {i.panel_since && <At at={i.panel_since} />}
      {i.command && (
        <div className={i.command.state === 'confirmed' ? 'faint' : 'warn'}>
          {i.command.code === 'partial'
            ? t('impairments.command.partial')
            : t(`impairments.command.${i.command.state}`, { defaultValue: i.command.state })}{' '}
          {i.command.text}
        </div>
      )}
    </>
  )
}

function WatchWords({ of: i }: { of: Impairment }) {
  const { t } = useTranslation()
  if (!i.watch_due) return <>–</>
  return (
    <>
      {i.watch_overdue ? (
        <b className="chip old">
          {t('impairments.overdue')} <Age at={i.watch_due} />
        </b>
      ) : (
        <>
          {t('impairments.due')} <At at={i.watch_due} />
        </>
      )}
      {i.watch_last && (
        <div className="faint">
          {t('impairments.last_round')} <At at={i.watch_last.at} /> {i.watch_last.by_name}
        </div>
      )}
    </>
  )
}

function Acts({ of: i }: { of: Impairment }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const link = useLink()
  const { act, busy, fault } = useAct()
  const [asking, setAsking] = useState<'end' | 'prolong' | null>(null)
  const off = busy || !link.up
  return (
    <div className="acts">
      {i.watch_due && may('wardens.write', i.station) && (
        <button
          type="button"
          className={i.watch_overdue ? 'btn sm pri' : 'btn sm'}
          disabled={off}
          onClick={() => void act(`/impairments/${i.id}/round`, {})}
        >
          {t('impairments.round')}
        </button>
      )}
      {may('alarms.remove', i.station) && i.source === 'person' && (
        <button type="button" className="btn sm" disabled={off} onClick={() => setAsking('prolong')}>
          {t('impairments.prolong')}
        </button>
      )}
      {may('alarms.remove', i.station) && (
        <button type="button" className="btn sm" disabled={off} onClick={() => setAsking('end')}>
          {t('impairments.end')}
        </button>
      )}
      {fault !== null && (
        <span className="fault" role="alert">
          {refusalWords(t, fault)}
        </span>
      )}
      {asking === 'end' && <Ending of={i} onClose={() => setAsking(null)} />}
      {asking === 'prolong' && <Prolong of={i} onClose={() => setAsking(null)} />}
    </div>
  )
}
