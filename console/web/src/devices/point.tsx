// One point: how it stands now, since when, how far that may be trusted, its
// commands, and its open alarms.
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { bandOf, compareAlarms, priorityOf } from '../alarms/order'
import { CommandButtons } from '../commands/buttons'
import type { Point } from '../contract'
import { alarmTitle, categoryWords, kindWords, qualityWords, readingWords, stateWords } from '../i18n/words'
import { useAlarms, useDeviceLife, useLink, useReading } from '../live'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { deviceId, useCatalogue } from './catalogue'
import { doorOf, hasData, isDoor } from './standing'

export const PointPanel = memo(function PointPanel(props: {
  id: string
  onClose: () => void
  onAlarm: (id: string) => void
}) {
  const { id, onClose, onAlarm } = props
  const { t } = useTranslation()
  const { points, deviceOf, error, loading, again } = useCatalogue()
  const point = points.get(id)
  const device = deviceOf(id)
  const alarms = useAlarms()
    .filter((a) => a.point === id)
    .sort(compareAlarms)
  return (
    <section className="panel detail" aria-label={t('devices.point')} data-panel tabIndex={-1}>
      {!point && (error ? <Failed fault={error} again={again} /> : loading ? <Loading /> : <NoSuchPoint id={id} />)}
      {point && (
        <>
          <div className="detail-head">
            <div className="kicker">
              <span>{categoryWords(t, device?.category ?? '')}</span>
              <span>· {device?.name ?? deviceId(id)}</span>
              <span className="grow" />
              <button type="button" className="btn ghost sm" onClick={onClose} aria-label={t('shell.close')}>
                <kbd>Esc</kbd>
              </button>
            </div>
            <h2 className="name">
              <bdi>{point.name || point.id}</bdi>
            </h2>
            {point.location && <div className="where">{point.location}</div>}
          </div>
          <div className="scroll" tabIndex={0} role="group" aria-label={t('devices.point')} data-focus>
            <PointCard id={id} />
            {alarms.length > 0 && <div className="h3">{t('devices.open_alarms')}</div>}
            {alarms.map((alarm) => (
              <div key={alarm.id} className="notice">
                <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} />
                <button type="button" className="rowlink" onClick={() => onAlarm(alarm.id)}>
                  {alarmTitle(t, alarm)}
                </button>
                <span className="grow" />
                <At at={alarm.last_at} />
              </div>
            ))}
            <Background point={point} />
          </div>
        </>
      )}
    </section>
  )
})

function NoSuchPoint({ id }: { id: string }) {
  const { t } = useTranslation()
  return <p className="empty">{t('devices.no_such_point', { id })}</p>
}

/** The live state of a point with its commands; used in the detail of its alarms too. */
export function PointCard({ id }: { id: string }) {
  const { t } = useTranslation()
  const { points, deviceOf } = useCatalogue()
  const live = useReading(id)
  const life = useDeviceLife(deviceId(id))
  const link = useLink()
  const point = points.get(id)
  const device = deviceOf(id)
  if (!point) return null
  const reading = live ?? point.reading
  const seen = hasData(reading, life ?? device)
  const door = isDoor(point) ? doorOf(point, reading) : null
  const deviceLost = (life ?? device)?.state === 'lost'
  return (
    <div className="point-card">
      <div className={seen ? 'now' : 'now blind'} data-now={reading?.state ?? ''}>
        <b>
          {door
            ? [t(`devices.contact.${door.contact}`), door.mode === 'unknown' ? '' : stateWords(t, door.mode)]
                .filter(Boolean)
                .join(' · ')
            : readingWords(t, reading, point.unit)}
        </b>
        <span>
          {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}{' '}
          {deviceLost
            ? t('devices.device_lost')
            : reading?.quality === 'good'
              ? live?.since
                ? t('devices.since')
                : t('devices.observed')
              : qualityWords(t, reading?.quality ?? 'unknown')}{' '}
          {reading?.quality === 'good' && live?.since ? (
            <At at={live.since} />
          ) : (
            reading?.observed && (
              <>
                <At at={reading.observed} /> · <Age at={reading.observed} />
              </>
            )
          )}
        </span>
      </div>
      <CommandButtons point={point} device={device} />
    </div>
  )
}

function Background({ point }: { point: Point }) {
  const { t } = useTranslation()
  const reading = useReading(point.id) ?? point.reading
  return (
    <>
      <div className="h3">{t('devices.background')}</div>
      <dl className="pairs">
        <dt>{t('devices.quality')}</dt>
        <dd>{qualityWords(t, reading?.quality ?? 'unknown')}</dd>
        <dt>{t('devices.observed')}</dt>
        <dd>
          <At at={reading?.observed} />
        </dd>
        {reading?.source && (
          <>
            <dt>{t('devices.source')}</dt>
            <dd className="mono">{reading.source}</dd>
          </>
        )}
        {(point.kinds?.length ?? 0) > 0 && (
          <>
            <dt>{t('devices.gives')}</dt>
            <dd>{point.kinds?.map((kind) => kindWords(t, kind)).join(', ')}</dd>
          </>
        )}
        <dt>{t('devices.id')}</dt>
        <dd className="mono faint">
          <bdi>{point.id}</bdi>
        </dd>
      </dl>
    </>
  )
}

/** A point by name, to open. */
export function PointName({ id, onOpen }: { id: string; onOpen: (id: string) => void }) {
  const { points, deviceOf } = useCatalogue()
  const point = points.get(id)
  const device = deviceOf(id)
  if (!point) return <bdi>{id}</bdi>
  return (
    <button type="button" className="rowlink" onClick={() => onOpen(id)}>
      <bdi>{[device?.name, point.name || id].filter(Boolean).join(' · ')}</bdi>
    </button>
  )
}
