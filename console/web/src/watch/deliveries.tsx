// Word that left the console, and what became of it.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { PagedTable } from '../shell/paged-table'
import { usePaged } from '../shell/pages-of'
import { At } from '../shell/times'
import type { Delivery } from './told'

export default function Deliveries({ station }: { station: Station }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const client = useQueryClient()
  const [state, setState] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const paged = usePaged<Delivery>('/deliveries', { station: station.id, state })
  useEffect(() => {
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: ['/deliveries'] }), 3_000)
    return () => clearInterval(timer)
  }, [client])
  const again = (id: string) => {
    setFault(null)
    ask(`/deliveries/${encodeURIComponent(id)}/again`, { method: 'POST' }).then(() => paged.again(), setFault)
  }
  return (
    <>
      <div className="filters">
        <div className="seg" role="group" aria-label={t('notify.head.state')}>
          {['', 'waiting', 'sent', 'failed'].map((one) => (
            <button key={one} type="button" aria-pressed={state === one} onClick={() => setState(one)}>
              {t(`notify.state.${one || 'all'}`)}
            </button>
          ))}
        </div>
        {fault !== null && (
          <span className="fault" role="alert">
            {refusalWords(t, fault)}
          </span>
        )}
      </div>
      <PagedTable
        label={t('watch.tab.deliveries')}
        paged={paged}
        none={t('notify.none')}
        words="notify.head"
        heads={['at', 'to', 'name', 'subject', 'state', 'reason']}
        row={(d) => (
          <tr key={d.id} data-delivery={d.state}>
            <td>
              <At at={d.created_at} date />
            </td>
            <td>{t(`notify.to.${d.to.split(':')[0]}`, { defaultValue: d.to })}</td>
            <td>
              {d.name ? <bdi>{d.name}</bdi> : <b className="lack">{t('notify.nobody')}</b>}{' '}
              <span className="faint">
                {d.address ? <bdi>{d.address}</bdi> : d.channel && t(`notify.channel.${d.channel}`)}
              </span>
            </td>
            <td>
              {d.text ? (
                <details>
                  <summary>{d.subject}</summary>
                  <p className="watch-text">{d.text}</p>
                </details>
              ) : (
                d.subject
              )}
            </td>
            <td>
              <span className={d.state === 'failed' ? 'chip old' : 'chip'}>{t(`notify.state.${d.state}`)}</span>{' '}
              {d.sent_at && <At at={d.sent_at} />}
            </td>
            <td>
              {d.reason}
              {d.state === 'waiting' && d.next_at && d.tries > 0 && (
                <span className="dim">
                  {' '}
                  {t('notify.next', { tries: d.tries })} <At at={d.next_at} />
                </span>
              )}
              {d.state === 'failed' && d.channel !== '' && may('watch.supervise', station.id) && (
                <button type="button" className="btn sm" onClick={() => again(d.id)}>
                  {t('notify.again')}
                </button>
              )}
            </td>
          </tr>
        )}
      />
    </>
  )
}
