// What officers were told and when: every publication, the newest first.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import type { Draft, Publication } from './contract'
import { spanWords } from './days'
import { Differences } from './publish'
import { type Rolls, shortName } from './register'
import { refusedWords } from './words'

/** Publications that are asked for at first, and at the most. */
const FEW = 30
const MOST = 200

export default function History({ station, rolls, onClose }: { station: string; rolls: Rolls; onClose: () => void }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const client = useQueryClient()
  const navigate = useNavigate({ from: '/rosters' })
  const [limit, setLimit] = useState(FEW)
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const got = useQuery({
    queryKey: ['rosters', station, 'publications', rolls.register.publication, limit],
    queryFn: ({ signal }) =>
      ask<{ items: Publication[] }>(`/rosters/${station}/publications`, {
        query: { limit },
        signal,
        timeout: 20_000,
      }),
    placeholderData: (old) => old,
  })
  const bringBack = async (p: Publication) => {
    setBusy(true)
    setFault(null)
    try {
      const draft = await ask<Draft>(`/rosters/${station}/drafts`, {
        method: 'POST',
        body: {
          name: t('rosters.bring_back_name', { number: p.number }),
          from: p.from,
          until: p.until,
          unit: p.unit,
          copy: `publication:${p.number}`,
        },
        timeout: 30_000,
      })
      await client.invalidateQueries({ queryKey: ['rosters', station, 'drafts'] })
      onClose()
      void navigate({ search: (old) => ({ ...old, draft: draft.id, from: undefined, until: undefined }) })
    } catch (why) {
      setFault(why)
      setBusy(false)
    }
  }
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
                  {t('rosters.told_n', { count: p.told.length })}
                  {p.told.length > 0 && p.told.length <= 8 && (
                    <>: {p.told.map((o) => shortName(rolls.officers.get(o)?.name ?? o)).join(', ')}</>
                  )}
                </p>
                <Differences list={p.changes} rolls={rolls} />
                {desk.may('rosters.plan', station) && p.number < rolls.register.publication && (
                  <button
                    type="button"
                    className="btn sm"
                    disabled={busy}
                    title={t('rosters.bring_back_why')}
                    onClick={() => void bringBack(p)}
                  >
                    {t('rosters.bring_back')}
                  </button>
                )}
              </li>
            ))}
          </ol>
        )}
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        {items.length === limit && limit < MOST && (
          <button type="button" className="btn sm" onClick={() => setLimit(MOST)}>
            {t('rosters.history_more')}
          </button>
        )}
      </div>
    </Dialog>
  )
}
