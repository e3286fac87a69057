// What is true now: investigations and boards first, then the panels with
// their zones, the gravest first.
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { bandOf } from '../alarms/order'
import { kindWords } from '../i18n/words'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { Clocks } from './clocks'
import { InvestigationCard } from './investigation'
import { type Evacuation, type Panel, useEvacuations, useInvestigations, useProposals } from './live'
import { type Condition, firstUp, type Standing, useZones, type ZoneState } from './zones'

const priorities: Record<ZoneState, 1 | 2 | 3 | undefined> = {
  fire: 1,
  prealarm: 2,
  unknown: 2,
  fault: 3,
  disabled: undefined,
  test: undefined,
  normal: undefined,
}

export function Now({ chosen }: { chosen: string | undefined }) {
  const { t } = useTranslation()
  const now = useZones()
  const investigations = useInvestigations()
  const evacuations = useEvacuations()
  const proposals = useProposals()
  const calm = investigations.length + evacuations.length + proposals.length === 0
  return (
    <div className="fire-now">
      <section className="panel" aria-label={t('fire.panels')} data-panel>
        <div className="ph">
          <h2>{t('fire.panels')}</h2>
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t('fire.panels')}>
          {now.error ? (
            <Failed fault={now.error} again={now.again} />
          ) : now.loading ? (
            <Loading />
          ) : now.panels.length === 0 ? (
            <p className="empty">{t('fire.no_panels')}</p>
          ) : (
            now.panels.map((p) => (
              <PanelBlock
                key={p.id}
                panel={p}
                zones={now.standings.filter((s) => s.zone.panel === p.id)}
                loose={now.unzoned.filter((c) => c.point.startsWith(`${p.id}.`))}
              />
            ))
          )}
        </div>
      </section>
      <section className="panel" aria-label={t('fire.at_work')} data-panel>
        <div className="ph">
          <h2>{t('fire.at_work')}</h2>
        </div>
        <div className="scroll pad fire-work" tabIndex={0} role="group" aria-label={t('fire.at_work')}>
          {calm && <p className="dim">{t('fire.calm')}</p>}
          {proposals.map((a) => (
            <div key={a.id} className="fire-card p1">
              <b>{t('fire.confirmed_in', { place: a.building_name || a.location })}</b>
              <div className="actions">
                <Link className="btn pri" to="/fire" search={{ start: a.id }}>
                  {t('fire.start_board')}
                </Link>
                <Link className="btn" to="/fire/sheet/$alarm" params={{ alarm: a.id }} search={{}}>
                  {t('fire.sheet')}
                </Link>
              </div>
            </div>
          ))}
          {investigations.map((i) => (
            <InvestigationCard key={i.id} of={i} chosen={i.id === chosen} />
          ))}
          {evacuations.map((e) => (
            <BoardCard key={e.id} of={e} />
          ))}
        </div>
      </section>
    </div>
  )
}

function BoardCard({ of: e }: { of: Evacuation }) {
  const { t } = useTranslation()
  const swept = e.floors.filter((f) => f.state === 'swept').length
  return (
    <div className={e.drill ? 'fire-card' : 'fire-card p1'}>
      <div className="row">
        {e.drill && <span className="chip demo">{t('fire.drill')}</span>}
        <b>{t('fire.evacuating', { building: e.building_name })}</b>
        <span className="dim">
          <Age at={e.started_at} />
        </span>
      </div>
      <p>{t('fire.swept_of', { swept, count: e.floors.length })}</p>
      <div className="actions">
        <Link className="btn pri" to="/fire/evacuation/$id" params={{ id: e.id }} search={{}}>
          {t('fire.board')}
        </Link>
      </div>
    </div>
  )
}

function PanelBlock(props: { panel: Panel; zones: Standing[]; loose: Condition[] }) {
  const { panel: p, zones, loose } = props
  const { t } = useTranslation()
  // Of a panel that cannot be heard, a zone without an alarm is a name in a list: neither normal nor in alarm.
  const unheard = zones.filter((z) => z.conditions.length === 1 && z.state === 'unknown')
  const telling = zones.filter((z) => z.state !== 'normal' && !unheard.includes(z))
  const normal = zones.filter((z) => z.state === 'normal').sort((a, b) => a.zone.number - b.zone.number)
  return (
    <article className="fire-panel" data-fire-panel={p.id}>
      <header>
        <h3>
          <bdi>{p.name}</bdi>
        </h3>
        <span className="dim">{p.location}</span>
        <span className="grow" />
        <span className={p.lost ? 'chip old' : 'chip'}>
          {p.lost ? t('fire.panel_lost') : t('fire.panel_up')} <Age at={p.since} />
        </span>
      </header>
      {p.lost && (
        <div className="fire-line p2" role="alert">
          <b>{t('fire.send_officer', { place: p.location || p.name })}</b>
          <span>
            {t('fire.lost_why')} {p.error}
          </span>
        </div>
      )}
      {telling.length + loose.length > 0 && (
        <table className="table fire-zones">
          <thead>
            <tr>
              {['zone', 'state', 'point', 'since', 'clocks'].map((head) => (
                <th key={head} scope="col">
                  {t(`fire.head.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          {telling.map((s) => (
            <tbody key={s.zone.id} data-zone={s.zone.number} data-zone-state={s.state}>
              {s.conditions.map((c, n) => (
                <ConditionRow
                  key={`${c.point} ${c.alarm?.id ?? c.state}`}
                  of={c}
                  zone={n === 0 ? `${s.zone.number} ${s.zone.name}` : ''}
                  place={n === 0 ? s.zone.place_name : ''}
                />
              ))}
            </tbody>
          ))}
          {loose.length > 0 && (
            <tbody data-zone="none">
              {loose.map((c) => (
                <ConditionRow key={c.alarm?.id} of={c} zone={t('fire.no_zone')} place="" />
              ))}
            </tbody>
          )}
        </table>
      )}
      {normal.length > 0 && !p.lost && (
        <p className="zones-normal">
          <b>{t('fire.normal_n', { count: normal.length })}</b>{' '}
          {normal.map((s) => (
            <bdi key={s.zone.id} data-zone={s.zone.number} data-zone-state="normal">
              {s.zone.number} {s.zone.name}
            </bdi>
          ))}
        </p>
      )}
      {unheard.length > 0 && (
        <p className="zones-normal">
          <b>{t('fire.unknown_n', { count: unheard.length })}</b>{' '}
          {[...unheard]
            .sort((a, b) => a.zone.number - b.zone.number)
            .map((s) => (
              <bdi key={s.zone.id} data-zone={s.zone.number} data-zone-state="unknown">
                {s.zone.number} {s.zone.name}
              </bdi>
            ))}
        </p>
      )}
      {zones.length === 0 && <p className="dim pad">{t('fire.no_zones')}</p>}
    </article>
  )
}

function ConditionRow({ of: c, zone, place }: { of: Condition; zone: string; place: string }) {
  const { t } = useTranslation()
  const p = priorities[c.state]
  const a = c.alarm
  return (
    <tr className={c.state === 'fire' && a?.state === 'unacknowledged' ? 'hot' : undefined}>
      <td>
        <b>
          <bdi>{zone}</bdi>
        </b>
        {place && <div className="faint">{place}</div>}
      </td>
      <td>
        <span className="zone-state">
          {p && <AlarmGlyph priority={p} band={a ? bandOf(a) : 'acknowledged'} size={18} named={false} />}
          {a && a.kind !== 'fire.alarm' && a.kind !== 'fire.prealarm'
            ? kindWords(t, a.kind)
            : t(`fire.state.${c.state}`)}
          {a?.state === 'returned' && <span className="dim"> · {t('alarms.normal_again')}</span>}
        </span>
        {firstUp(c) && <span className="chip">{t('alarms.first_up')}</span>}
        {a?.confirmed && <span className="chip hot">{t('alarms.confirmed_fire')}</span>}
        {a?.on_test && <span className="chip demo">{t('fire.marked_test')}</span>}
      </td>
      <td>
        {a ? (
          <Link to="/control" search={{ alarm: a.id }}>
            <bdi>{c.pointName}</bdi>
          </Link>
        ) : (
          <bdi>{c.pointName}</bdi>
        )}
        {c.reason && <div className="faint">{c.reason}</div>}
      </td>
      <td>
        <At at={c.since} /> <span className="faint">({<Age at={c.since} />})</span>
      </td>
      <td>
        {a && <Clocks alarm={a} />}
        {a && c.state === 'fire' && (
          <Link className="btn sm" to="/fire/sheet/$alarm" params={{ alarm: a.id }} search={{}}>
            {t('fire.sheet_short')}
          </Link>
        )}
      </td>
    </tr>
  )
}
