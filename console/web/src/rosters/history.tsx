// What officers were told and when: every publication, the newest first.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import type { Publication } from './contract'
import { spanWords } from './days'
import { Differences } from './publish'
import { type Rolls, shortName } from './register'

export default function History({ station, rolls, onClose }: { station: string; rolls: Rolls; onClose: () => void }) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['rosters', station, 'publications', rolls.register.publication],
    queryFn: ({ signal }) =>
      ask<{ items: Publication[] }>(`/rosters/${station}/publications`, {
        query: { limit: 30 },
        signal,
        timeout: 20_000,
      }),
  })
  const items = got.data?.items ?? []
  return (
    <Dialog title={t('rosters.history_title')} onClose={onClose} wide>
      <div className="body">
        {got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : !got.data ? (
          <Loading />
        ) : items.length === 0 ? (
          <p className="empty">{t('rosters.never_published')}</p>
        ) : (
          <ol className="publications">
            {items.map((p) => (
              <li key={p.id} data-publication={p.number}>
                <b>{t('rosters.publication_n', { number: p.number })}</b> · <At at={p.at} date /> · <bdi>{p.by}</bdi>
                <p className="dim">
                  <bdi>{spanWords(p.from, p.until)}</bdi> · {p.unit || t('rosters.whole_station')} ·{' '}
                  {t('rosters.changes', { count: p.changes.length })} · {t('rosters.told_n', { count: p.told.length })}
                  {p.told.length > 0 && p.told.length <= 8 && (
                    <>: {p.told.map((o) => shortName(rolls.officers.get(o)?.name ?? o)).join(', ')}</>
                  )}
                </p>
                <Differences list={p.changes} rolls={rolls} />
              </li>
            ))}
          </ol>
        )}
      </div>
    </Dialog>
  )
}
