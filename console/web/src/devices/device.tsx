import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CommandButtons } from '../commands/buttons'
import type { Device, Point } from '../contract'
import { categoryWords, qualityWords, readingWords } from '../i18n/words'
import { useDeviceLife, useLink, useReading } from '../live'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { useCatalogue } from './catalogue'
import { DeviceStateWords } from './page'
import { PrioritiesForm } from './priorities'
import { ReadPlan } from './read-plan'

const MANY = 300 // points drawn at once

/** One device: where it is, when it was heard, and its points as they are now. */
export function DevicePanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { devices, error, loading, again } = useCatalogue()
  const device = devices.find((d) => d.id === id)
  const link = useLink()
  return (
    <section className="panel detail" aria-label={t('devices.device')} data-panel tabIndex={-1}>
      {!device &&
        (error ? (
          <Failed fault={error} again={again} />
        ) : loading ? (
          <Loading />
        ) : (
          <p className="empty">{t('devices.no_such_device', { id })}</p>
        ))}
      {device && (
        <>
          <div className="detail-head">
            <div className="kicker">
              <span>{categoryWords(t, device.category)}</span>
              {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}
              <span className="grow" />
              <button type="button" className="btn ghost sm" onClick={onClose} aria-label={t('shell.close')}>
                <kbd>Esc</kbd>
              </button>
            </div>
            <h2 className="name">
              <bdi>{device.name || device.device}</bdi>
            </h2>
            <div className="where">{device.location}</div>
          </div>
          <div className="scroll" tabIndex={0} role="group" aria-label={t('devices.device')}>
            <DeviceFacts device={device} />
            <Points device={device} />
            <ReadPlan plan={device.plan} />
          </div>
        </>
      )}
    </section>
  )
}

function DeviceFacts({ device }: { device: Device }) {
  const { t } = useTranslation()
  const life = useDeviceLife(device.id) ?? device
  return (
    <dl className="pairs" style={{ paddingBlockStart: 10 }}>
      <dt>{t('devices.state')}</dt>
      <dd>
        <DeviceStateWords state={life.state} /> <At at={life.since} />
        {life.error && <div className="dim">{life.error}</div>}
      </dd>
      <dt>{t('devices.head.heard')}</dt>
      <dd>
        <At at={life.last_heard} /> <Age at={life.last_heard} />
      </dd>
      <dt>{t('devices.address')}</dt>
      <dd className="mono">
        <bdi>{[device.address, device.line].filter(Boolean).join(' · ') || '–'}</bdi>
      </dd>
      <dt>{t('devices.head.profile')}</dt>
      <dd className="mono">{device.profile}</dd>
      <dt>{t('devices.id')}</dt>
      <dd className="mono faint">
        <bdi>{device.id}</bdi>
      </dd>
    </dl>
  )
}

function Points({ device }: { device: Device }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState<string | null>(null)
  const [shown, setShown] = useState(MANY)
  const points = device.points ?? []
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            {['point', 'value', 'quality', 'seen', 'source'].map((head) => (
              <th scope="col" key={head}>
                {t(`devices.head.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.slice(0, shown).map((point) => (
            <PointRows
              key={point.id}
              point={point}
              device={device}
              open={open === point.id}
              onToggle={() => setOpen(open === point.id ? null : point.id)}
            />
          ))}
        </tbody>
      </table>
      {points.length > shown && (
        <div className="pager">
          <button type="button" className="btn sm" onClick={() => setShown(shown + MANY)}>
            {t('devices.more_points', { count: points.length - shown })}
          </button>
        </div>
      )}
    </>
  )
}

const PointRows = memo(function PointRows(props: {
  point: Point
  device: Device
  open: boolean
  onToggle: () => void
}) {
  const { point, device, open, onToggle } = props
  const { t } = useTranslation()
  const { may } = useDesk()
  const live = useReading(point.id)
  const reading = live ?? point.reading
  return (
    <>
      <tr className={open ? 'on' : undefined} data-point={point.id}>
        <td>
          <button type="button" className="rowlink" aria-expanded={open} onClick={onToggle}>
            <bdi>{point.name || point.id.slice(point.device.length + 1)}</bdi>
          </button>
        </td>
        <td>{point.type === 'event' && !reading ? t('devices.only_signals') : readingWords(t, reading, point.unit)}</td>
        <td className={reading?.quality === 'good' ? 'faint' : ''}>
          {point.type === 'event' && !reading ? '–' : qualityWords(t, reading?.quality ?? 'unknown')}
        </td>
        <td>
          <At at={reading?.observed} />
        </td>
        <td className="faint mono">{reading?.source}</td>
      </tr>
      {open && (
        <tr className="on">
          <td colSpan={5}>
            <div className="point-card">
              <CommandButtons point={point} device={device} />
              {may('devices.configure', point.station) && <PrioritiesForm point={point} category={device.category} />}
              <span className="faint mono">{point.id}</span>
            </div>
          </td>
        </tr>
      )}
    </>
  )
})
