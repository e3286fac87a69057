import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { clockWords, refusalWords } from '../i18n/words'
import { useGateways } from '../live'
import { useDesk } from '../session/desk'
import { CopyText } from '../shell/copy'
import { Dialog } from '../shell/dialog'
import { Age, At } from '../shell/times'

/** One gateway in full; who may, renews its credential here or takes it away. */
export default function GatewayPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const gateway = useGateways().find((g) => g.id === id)
  const [credential, setCredential] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const [sure, setSure] = useState<'rotate' | 'remove' | null>(null)
  if (!gateway) return null
  const act = async (what: 'rotate' | 'remove') => {
    setFault(null)
    try {
      const path = `/gateways/${encodeURIComponent(id)}`
      if (what === 'rotate') {
        const got = await ask<{ credential: string }>(`${path}/credential`, { method: 'POST' })
        setCredential(got.credential)
      } else {
        await ask(path, { method: 'DELETE' })
        onClose()
      }
      setSure(null)
    } catch (why) {
      setFault(why)
    }
  }
  const facts: [string, React.ReactNode][] = [
    ['state', t(`devices.gateway_state.${gateway.state}`, { defaultValue: gateway.state })],
    ['since', <At key="since" at={gateway.since} date />],
    [
      'last_heartbeat',
      <span key="beat">
        <At at={gateway.last_heartbeat} /> · <Age at={gateway.last_heartbeat} />
      </span>,
    ],
    ['clock', gateway.clock ? clockWords(t, gateway.clock) : '–'],
    ['depth', gateway.depth],
    ['lag', t('time.s', { s: Math.round((gateway.lag ?? 0) * 10) / 10 })],
    ['bytes', t('devices.kib', { count: Math.round((gateway.bytes ?? 0) / 1024) })],
    ['dropped', gateway.dropped],
    ['sequence', `${gateway.epoch} / ${gateway.seq} (${gateway.upto})`],
    ['software', gateway.software || '–'],
    ['mode', gateway.read_only ? t('devices.read_only') : t('devices.commands_taken')],
  ]
  return (
    <Dialog title={gateway.name || gateway.id} onClose={onClose}>
      <div className="body">
        <dl className="pairs">
          {facts.map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{t(`devices.head.${name}`)}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
        {credential && (
          <>
            <p>{t('devices.credential_once')}</p>
            <CopyText label={t('devices.credential')} text={credential} />
          </>
        )}
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        {may('devices.configure', gateway.station) && (
          <div className="actions">
            <Link className="btn" to="/devices/configuration" search={{ gateway: id }} onClick={onClose}>
              {t('devices.configuration')}
            </Link>
          </div>
        )}
        {may('gateways.manage', gateway.station) && (
          <>
            {sure && <p role="alert">{t(sure === 'rotate' ? 'devices.rotate_means' : 'devices.remove_means')}</p>}
            <div className="actions">
              {sure ? (
                <>
                  <button type="button" className="btn" onClick={() => setSure(null)}>
                    {t('shell.cancel')}
                  </button>
                  <button type="button" className="btn danger" onClick={() => void act(sure)}>
                    {t(sure === 'rotate' ? 'devices.rotate' : 'devices.remove')}
                  </button>
                </>
              ) : (
                <>
                  <button type="button" className="btn danger" onClick={() => setSure('remove')}>
                    {t('devices.remove')}…
                  </button>
                  <button type="button" className="btn" onClick={() => setSure('rotate')}>
                    {t('devices.rotate')}…
                  </button>
                </>
              )}
            </div>
          </>
        )}
      </div>
    </Dialog>
  )
}
