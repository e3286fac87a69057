// Leave and wishes of a station: what waits for a decision first.
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { clock } from '../live'
import { Failed, Loading } from '../shell/states'
import type { Absences, Kept, Leave, Request } from './contract'
import { addDays, dayOf, spanWords } from './days'
import { OfficersByName } from './options'
import type { RollProps } from './roll'
import { decisionWords, leaveWords, refusedWords } from './words'

const AskLeave = lazy(() => import('./ask-leave'))

export default function AbsencesTab({ station, rolls, write }: RollProps) {
  const { t, i18n } = useTranslation()
  const search = useSearch({ from: '/rosters/registers' })
  const today = dayOf(clock.now(), rolls.register.zone)
  const [fault, setFault] = useState<unknown>(null)
  const [adding, setAdding] = useState('')
  const got = useQuery({
    queryKey: ['rosters', station, 'absences', rolls.register.version],
    queryFn: ({ signal }) =>
      ask<Absences>(`/rosters/${station}/absences`, {
        query: { from: addDays(today, -35), until: addDays(today, 365) },
        signal,
        timeout: 20_000,
      }),
    placeholderData: (old) => old,
  })
  const decide = async (path: 'leave' | 'requests', kept: Kept<Leave> | Kept<Request>, decision: string) => {
    setFault(null)
    try {
      await ask(`/rosters/${station}/${path}`, {
        method: 'POST',
        body: { version: kept.version, item: { ...kept.item, decision } },
      })
    } catch (why) {
      setFault(why)
    }
    await got.refetch()
  }
  if (got.error) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (!got.data) return <Loading />
  const q = search.q?.toLowerCase() ?? ''
  const name = (id: string) => rolls.officers.get(id)?.name ?? id
  const waiting = (d: string) => (d === 'requested' ? 0 : 1)
  type Row = { path: 'leave' | 'requests'; kept: Kept<Leave> | Kept<Request>; words: string }
  const rows: Row[] = [
    ...got.data.leave.map((kept): Row => ({ path: 'leave', kept, words: leaveWords(t, kept.item.kind) })),
    ...got.data.requests.map(
      (kept): Row => ({
        path: 'requests',
        kept,
        words: `${t(`rosters.wish.${kept.item.wish}`)} ${[...kept.item.shifts, ...kept.item.posts.map((p) => rolls.posts.get(p)?.name ?? p)].join(', ')}`,
      }),
    ),
  ]
    .filter((r) => q === '' || `${name(r.kept.item.officer)} ${r.words}`.toLowerCase().includes(q))
    .sort(
      (a, b) =>
        waiting(a.kept.item.decision) - waiting(b.kept.item.decision) ||
        a.kept.item.from.localeCompare(b.kept.item.from),
    )
  return (
    <>
      <div className="filters">
        <span className="dim">{t('rosters.entries', { count: rows.length })}</span>
        <span className="grow" />
        {write && (
          <select
            className="input absences-add"
            aria-label={t('rosters.leave_for')}
            value=""
            onChange={(e) => setAdding(e.target.value)}
          >
            <option value="">{t('rosters.leave_for')}</option>
            <OfficersByName rolls={rolls} />
          </select>
        )}
      </div>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusedWords(t, fault, rolls)}
        </p>
      )}
      <div className="scroll" tabIndex={0} role="group" aria-label={t('rosters.tab.absences')}>
        {rows.length === 0 ? (
          <p className="empty">{t('rosters.roll_empty')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {['officer', 'what', 'days', 'note', 'decision', ...(write ? ['acts'] : [])].map((head) => (
                  <th scope="col" key={head}>
                    {t(`rosters.head.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, 400).map(({ path, kept, words }) => (
                <tr key={kept.item.id} data-absence={kept.item.decision}>
                  <td>
                    <bdi>{name(kept.item.officer)}</bdi>
                  </td>
                  <td>{words}</td>
                  <td>
                    <bdi>{spanWords(kept.item.from, kept.item.until, i18n.language)}</bdi>
                  </td>
                  <td className="dim">{kept.item.note}</td>
                  <td>{decisionWords(t, kept.item.decision)}</td>
                  {write && (
                    <td>
                      <div className="roll-acts">
                        {kept.item.decision !== 'approved' && kept.item.decision !== 'withdrawn' && (
                          <button type="button" className="btn sm" onClick={() => void decide(path, kept, 'approved')}>
                            {t('rosters.grant')}
                          </button>
                        )}
                        {kept.item.decision !== 'refused' && kept.item.decision !== 'withdrawn' && (
                          <button type="button" className="btn sm" onClick={() => void decide(path, kept, 'refused')}>
                            {t('rosters.refuse')}
                          </button>
                        )}
                      </div>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      <Suspense fallback={null}>
        {adding !== '' && (
          <AskLeave
            station={station}
            officer={adding}
            today={addDays(today, -14)}
            onClose={() => setAdding('')}
            onDone={() => void got.refetch()}
          />
        )}
      </Suspense>
    </>
  )
}
