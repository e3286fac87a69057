// One entry of the register and everything that happened to it.
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Instant } from '../contract'
import type { Impairment } from '../fire/live'
import { refusalWords } from '../i18n/words'
import { useThings } from '../live'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { EndWords, PanelWords } from './register'

interface Line {
  at: Instant
  by_name: string
  what: string
  params: Record<string, string> | null
}

const failed = (c: { state: string }) => !['requested', 'sent', 'confirmed'].includes(c.state)

/** Asks the panel anew for what it has not done; who looked why it refused presses it. */
function Again({ of: i }: { of: Impairment }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const again = useMutation({
    mutationFn: () => ask(`/impairments/${i.id}/again`, { method: 'POST', body: { version: i.version } }),
  })
  const left = i.commands?.length ? i.commands.filter(failed).length : i.command && failed(i.command) ? 1 : 0
  if (left === 0 || i.ended_at || !may('alarms.remove', i.station)) return null
  return (
    <div className="actions">
      {again.error && (
        <span className="fault" role="alert">
          {refusalWords(t, again.error)}
        </span>
      )}
      <button type="button" className="btn" disabled={again.isPending} onClick={() => again.mutate()}>
        {t('impairments.again', { count: left })}
      </button>
    </div>
  )
}

export default function Entry({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation()
  const live = useThings<Impairment>('impairment').find((i) => i.id === id)
  const got = useQuery({
    queryKey: ['/impairments', id, live?.version ?? 0],
    queryFn: ({ signal }) => ask<Impairment & { history: Line[] | null }>(`/impairments/${id}`, { signal }),
  })
  const i = live ?? got.data
  return (
    <Dialog title={i ? `${t(`fire.mode.${i.mode}`)}: ${i.point_name}` : t('impairments.title')} onClose={onClose} wide>
      <div className="body">
        {got.error && <Failed fault={got.error} />}
        {!i && <Loading />}
        {i && (
          <dl className="pairs">
            <dt>{t('impairments.head.point')}</dt>
            <dd>
              <bdi>{i.point}</bdi> · {i.location}
            </dd>
            <dt>{t('impairments.head.reason')}</dt>
            <dd>{i.reason || t('impairments.by_panel')}</dd>
            <dt>{t('impairments.head.until')}</dt>
            <dd>
              <EndWords of={i} />
            </dd>
            <dt>{t('impairments.head.panel')}</dt>
            <dd>
              <PanelWords of={i} />
            </dd>
            <dt>{t('impairments.alarms')}</dt>
            <dd>{i.removed ? t('impairments.alarms_out') : t('impairments.alarms_in')}</dd>
          </dl>
        )}
        {i?.commands && (
          <table className="table">
            <caption>{t('impairments.asked')}</caption>
            <thead>
              <tr>
                <th>{t('impairments.head.point')}</th>
                <th>{t('impairments.head.panel')}</th>
              </tr>
            </thead>
            <tbody>
              {i.commands.map((c) => (
                <tr key={c.point}>
                  <td>
                    <bdi>{c.point_name}</bdi>
                  </td>
                  <td className={c.state === 'confirmed' ? 'faint' : ''}>
                    {t(`impairments.one.${c.state}`, { defaultValue: c.state })} {c.text}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {i && <Again of={i} />}
        <h3>{t('impairments.history')}</h3>
        <ol className="log-lines">
          {(got.data?.history ?? []).map((line) => (
            <li key={`${line.at} ${line.what}`}>
              <span className="faint">
                <At at={line.at} date /> {line.by_name}
              </span>
              <span>
                <b>{t(`impairments.what.${line.what}`, { defaultValue: line.what })}</b>{' '}
                {[line.params?.reason, line.params?.remark, line.params?.text].filter(Boolean).join(' · ')}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  )
}
