// Alarms of the past: the search page.
import './alarms.css'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { alarmPlace, alarmTitle, kindWords, stateWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'
import { MomentInput, useInstant } from '../shell/moment'
import { Pager, usePaged } from '../shell/pages-of'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { Chips } from './chips'
import { AlarmGlyph } from './glyph'
import { bandOf, priorityOf } from './order'

const states = ['normal', 'unacknowledged', 'acknowledged', 'returned']
const kinds = [
  'fire.alarm',
  'fire.prealarm',
  'fire.fault',
  'medical.alarm',
  'duress',
  'panic',
  'zone.alarm',
  'zone.tamper',
  'door.forced',
  'door.held',
  'power.mains_fail',
  'comms.lost',
  'gateway.lost',
]

export default function History() {
  const { t } = useTranslation()
  const { station } = useDesk()
  const search = useSearch({ from: '/alarms' })
  const navigate = useNavigate({ from: '/alarms' })
  const instant = useInstant()
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const paged = usePaged<Alarm>('/alarms', {
    state: search.state ?? 'normal',
    priority: search.priority,
    kind: search.kind,
    point: search.point,
    from: instant(search.from),
    to: instant(search.to),
    station: station === ALL ? undefined : station,
  })
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('alarms.past')} data-panel>
        <div className="ph">
          <h1>{t('alarms.past')}</h1>
        </div>
        <div className="filters">
          <select
            className="input"
            style={{ inlineSize: 'auto' }}
            aria-label={t('alarms.state')}
            value={search.state ?? 'normal'}
            onChange={(e) => go({ state: e.target.value === 'normal' ? undefined : e.target.value })}
          >
            {states.map((s) => (
              <option key={s} value={s}>
                {stateWords(t, `alarm_${s}`)}
              </option>
            ))}
          </select>
          <select
            className="input"
            style={{ inlineSize: 'auto' }}
            aria-label={t('alarms.priority')}
            value={search.priority ?? ''}
            onChange={(e) => go({ priority: e.target.value || undefined })}
          >
            <option value="">{t('alarms.any_priority')}</option>
            {([1, 2, 3, 4] as const).map((p) => (
              <option key={p} value={p}>
                {p} · {t(`priority.${p}`)}
              </option>
            ))}
          </select>
          <select
            className="input"
            style={{ inlineSize: 'auto' }}
            aria-label={t('alarms.kind')}
            value={search.kind ?? ''}
            onChange={(e) => go({ kind: e.target.value || undefined })}
          >
            <option value="">{t('alarms.any_kind')}</option>
            {kinds.map((k) => (
              <option key={k} value={k}>
                {kindWords(t, k)}
              </option>
            ))}
          </select>
          <MomentInput label={t('alarms.from')} value={search.from} onChange={(from) => go({ from })} />
          <MomentInput label={t('alarms.to')} value={search.to} onChange={(to) => go({ to })} />
          {search.point && (
            <button type="button" className="btn" onClick={() => go({ point: undefined })}>
              <bdi>{search.point}</bdi> ×
            </button>
          )}
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t('alarms.past')}>
          {paged.error ? (
            <Failed fault={paged.error} again={paged.again} />
          ) : paged.loading ? (
            <Loading />
          ) : paged.items.length === 0 ? (
            <p className="empty">{t('alarms.none_found')}</p>
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t('alarms.priority')}</th>
                  <th scope="col">{t('alarms.what')}</th>
                  <th scope="col">{t('alarms.where')}</th>
                  <th scope="col">{t('alarms.raised')}</th>
                  <th scope="col">{t('alarms.cleared')}</th>
                  <th scope="col">{t('alarms.acknowledged_by')}</th>
                </tr>
              </thead>
              <tbody>
                {paged.items.map((alarm) => (
                  <Row key={alarm.id} alarm={alarm} />
                ))}
              </tbody>
            </table>
          )}
        </div>
        <Pager paged={paged} />
      </section>
    </div>
  )
}

function Row({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  const closed = alarm.state === 'normal'
  return (
    <tr data-alarm={alarm.id}>
      <td>
        <AlarmGlyph priority={priorityOf(alarm)} band={closed ? 'acknowledged' : bandOf(alarm)} size={18} />
      </td>
      <td>
        <span style={{ display: 'inline-flex', gap: 7, alignItems: 'center' }}>
          <Link to="/control" search={{ alarm: alarm.id }} className="rowlink">
            {alarmTitle(t, alarm)}
          </Link>
          <Chips alarm={alarm} />
        </span>
      </td>
      <td className="dim">{alarmPlace(alarm)}</td>
      <td>
        <At at={alarm.raised_at} date />
      </td>
      <td>
        <At at={alarm.cleared_at} date />
      </td>
      <td>
        {alarm.acknowledged ? (
          <>
            {alarm.acknowledged.by_name || alarm.acknowledged.by} <At at={alarm.acknowledged.at} />
            {alarm.acknowledged.comment && <div className="dim">“{alarm.acknowledged.comment}”</div>}
          </>
        ) : (
          <span className="faint">{t('alarms.nobody')}</span>
        )}
      </td>
    </tr>
  )
}
