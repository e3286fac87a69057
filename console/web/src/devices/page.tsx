// Devices: gateways, the lines and devices behind them, and each device's
// points with live values.
import './devices.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Device, Gateway } from '../contract'
import { categoryWords, clockWords } from '../i18n/words'
import { board, useDeviceLife, useDevicesVersion, useGateways, useLink } from '../live'
import { ALL, useDesk } from '../session/desk'
import { useKeys } from '../shell/keys'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { Sign } from './board'
import { useCatalogue } from './catalogue'
import { DevicePanel } from './device'

const AddGateway = lazy(() => import('./gateway-add'))
const GatewayPanel = lazy(() => import('./gateway'))

export default function Devices() {
  const { t } = useTranslation()
  const { may, station } = useDesk()
  const search = useSearch({ from: '/devices' })
  const navigate = useNavigate({ from: '/devices' })
  const [adding, setAdding] = useState(false)
  const [opened, setOpened] = useState<string | null>(null)
  const link = useLink()
  const all = useGateways()
  const gateways = all.filter((g) => station === ALL || g.station === station)
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  useKeys({ Escape: () => (search.device ? go({ device: undefined }) : false) })
  return (
    <div className="devices-page">
      <section className="panel gateways" aria-label={t('devices.gateways')} data-panel>
        <div className="ph">
          <h1>{t('devices.gateways')}</h1>
          <span className="chip">{gateways.length}</span>
          {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}
          <div className="grow" />
          {may('gateways.manage') && (
            <button type="button" className="btn sm" onClick={() => setAdding(true)}>
              {t('devices.add_gateway')}
            </button>
          )}
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t('devices.gateways')}>
          <GatewayTable gateways={gateways} onOpen={setOpened} />
        </div>
      </section>
      <DeviceList
        chosen={search.device}
        q={search.q ?? ''}
        category={search.category ?? ''}
        gateway={search.gateway ?? ''}
        only={search.only ?? ''}
        gateways={gateways}
        onChange={go}
      />
      {search.device ? (
        <DevicePanel id={search.device} onClose={() => go({ device: undefined })} />
      ) : (
        <section className="panel" aria-label={t('devices.device')} data-panel>
          <p className="empty">{t('devices.choose')}</p>
        </section>
      )}
      <Suspense fallback={null}>
        {adding && <AddGateway onClose={() => setAdding(false)} />}
        {opened && <GatewayPanel id={opened} onClose={() => setOpened(null)} />}
      </Suspense>
    </div>
  )
}

function GatewayTable({ gateways, onOpen }: { gateways: Gateway[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation()
  if (gateways.length === 0) return <p className="empty">{t('devices.no_gateways')}</p>
  return (
    <table className="table">
      <thead>
        <tr>
          {['gateway', 'state', 'last_heartbeat', 'clock', 'depth', 'lag', 'devices', 'software', 'mode'].map(
            (head) => (
              <th scope="col" key={head} className={head === 'depth' || head === 'lag' ? 'num' : undefined}>
                {t(`devices.head.${head}`)}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {gateways.map((g) => (
          <tr key={g.id} data-gateway={g.id}>
            <td>
              <button type="button" className="rowlink" onClick={() => onOpen(g.id)}>
                <bdi>{g.name || g.id}</bdi>
              </button>{' '}
              <span className="faint mono">{g.id}</span>{' '}
              {g.demo && <span className="chip demo">{t('shell.demo')}</span>}
            </td>
            <td>
              <span className={g.state === 'online' ? '' : 'chip old'}>
                {t(`devices.gateway_state.${g.state}`, { defaultValue: g.state })}
              </span>{' '}
              <span className="faint">
                <Age at={g.since} />
              </span>
            </td>
            <td>
              <At at={g.last_heartbeat} />{' '}
              <span className="faint">
                <Age at={g.last_heartbeat} />
              </span>
            </td>
            <td className={g.clock === 'synced' ? '' : 'dim'}>{g.clock ? clockWords(t, g.clock) : '–'}</td>
            <td className="num">
              <bdi>{g.depth}</bdi>
            </td>
            <td className="num">
              <bdi>{t('time.s', { s: Math.round((g.lag ?? 0) * 10) / 10 })}</bdi>
            </td>
            <td>
              <bdi>{t('devices.of', { up: g.devices - g.devices_lost, all: g.devices })}</bdi>
            </td>
            <td className="dim">{g.software || '–'}</td>
            <td>
              {g.read_only ? <span className="chip">{t('devices.read_only')}</span> : t('devices.commands_taken')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function DeviceList(props: {
  chosen: string | undefined
  q: string
  category: string
  gateway: string
  only: string
  gateways: Gateway[]
  onChange: (change: { device?: string; q?: string; category?: string; gateway?: string; only?: string }) => void
}) {
  const { chosen, q, category, gateway, only, gateways, onChange } = props
  const { t } = useTranslation()
  const catalogue = useCatalogue()
  const version = useDevicesVersion()
  const categories = useMemo(() => [...new Set(catalogue.devices.map((d) => d.category))].sort(), [catalogue.devices])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for what the devices say
  const lines = useMemo(() => {
    const words = q.toLocaleLowerCase().split(/\s+/).filter(Boolean)
    const fits = (d: Device) => {
      if (category && d.category !== category) return false
      if (gateway && d.gateway !== gateway) return false
      if (only === 'lost' && (board.devices.get(d.id) ?? d).state === 'up') return false
      const text = [d.id, d.name, d.location, d.address, d.profile, ...(d.points ?? []).map((p) => p.name)]
      const all = text.join(' ').toLocaleLowerCase()
      return words.every((w) => all.includes(w))
    }
    const groups = new Map<string, Device[]>()
    for (const d of catalogue.devices.filter(fits)) {
      const line = `${d.gateway} · ${d.line || d.address || '–'}`
      groups.set(line, [...(groups.get(line) ?? []), d])
    }
    return [...groups].sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }))
  }, [catalogue.devices, q, category, gateway, only, version])
  const count = lines.reduce((sum, [, devices]) => sum + devices.length, 0)
  return (
    <section className="panel" aria-label={t('devices.devices')} data-panel>
      <div className="ph">
        <h2>{t('devices.devices')}</h2>
        <span className="chip">
          <bdi>{t('devices.of', { up: count, all: catalogue.devices.length })}</bdi>
        </span>
      </div>
      <div className="filters">
        <input
          className="input"
          style={{ inlineSize: 220 }}
          type="search"
          aria-label={t('devices.find')}
          placeholder={t('devices.find')}
          value={q}
          onChange={(e) => onChange({ q: e.target.value || undefined })}
        />
        <Choice
          label={t('devices.category')}
          value={category}
          options={categories.map((c) => [c, categoryWords(t, c)])}
          onChange={(value) => onChange({ category: value })}
        />
        <Choice
          label={t('devices.gateway')}
          value={gateway}
          options={gateways.map((g) => [g.id, g.name || g.id])}
          onChange={(value) => onChange({ gateway: value })}
        />
        <Choice
          label={t('devices.state')}
          value={only}
          options={[['lost', t('devices.only_lost')]]}
          onChange={(value) => onChange({ only: value })}
        />
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('devices.devices')}>
        {catalogue.error ? (
          <Failed fault={catalogue.error} again={catalogue.again} />
        ) : catalogue.loading ? (
          <Loading />
        ) : count === 0 ? (
          <p className="empty">{t('devices.none_fit')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {['device', 'place', 'state', 'heard', 'profile', 'points'].map((head) => (
                  <th scope="col" key={head}>
                    {t(`devices.head.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            {lines.map(([line, devices]) => (
              <tbody key={line}>
                <tr>
                  <th scope="rowgroup" colSpan={6} className="line">
                    {t('devices.line')} <bdi>{line}</bdi>
                  </th>
                </tr>
                {devices.map((d) => (
                  <DeviceRow key={d.id} device={d} on={d.id === chosen} onOpen={() => onChange({ device: d.id })} />
                ))}
              </tbody>
            ))}
          </table>
        )}
      </div>
    </section>
  )
}

function Choice(props: {
  label: string
  value: string
  options: [string, string][]
  onChange: (value: string | undefined) => void
}) {
  const { label, value, options, onChange } = props
  const { t } = useTranslation()
  return (
    <select
      className="input"
      style={{ inlineSize: 'auto' }}
      aria-label={label}
      value={value}
      onChange={(e) => onChange(e.target.value || undefined)}
    >
      <option value="">{t('devices.any', { what: label })}</option>
      {options.map(([id, words]) => (
        <option key={id} value={id}>
          {words}
        </option>
      ))}
    </select>
  )
}

function DeviceRow({ device, on, onOpen }: { device: Device; on: boolean; onOpen: () => void }) {
  const { t } = useTranslation()
  const life = useDeviceLife(device.id) ?? device
  return (
    <tr className={on ? 'on' : undefined} data-device={device.id}>
      <td>
        <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center' }}>
          <Sign category={device.category} size={16} blind={life.state !== 'up'} />
          <button type="button" className="rowlink" onClick={onOpen}>
            <bdi>{device.name || device.device}</bdi>
          </button>
        </span>
      </td>
      <td className="dim">{device.location}</td>
      <td>
        <DeviceStateWords state={life.state} />
      </td>
      <td>
        <Age at={life.last_heard} />
      </td>
      <td className="dim mono">{device.profile}</td>
      <td className="count">
        <bdi>{t('devices.points_count', { count: device.points?.length ?? 0 })}</bdi>
      </td>
    </tr>
  )
}

export function DeviceStateWords({ state }: { state: string }) {
  const { t } = useTranslation()
  return (
    <span className={state === 'up' ? 'dim' : 'chip old'}>
      {t(`devices.device_state.${state}`, { defaultValue: state })}
    </span>
  )
}
