// What a gateway goes by: what is in force, what was sent, what became of it,
// and the next one.
import './devices.css'
import './configuration.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api'
import { ask, everything } from '../ask'
import type { Device, List } from '../contract'
import { useGateways } from '../live'
import { useDesk } from '../session/desk'
import { Failed, Loading, NotAllowed } from '../shell/states'
import { At } from '../shell/times'
import { ConfigurationEditor } from './configuration-editor'

export type GatewayConfig = components['schemas']['GatewayConfig']
type Line = components['schemas']['GatewayConfigLine']

const SOON = 1_000 // ms between two looks at one that is not settled
const LATER = 10_000

const unsettled = (state: string | undefined) => state === 'sent' || state === 'trying'
const pathOf = (id: string) => `/gateways/${encodeURIComponent(id)}`

export default function Configuration() {
  const { t } = useTranslation()
  const { may } = useDesk()
  const id = useSearch({ from: '/devices/configuration' }).gateway ?? ''
  const gateway = useGateways().find((g) => g.id === id)
  if (!gateway) return <p className="empty">{t('configuration.gone')}</p>
  if (!may('devices.configure', gateway.station)) return <NotAllowed permission="devices.configure" />
  return (
    <Page key={id} id={id} name={gateway.name || id} station={gateway.station} online={gateway.state === 'online'} />
  )
}

function Page({ id, name, station, online }: { id: string; name: string; station: string; online: boolean }) {
  const { t } = useTranslation()
  const now = useQuery({
    queryKey: ['configuration', id],
    queryFn: ({ signal }) => ask<GatewayConfig>(`${pathOf(id)}/config`, { signal }),
    refetchInterval: (query) => (unsettled(query.state.data?.state) ? SOON : LATER),
    staleTime: 0,
  })
  const { version = 0, state = '', good = 0 } = now.data ?? {}
  const lines = useQuery({
    queryKey: ['configuration', id, 'lines', version, state],
    queryFn: ({ signal }) => ask<List<Line>>(`${pathOf(id)}/configs`, { signal }),
    enabled: now.data !== undefined,
    placeholderData: (last) => last,
  })
  const working = useQuery({
    queryKey: ['configuration', id, 'version', good],
    queryFn: ({ signal }) => ask<GatewayConfig>(`${pathOf(id)}/configs/${good}`, { signal }),
    enabled: good > 0,
  })
  const devices = useQuery({
    queryKey: ['configuration', id, 'devices', good],
    queryFn: async ({ signal }) =>
      (await everything<Device>('/devices', { station }, signal)).filter(
        (d) => d.gateway === id && d.category !== 'camera',
      ),
  })
  const [taken, setTaken] = useState<{ version: number; text: string } | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const take = async (wanted: number) => {
    setFault(null)
    try {
      setTaken(await ask<GatewayConfig>(`${pathOf(id)}/configs/${wanted}`))
    } catch (why) {
      setFault(why)
    }
  }
  const broken = now.error ?? lines.error ?? working.error ?? devices.error
  const again = () => {
    for (const query of [now, lines, working, devices]) if (query.error) void query.refetch()
  }
  const ready = now.data && devices.data && (good === 0 || working.data)
  return (
    <div className="quiet configuration-page">
      <section className="panel" aria-label={t('configuration.edit')} data-panel>
        <div className="ph">
          <h1>
            <bdi>{t('configuration.title', { name })}</bdi>
          </h1>
          <span className="faint mono">{id}</span>
          <div className="grow" />
          <Link className="btn sm ghost" to="/devices" search={{}}>
            {t('configuration.back')}
          </Link>
        </div>
        {broken ? (
          <Failed fault={broken} again={again} />
        ) : !ready || !now.data ? (
          <Loading />
        ) : (
          <ConfigurationEditor
            key={taken ? `${taken.version} taken` : 'own'}
            id={id}
            start={taken?.text ?? (now.data.text || working.data?.text || '')}
            sent={now.data}
            working={good > 0 ? working.data?.text : undefined}
            devices={devices.data ?? []}
            online={online}
            onSent={() => void now.refetch()}
            onShow={() => {
              void now.refetch()
              void take(version)
            }}
          />
        )}
      </section>
      <div className="configuration-side">
        <section className="panel" aria-label={t('configuration.in_force')} data-panel>
          <div className="ph">
            <h2>{t('configuration.in_force')}</h2>
          </div>
          {now.data ? <InForce config={now.data} /> : !broken && <Loading />}
        </section>
        <section className="panel history" aria-label={t('configuration.history')} data-panel>
          <div className="ph">
            <h2>{t('configuration.history')}</h2>
          </div>
          {fault !== null && <Failed fault={fault} />}
          <div className="scroll" tabIndex={0} role="group" aria-label={t('configuration.history')}>
            {lines.data && <History lines={lines.data.items ?? []} good={good} onTake={(v) => void take(v)} />}
          </div>
        </section>
      </div>
    </div>
  )
}

function InForce({ config }: { config: GatewayConfig }) {
  const { t } = useTranslation()
  const { good, hash, version, state, by_name, at, answered_at } = config
  return (
    <dl className="pairs pad" data-good={good}>
      <dt>{t('configuration.good')}</dt>
      <dd>{good > 0 ? t('configuration.version', { version: good }) : t('configuration.own_file')}</dd>
      <dt>{t('configuration.hash')}</dt>
      <dd className="mono" title={hash}>
        <bdi>{hash.slice(0, 12) || '–'}</bdi>
      </dd>
      <dt>{t('configuration.last_sent')}</dt>
      <dd>
        {version === 0 ? (
          t('configuration.never')
        ) : (
          <>
            {t('configuration.version', { version })} · <bdi>{by_name}</bdi> · <At at={at} date />
          </>
        )}
      </dd>
      {version > 0 && (
        <>
          <dt>{t('configuration.answered')}</dt>
          <dd>
            <span role="status" data-config-state={state}>
              {answered_at && (
                <>
                  <At at={answered_at} />
                  {' · '}
                </>
              )}
              {t(`configuration.state.${state}`)}
            </span>
          </dd>
        </>
      )}
    </dl>
  )
}

function History({ lines, good, onTake }: { lines: Line[]; good: number; onTake: (version: number) => void }) {
  const { t } = useTranslation()
  if (lines.length === 0) return <p className="empty">{t('configuration.history_none')}</p>
  return (
    <table className="table">
      <thead>
        <tr>
          {['version', 'state', 'by', 'at'].map((head) => (
            <th scope="col" key={head}>
              {t(`configuration.head.${head}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.version} data-version={line.version} className={line.version === good ? 'on' : undefined}>
            <td>
              <button
                type="button"
                className="rowlink"
                aria-label={t('configuration.take', { version: line.version })}
                title={t('configuration.take', { version: line.version })}
                onClick={() => onTake(line.version)}
              >
                <bdi>{line.version}</bdi>
              </button>
            </td>
            <td>
              {t(`configuration.short.${line.state}`)}
              {line.version === good && <span className="faint"> · {t('configuration.in_force')}</span>}
            </td>
            <td>
              <bdi>{line.by_name}</bdi>
            </td>
            <td>
              <At at={line.at} date />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
