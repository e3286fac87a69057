// The strip of fire above the alarm list: what is looked into, which building is
// evacuated, which panel cannot be heard, and what is switched off.
import './strip.css'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../session/desk'
import { Age, useClockTime } from '../shell/times'
import { Countdown } from './countdown'
import {
  type Evacuation,
  type Impairment,
  type Investigation,
  useEvacuations,
  useImpairments,
  useInvestigations,
  useProposals,
  useSilentPanels,
} from './live'

export function FireStrip() {
  const { t } = useTranslation()
  const investigations = useInvestigations()
  const evacuations = useEvacuations()
  const proposals = useProposals()
  const silent = useSilentPanels()
  const blind = useImpairments().filter((i) => i.fire)
  const { may } = useDesk()
  const clock = useClockTime()
  if (investigations.length + evacuations.length + proposals.length + silent.length + blind.length === 0) return null
  return (
    <section className="fire-strip" aria-label={t('fire.strip')} data-fire-strip>
      {evacuations.map((e) => (
        <Board key={e.id} of={e} />
      ))}
      {proposals.map((a) => (
        <div key={a.id} className="fire-line p1" data-fire="proposal">
          <b>{t('fire.confirmed_in', { place: a.building_name || a.location })}</b>
          {may('wardens.write', a.station) && (
            <Link className="btn sm" to="/fire" search={{ start: a.id }}>
              {t('fire.start_board')}
            </Link>
          )}
          <Link className="btn sm" to="/fire/sheet/$alarm" params={{ alarm: a.id }} search={{}}>
            {t('fire.sheet')}
          </Link>
        </div>
      ))}
      {investigations.map((i) => (
        <Looking key={i.id} of={i} />
      ))}
      {silent.map((p) => (
        <div key={p.id} className="fire-line p2" data-fire="silent">
          <b>{t('fire.silent', { panel: p.name, since: clock(p.since) })}</b>
          <span>
            {t('fire.send_officer', { place: p.location || p.name })} (<Age at={p.since} />)
          </span>
        </div>
      ))}
      {blind.length > 0 && <Blind of={blind} />}
    </section>
  )
}

function Board({ of: e }: { of: Evacuation }) {
  const { t } = useTranslation()
  const swept = e.floors.filter((f) => f.state === 'swept').length
  const missing = e.people.filter((p) => !p.safe && p.kind === 'missing').length
  const help = e.people.filter((p) => !p.safe && p.kind === 'help').length
  return (
    <div className={e.drill ? 'fire-line' : 'fire-line p1'} data-fire="evacuation">
      {e.drill && <span className="chip demo">{t('fire.drill')}</span>}
      <b>{t('fire.evacuating', { building: e.building_name })}</b>
      <span>
        {t('fire.swept_of', { swept, count: e.floors.length })}
        {missing > 0 && ` · ${t('fire.missing_n', { count: missing })}`}
        {help > 0 && ` · ${t('fire.help_n', { count: help })}`}
        {!e.service.called && ` · ${t('fire.not_called')}`}
      </span>
      <Link className="btn sm" to="/fire/evacuation/$id" params={{ id: e.id }} search={{}}>
        {t('fire.board')}
      </Link>
    </div>
  )
}

function Looking({ of: i }: { of: Investigation }) {
  const { t } = useTranslation()
  return (
    <div className={i.state === 'undecided' ? 'fire-line p1' : 'fire-line p2'} data-fire="investigation">
      <b>
        {i.state === 'undecided' ? t('fire.ran_out') : t('fire.investigation')} <Countdown due={i.due_at} />
      </b>
      <span>
        <bdi>{i.zone_name || i.location}</bdi> · <bdi>{i.point_name}</bdi> ·{' '}
        {i.investigator ? <bdi>{i.investigator}</bdi> : t('fire.nobody_looks')}
      </span>
      <Link className="btn sm" to="/fire" search={{ investigation: i.id }}>
        {t('fire.decide')}
      </Link>
    </div>
  )
}

/** What is switched off stays in sight as long as it is. */
function Blind({ of: all }: { of: Impairment[] }) {
  const { t } = useTranslation()
  const clock = useClockTime()
  const off = all.filter((i) => i.mode !== 'test')
  const test = all.length - off.length
  const overdue = off.some((i) => i.watch_overdue)
  const due = off.map((i) => i.watch_due).filter((at) => at !== null)
  const next = due.sort()[0]
  return (
    <div className={overdue ? 'fire-line p2' : 'fire-line'} data-fire="impaired">
      <b>
        {off.length > 0 && t('fire.disabled_n', { count: off.length })}
        {off.length > 0 && test > 0 && ' · '}
        {test > 0 && t('fire.on_test_n', { count: test })}
      </b>
      <span>{overdue ? t('fire.round_overdue') : next !== undefined && t('fire.round_due', { at: clock(next) })}</span>
      <Link className="btn sm" to="/registers" search={{ only: 'fire' }}>
        {t('fire.register')}
      </Link>
    </div>
  )
}
