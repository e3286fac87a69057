// The planner at work: what it has reached, how far it may still come, and the
// plan to keep or to forget. What no plan can meet is said before the search.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { useEachSecond, useThings } from '../live'
import { Loading } from '../shell/states'
import type { Conflict, Edited, Planning, Score } from './contract'
import { dayWords } from './days'
import { useRosterChanges } from './open-roster'
import type { Rolls } from './register'
import type { Roster } from './roster'
import { conflictWords, refusedWords } from './words'

export default function Planner({ roster, rolls, from }: { roster: Roster; rolls: Rolls; from: string }) {
  const { t } = useTranslation()
  useRosterChanges(roster)
  const path = `/rosters/${roster.station}/drafts/${roster.draft}/planning`
  const told = useThings<Planning>('plan').find((p) => p.id === roster.draft)
  const kept = useQuery({
    queryKey: ['rosters', roster.station, 'planning', roster.draft],
    queryFn: ({ signal }) => ask<Planning>(path, { signal }),
  })
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [skipped, setSkipped] = useState<number | null>(null)
  const job = told ?? (kept.data?.state === 'idle' ? undefined : kept.data)
  const act = async (step: () => Promise<unknown>) => {
    setBusy(true)
    setFault(null)
    setSkipped(null)
    try {
      await step()
      await kept.refetch()
    } catch (why) {
      setFault(why)
    }
    setBusy(false)
  }
  const keep = () =>
    act(async () => {
      const answer = await ask<Edited & { skipped: number }>(`${path}/keep`, { method: 'POST', timeout: 40_000 })
      roster.answered(answer)
      setSkipped(answer.skipped)
    })
  return (
    <section
      className="panel planner"
      aria-label={t('rosters.side_planner')}
      data-panel
      data-planning={job?.state ?? 'none'}
    >
      <div className="ph">
        <h2>{t('rosters.side_planner')}</h2>
        {job && <span className="chip accent">{t(`rosters.plan_state.${job.state}`)}</span>}
        <span className="grow" />
        {job?.state === 'running' && (
          <>
            <button
              type="button"
              className="btn sm"
              disabled={busy}
              onClick={() => void act(() => ask(`${path}/stop`, { method: 'POST' }))}
            >
              {t('rosters.plan_stop')}
            </button>
            <button type="button" className="btn sm pri" disabled={busy} onClick={() => void keep()}>
              {t('rosters.plan_stop_keep')}
            </button>
          </>
        )}
        {job?.state === 'ready' && (
          <button type="button" className="btn sm pri" disabled={busy || job.changed === 0} onClick={() => void keep()}>
            {t('rosters.plan_keep', { count: job.changed })}
          </button>
        )}
        {job && job.state !== 'running' && (
          <button
            type="button"
            className="btn sm"
            disabled={busy}
            onClick={() => void act(() => ask(path, { method: 'DELETE' }))}
          >
            {t('rosters.plan_forget')}
          </button>
        )}
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('rosters.side_planner')}>
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        {skipped !== null && (
          <p className="notice" role="status">
            {t(skipped > 0 ? 'rosters.plan_kept_but' : 'rosters.plan_kept', { count: skipped })}
          </p>
        )}
        {kept.isPending ? <Loading /> : job ? <Job job={job} now={roster.board.score} /> : null}
        {job?.state !== 'running' && (
          <Start
            from={from}
            unit={roster.board.draft?.unit ?? ''}
            first={roster.board.from}
            busy={busy}
            onStart={(body) => void act(() => ask(path, { method: 'POST', body, timeout: 30_000 }))}
          />
        )}
        <CannotBe roster={roster} rolls={rolls} />
      </div>
    </section>
  )
}

function Job({ job, now }: { job: Planning; now: Score }) {
  const { t } = useTranslation()
  const last = job.curve[job.curve.length - 1]
  const running = job.state === 'running'
  const began = Date.parse(job.started_at)
  const ran = useEachSecond((at) => Math.max(0, Math.round((at - began) / 1000)))
  const quiet = Math.max(0, ran - Math.round((last?.ms ?? 0) / 1000))
  const penalty = running ? (last?.penalty ?? job.before.cost) : job.score.cost
  const bound = running ? (last?.bound ?? job.bound) : job.bound
  const gap = penalty > 0 ? Math.max(0, Math.round(((penalty - bound) / penalty) * 100)) : 0
  if (job.state === 'failed') return <p className="fault">{t('rosters.plan_failed', { reason: job.reason })}</p>
  const figures: [string, number, number][] = running
    ? [
        ['must', last?.mandatory ?? job.before.mandatory, job.before.mandatory],
        ['penalty', penalty, job.before.cost],
      ]
    : [
        ['must', job.score.mandatory, job.before.mandatory],
        ['exceptions', job.score.exceptions, job.before.exceptions],
        ['wishes', job.score.wishes, job.before.wishes],
        ['penalty', job.score.cost, job.before.cost],
      ]
  return (
    <>
      <div className="plan-figures">
        {figures.map(([name, n, was]) => (
          <div key={name}>
            <b>{n.toLocaleString('en')}</b>
            <span>{t(`rosters.plan_figure.${name}`)}</span>
            <span className="dim">{t('rosters.plan_was', { was: was.toLocaleString('en') })}</span>
          </div>
        ))}
      </div>
      <Curve job={job} />
      <p className="plan-line">
        <span>
          {bound > 0 ? t('rosters.plan_gap', { bound: bound.toLocaleString('en'), gap }) : t('rosters.plan_no_bound')}
        </span>
        <span className="grow" />
        {running && (
          <span>
            {quiet >= 3 ? t('rosters.plan_quiet', { seconds: quiet }) : t('rosters.plan_improving', { seconds: ran })} ·{' '}
            {t('rosters.plan_ends', { seconds: job.seconds })}
          </span>
        )}
      </p>
      {job.state === 'ready' && now.cost < job.score.cost && now.mandatory <= job.score.mandatory && (
        <p className="notice">{t('rosters.plan_worse')}</p>
      )}
    </>
  )
}

/** The penalty over time, with the line below which no plan can come. */
function Curve({ job }: { job: Planning }) {
  const { t } = useTranslation()
  const points = job.curve.filter((p) => p.penalty > 0)
  if (points.length < 2) return null
  const w = 320
  const h = 84
  const first = points[0]
  const end = points[points.length - 1]
  const most = Math.max(...points.map((p) => p.penalty))
  const least = Math.min(...points.map((p) => Math.min(p.penalty, p.bound || p.penalty)))
  const across = Math.max(job.seconds * 1000 * 0.2, end?.ms ?? 1)
  const x = (ms: number) => Math.round((ms / across) * w * 10) / 10
  const y = (n: number) => Math.round((4 + (h - 8) * (1 - (n - least) / Math.max(1, most - least))) * 10) / 10
  const line = points
    .map((p, i) => `${i === 0 ? `M${x(p.ms)} ${y(p.penalty)}` : `H${x(p.ms)}V${y(p.penalty)}`}`)
    .join('')
  const bound = end?.bound ?? 0
  return (
    <figure className="plan-curve" dir="ltr">
      <svg
        viewBox={`0 0 ${w} ${h}`}
        role="img"
        aria-label={t('rosters.plan_curve', {
          first: first?.penalty ?? 0,
          last: end?.penalty ?? 0,
          seconds: Math.round((end?.ms ?? 0) / 1000),
          bound,
          context: bound > 0 ? undefined : 'free',
        })}
        preserveAspectRatio="none"
      >
        {bound > 0 && <line x1={0} x2={w} y1={y(bound)} y2={y(bound)} className="bound" />}
        <path d={line} />
      </svg>
    </figure>
  )
}

function Start(props: {
  from: string
  first: string
  unit: string
  busy: boolean
  onStart: (body: Record<string, unknown>) => void
}) {
  const { from, first, unit, busy, onStart } = props
  const { t } = useTranslation()
  const [seconds, setSeconds] = useState(60)
  const [keep, setKeep] = useState(false)
  const [gentle, setGentle] = useState(true)
  const [part, setPart] = useState(false)
  const go = (event: FormEvent) => {
    event.preventDefault()
    onStart({ seconds, keep, gentle, ...(part && { open: from }) })
  }
  if (unit !== '') return <p className="empty">{t('rosters.refused.unit')}</p>
  return (
    <form className="plan-start" onSubmit={go}>
      <label className="field">
        {t('rosters.plan_for')}
        <select className="input" value={seconds} onChange={(e) => setSeconds(Number(e.target.value))}>
          {[10, 30, 60, 180, 600].map((s) => (
            <option key={s} value={s}>
              {s < 60 ? t('rosters.seconds', { count: s }) : t('rosters.minutes', { count: s / 60 })}
            </option>
          ))}
        </select>
      </label>
      <label className="check">
        <input type="checkbox" checked={keep} onChange={(e) => setKeep(e.target.checked)} /> {t('rosters.plan_fill')}
      </label>
      <label className="check">
        <input type="checkbox" checked={gentle} onChange={(e) => setGentle(e.target.checked)} />{' '}
        {t('rosters.plan_gentle')}
      </label>
      {from > first && (
        <label className="check">
          <input type="checkbox" checked={part} onChange={(e) => setPart(e.target.checked)} />{' '}
          {t('rosters.plan_from', { day: dayWords(from) })}
        </label>
      )}
      <button type="submit" className="btn pri" disabled={busy}>
        {t('rosters.plan_start')}
      </button>
    </form>
  )
}

/** What no plan can meet, and why: said before anybody waits for a search. */
function CannotBe({ roster, rolls }: { roster: Roster; rolls: Rolls }) {
  const { t } = useTranslation()
  const [wanted, setWanted] = useState(false)
  const got = useQuery({
    queryKey: ['rosters', roster.station, 'conflicts', roster.draft],
    queryFn: ({ signal }) =>
      ask<{ items: Conflict[] }>(`/rosters/${roster.station}/drafts/${roster.draft}/conflicts`, {
        signal,
        timeout: 30_000,
      }),
    enabled: wanted,
  })
  const items = got.data?.items ?? []
  return (
    <section aria-label={t('rosters.cannot_title')} className="cannot">
      <h3 className="h3">{t('rosters.cannot_title')}</h3>
      {!wanted ? (
        <div className="pad">
          <button type="button" className="btn sm" onClick={() => setWanted(true)}>
            {t('rosters.cannot_look')}
          </button>
        </div>
      ) : got.error ? (
        <p className="fault">{refusedWords(t, got.error, rolls)}</p>
      ) : !got.data ? (
        <Loading />
      ) : items.length === 0 ? (
        <p className="empty">{t('rosters.cannot_none')}</p>
      ) : (
        <ul className="cannot-list">
          {items.slice(0, 60).map((c, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: conflicts have no name, and the list is replaced whole
            <li key={i}>{conflictWords(t, c, rolls)}</li>
          ))}
          {items.length > 60 && <li className="dim">{t('rosters.and_n_more', { count: items.length - 60 })}</li>}
        </ul>
      )}
    </section>
  )
}
