// Investigations and boards that are over.
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ALL, useDesk } from '../session/desk'
import { PagedTable } from '../shell/paged-table'
import { usePaged } from '../shell/pages-of'
import { At } from '../shell/times'
import type { Evacuation, Investigation } from './live'

export default function Past() {
  const { station } = useDesk()
  const query = { station: station === ALL ? undefined : station, open: 'false' }
  return (
    <div className="fire-now">
      <Investigated query={query} />
      <Boards query={query} />
    </div>
  )
}

type Query = Record<string, string | undefined>

function Investigated({ query }: { query: Query }) {
  const { t } = useTranslation()
  const paged = usePaged<Investigation>('/fire/investigations', query, 50)
  return (
    <section className="panel" aria-label={t('fire.investigations')} data-panel>
      <div className="ph">
        <h2>{t('fire.investigations')}</h2>
      </div>
      <PagedTable
        label={t('fire.investigations')}
        paged={paged}
        none={t('fire.none_past')}
        words="fire.head"
        heads={['began', 'point', 'looked', 'outcome', 'decided']}
        row={(i) => (
          <tr key={i.id}>
            <td>
              {i.demo && <span className="chip demo">{t('shell.demo')}</span>} <At at={i.started_at} date />
            </td>
            <td>
              <Link to="/control" search={{ alarm: i.alarm }}>
                <bdi>{i.point_name}</bdi>
              </Link>
              <div className="faint">{i.zone_name || i.location}</div>
            </td>
            <td>{i.investigator || '–'}</td>
            <td>
              <b>{t(`fire.outcome.${i.outcome}`, { defaultValue: i.outcome })}</b>
              <div className="faint">{i.reason || i.other_name}</div>
            </td>
            <td>
              <At at={i.decided_at} date /> {i.decided_by_name}
            </td>
          </tr>
        )}
      />
    </section>
  )
}

function Boards({ query }: { query: Query }) {
  const { t } = useTranslation()
  const paged = usePaged<Evacuation>('/fire/evacuations', query, 50)
  return (
    <section className="panel" aria-label={t('fire.evacuations')} data-panel>
      <div className="ph">
        <h2>{t('fire.evacuations')}</h2>
      </div>
      <PagedTable
        label={t('fire.evacuations')}
        paged={paged}
        none={t('fire.none_past')}
        words="fire.head"
        heads={['building', 'began', 'closed', 'summary']}
        row={(e) => (
          <tr key={e.id}>
            <td>
              {e.drill && <span className="chip demo">{t('fire.drill')}</span>}{' '}
              {e.demo && <span className="chip demo">{t('shell.demo')}</span>}{' '}
              <Link to="/fire/evacuation/$id" params={{ id: e.id }} search={{}}>
                {e.building_name}
              </Link>
            </td>
            <td>
              <At at={e.started_at} date />
            </td>
            <td>
              <At at={e.closed_at} date /> {e.closed_by_name}
            </td>
            <td>{e.summary}</td>
          </tr>
        )}
      />
    </section>
  )
}
