// One place: who stands there, and everybody who could, with what stops each.
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Failed, Loading } from '../shell/states'
import type { Candidate, Demand } from './contract'
import type { Coverage } from './coverage'
import { placeKey } from './coverage'
import { dayWords } from './days'
import type { Rolls } from './register'
import type { Roster } from './roster'
import { hoursWords, rankWords, shiftName, violationWords } from './words'

export default function PlacePanel(props: {
  roster: Roster
  rolls: Rolls
  coverage: Coverage
  place: string | null
  editable: boolean
  onClose: () => void
}) {
  const { roster, rolls, coverage, place, editable, onClose } = props
  const { t } = useTranslation()
  const found = useMemo(() => coverage.places.find((p) => placeKey(p.demand) === place), [coverage, place])
  const demand: Demand | undefined = found?.demand
  const post = rolls.posts.get(demand?.post ?? place?.split('|')[0] ?? '')
  return (
    <section className="panel place" aria-label={t('rosters.side_place')} data-panel>
      <div className="ph">
        <h2>{post ? post.name : t('rosters.side_place')}</h2>
        <span className="grow" />
        <button type="button" className="btn ghost sm" onClick={onClose}>
          {t('shell.close')}
        </button>
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('rosters.side_place')}>
        {!demand || !found ? (
          <p className="empty">{t('rosters.no_place')}</p>
        ) : (
          <>
            <dl className="pairs">
              <dt>{t('rosters.when')}</dt>
              <dd>
                {dayWords(demand.date)} ·{' '}
                {demand.shift ? shiftName(rolls, demand.shift) : <bdi>{`${demand.from}–${demand.to}`}</bdi>}
              </dd>
              <dt>{t('rosters.wanted')}</dt>
              <dd>
                {t('rosters.have_of', { have: found.have, need: demand.headcount })}
                {found.have < demand.headcount && (
                  <b className="lacking"> {t('rosters.lacking', { count: demand.headcount - found.have })}</b>
                )}
              </dd>
              {(post?.min_rank || (post?.required.length ?? 0) > 0) && (
                <>
                  <dt>{t('rosters.asks_for')}</dt>
                  <dd>
                    {[
                      post?.min_rank ? t('rosters.rank_up', { rank: rankWords(t, post.min_rank) }) : '',
                      ...(post?.required ?? []),
                    ]
                      .filter(Boolean)
                      .join(', ')
                      .replace(/_/g, ' ')}
                  </dd>
                </>
              )}
            </dl>
            <h3 className="h3">{t('rosters.here')}</h3>
            <ul className="place-here">
              {found.here.map((o) => (
                <li key={o}>
                  <bdi>{rolls.officers.get(o)?.name ?? o}</bdi>
                  {editable && (
                    <button
                      type="button"
                      className="btn sm ghost"
                      onClick={() =>
                        roster.edit([{ officer: o, date: demand.date, duties: without(roster, o, demand) }])
                      }
                    >
                      {t('rosters.take_off')}
                    </button>
                  )}
                </li>
              ))}
              {found.here.length === 0 && <li className="dim">{t('rosters.nobody')}</li>}
            </ul>
            {roster.draft !== '' && (
              <Candidates roster={roster} rolls={rolls} demand={demand} here={found.here} editable={editable} />
            )}
          </>
        )}
      </div>
    </section>
  )
}

const without = (roster: Roster, officer: string, demand: Demand) =>
  roster
    .turns(officer, demand.date)
    .filter((turn) => turn.post !== demand.post)
    .map(({ shift, post }) => ({ shift, post }))

function Candidates(props: { roster: Roster; rolls: Rolls; demand: Demand; here: string[]; editable: boolean }) {
  const { roster, rolls, demand, here, editable } = props
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['rosters', roster.station, 'who', roster.draft, roster.board.draft?.version ?? 0, placeKey(demand)],
    queryFn: ({ signal }) =>
      ask<{ items: Candidate[] }>(`/rosters/${roster.station}/drafts/${roster.draft}/who`, {
        method: 'POST',
        body: demand,
        signal,
        timeout: 20_000,
      }),
    enabled: !roster.busy,
    placeholderData: (old) => old,
    gcTime: 30_000,
  })
  if (got.error) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (!got.data) return <Loading />
  const list = got.data.items.filter((c) => !here.includes(c.officer))
  const free = list.filter((c) => c.stopped.length === 0 && c.breaks.length === 0)
  const exceptions = list.filter((c) => c.stopped.length === 0 && c.breaks.length > 0)
  const stopped = list.filter((c) => c.stopped.length > 0)
  const shift = demand.shift || rolls.posts.get(demand.post)?.shifts[0] || ''
  const give = (c: Candidate) =>
    roster.edit([{ officer: c.officer, date: demand.date, duties: [{ shift, post: demand.post }] }])
  return (
    <>
      {(
        [
          ['could', free],
          ['could_by_exception', exceptions],
          ['stopped', stopped],
        ] as const
      ).map(([name, group]) => (
        <section key={name} aria-label={t(`rosters.${name}`)}>
          <h3 className="h3">
            {t(`rosters.${name}`)} <span className="plain">{group.length}</span>
          </h3>
          <ul className="candidates" data-candidates={name}>
            {group.slice(0, name === 'could' ? 20 : 12).map((c) => {
              const officer = rolls.officers.get(c.officer)
              const why = c.stopped[0] ?? c.breaks[0] ?? c.costs[0]
              return (
                <li key={c.officer}>
                  <div>
                    <b>
                      <bdi>{officer?.name ?? c.officer}</bdi>
                    </b>{' '}
                    <span className="dim">
                      {rankWords(t, officer?.rank ?? '')} · {hoursWords(t, c.tally.minutes)}
                      {c.busy && ` · ${t('rosters.busy_that_day')}`}
                    </span>
                    {why && <p className="dim candidate-why">{violationWords(t, why, rolls)}</p>}
                  </div>
                  {editable && name !== 'stopped' && (
                    <button type="button" className="btn sm" onClick={() => give(c)}>
                      {t('rosters.assign')}
                    </button>
                  )}
                </li>
              )
            })}
            {group.length === 0 && <li className="dim">{t('rosters.nobody')}</li>}
          </ul>
        </section>
      ))}
    </>
  )
}
