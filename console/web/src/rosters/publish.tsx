// Before a draft is put in force it is said for which days, for whom, how many
// shifts change, and who is told. What stands against it is said in words.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import type { Difference, Edited, Preview, Publication } from './contract'
import { dayWords, spanWords } from './days'
import { type Rolls, shortName } from './register'
import type { Roster } from './roster'
import { refusedWords, turnsWords } from './words'

export default function Publish({ roster, rolls, onClose }: { roster: Roster; rolls: Rolls; onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate({ from: '/rosters' })
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [done, setDone] = useState<Publication | null>(null)
  const [taken, setTaken] = useState<number | null>(null)
  const path = `/rosters/${roster.station}/drafts/${roster.draft}`
  const got = useQuery({
    queryKey: ['rosters', roster.station, 'preview', roster.draft, roster.board.draft?.version ?? 0],
    queryFn: ({ signal }) => ask<Preview>(`${path}/publication`, { signal, timeout: 30_000 }),
    gcTime: 0,
    staleTime: 0,
  })
  const act = async (step: () => Promise<void>) => {
    setBusy(true)
    setFault(null)
    try {
      await step()
    } catch (why) {
      setFault(why)
    }
    setBusy(false)
    await got.refetch()
  }
  const publish = (p: Preview) =>
    act(async () => {
      setDone(
        await ask<Publication>(`${path}/publication`, {
          method: 'POST',
          body: { version: p.draft.version, number: p.number },
          timeout: 30_000,
        }),
      )
    })
  const rebase = () =>
    act(async () => {
      const answer = await ask<Edited & { kept: Difference[] }>(`${path}/rebase`, { method: 'POST', timeout: 30_000 })
      roster.answered(answer)
      setTaken(answer.kept.length)
    })
  const leave = (level?: string) => {
    onClose()
    if (done)
      void navigate({
        search: (old) => ({ ...old, draft: undefined, side: undefined, from: done.from, until: done.until }),
      })
    else if (level) void navigate({ search: (old) => ({ ...old, side: 'problems', level }) })
  }
  const p = got.data
  return (
    <Dialog title={t('rosters.publish_title')} onClose={() => leave()} wide>
      <div className="body" data-publish={done ? 'done' : p ? (p.against.length > 0 ? 'against' : 'ready') : 'loading'}>
        {done ? (
          <p role="status">
            {t('rosters.published', {
              number: done.number,
              period: spanWords(done.from, done.until),
              changes: done.changes.length,
              count: done.told.length,
            })}
          </p>
        ) : got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : !p ? (
          <Loading />
        ) : (
          <>
            <dl className="pairs publish-pairs">
              <dt>{t('rosters.period')}</dt>
              <dd>
                <bdi>{spanWords(p.draft.from, p.draft.until)}</bdi>
              </dd>
              <dt>{t('rosters.unit')}</dt>
              <dd>{p.draft.unit || t('rosters.whole_station')}</dd>
              <dt>{t('rosters.changed_shifts')}</dt>
              <dd>{p.changes.length}</dd>
              <dt>{t('rosters.told_officers')}</dt>
              <dd>
                {t('rosters.officers_n', { count: p.told.length })}
                {p.told.length > 0 && (
                  <span className="dim">
                    :{' '}
                    {p.told
                      .slice(0, 12)
                      .map((o) => shortName(rolls.officers.get(o)?.name ?? o))
                      .join(', ')}
                    {p.told.length > 12 && ` ${t('rosters.and_n_more', { count: p.told.length - 12 })}`}
                  </span>
                )}
              </dd>
              <Untold preview={p} rolls={rolls} />
              <dt>{t('rosters.exceptions')}</dt>
              <dd>{t('rosters.exceptions_n', { count: p.score.exceptions, open: p.score.unapproved })}</dd>
            </dl>
            {p.against.map((why) => (
              <p key={why} className="fault" role="alert" data-against={why}>
                {t(`rosters.against.${why}`, { count: countOf(p, why) })}{' '}
                {why === 'stale' && (
                  <button type="button" className="btn sm" disabled={busy} onClick={() => void rebase()}>
                    {t('rosters.take_in')}
                  </button>
                )}
                {(why === 'mandatory' || why === 'unapproved') && (
                  <button
                    type="button"
                    className="btn sm"
                    onClick={() => leave(why === 'mandatory' ? 'mandatory' : 'exception')}
                  >
                    {t('rosters.show_them')}
                  </button>
                )}
              </p>
            ))}
            {taken !== null && (
              <p role="status">{t(taken > 0 ? 'rosters.taken_but' : 'rosters.taken', { count: taken })}</p>
            )}
            <Differences list={p.changes} rolls={rolls} />
          </>
        )}
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        <div className="actions">
          <button type="button" className="btn" onClick={() => leave()}>
            {t('shell.close')}
          </button>
          {!done && (
            <button
              type="button"
              className="btn pri"
              disabled={busy || !p || p.against.length > 0 || roster.busy}
              onClick={() => p && void publish(p)}
            >
              {t('rosters.publish_do', { count: p?.told.length ?? 0 })}
            </button>
          )}
        </div>
      </div>
    </Dialog>
  )
}

const countOf = (p: Preview, why: string): number =>
  why === 'mandatory' ? p.score.mandatory : why === 'unapproved' ? p.score.unapproved : why === 'stale' ? p.newer : 0

/** Those whose days change and who have no address to be told at. */
function Untold({ preview, rolls }: { preview: Preview; rolls: Rolls }) {
  const { t } = useTranslation()
  const list = preview.untold
  if (list.length === 0) return null
  return (
    <>
      <dt>{t('rosters.untold')}</dt>
      <dd>
        {t('rosters.officers_n', { count: list.length })}:{' '}
        <span className="dim">
          {list
            .slice(0, 8)
            .map((o) => shortName(rolls.officers.get(o)?.name ?? o))
            .join(', ')}
          {list.length > 8 && ` ${t('rosters.and_n_more', { count: list.length - 8 })}`}
        </span>
      </dd>
    </>
  )
}

/** Shifts before and after, at most three hundred of them. */
export function Differences({ list, rolls }: { list: Difference[]; rolls: Rolls }) {
  const { t } = useTranslation()
  if (list.length === 0) return null
  return (
    <details className="differences">
      <summary>{t('rosters.differences', { count: list.length })}</summary>
      <div
        className="scroll differences-list"
        tabIndex={0}
        role="group"
        aria-label={t('rosters.differences', { count: list.length })}
      >
        <table className="table">
          <thead>
            <tr>
              {['officer', 'day', 'was_head', 'becomes_head'].map((head) => (
                <th scope="col" key={head}>
                  {t(`rosters.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.slice(0, 300).map((d) => (
              <tr key={`${d.officer} ${d.date}`}>
                <td>
                  <bdi>{rolls.officers.get(d.officer)?.name ?? d.officer}</bdi>
                </td>
                <td>{dayWords(d.date)}</td>
                <td>{turnsWords(t, d.was, rolls)}</td>
                <td>{turnsWords(t, d.becomes, rolls)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {list.length > 300 && <p className="dim pad">{t('rosters.and_n_more', { count: list.length - 300 })}</p>}
      </div>
    </details>
  )
}
