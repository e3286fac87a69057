// What is wrong with a draft: by level, rule and officer, each with the ways out
// that make nothing else wrong.
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { memo, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { useDesk } from '../session/desk'
import { FormDialog } from '../shell/form-dialog'
import { Failed, Loading } from '../shell/states'
import { cellKey, type Draft, type Fix, type Fixes, type Turn, type Violation } from './contract'
import { dayWords } from './days'
import { useCalmChanges } from './open-roster'
import { type Rolls, shortName } from './register'
import type { Roster } from './roster'
import type { Look } from './row'
import { levelWords, refusedWords, violationWords } from './words'

const levels = ['mandatory', 'exception', 'request'] as const
const tags: Record<string, string> = { mandatory: 'must', exception: 'post', request: 'wish' }
const STEP = 60

export default memo(function Problems(props: {
  roster: Roster
  rolls: Rolls
  look: Look
  editable: boolean
  goTo: (officer: string, day: string) => void
  onPlace: (key: string) => void
}) {
  const { roster, rolls, editable, goTo, onPlace } = props
  const { t } = useTranslation()
  const desk = useDesk()
  const search = useSearch({ from: '/rosters' })
  const navigate = useNavigate({ from: '/rosters' })
  const version = useCalmChanges(roster)
  const [rule, setRule] = useState('')
  const [open, setOpen] = useState<string | null>(null)
  const [most, setMost] = useState(STEP)
  const [approving, setApproving] = useState<Violation[] | null>(null)
  const level = levels.find((l) => l === search.level)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the roster's content
  const all = useMemo(() => [...roster.problems.values()], [roster, version])
  const named = useMemo(() => {
    const counts = new Map<string, { name: string; count: number }>()
    for (const v of all)
      if (!level || v.level === level) counts.set(v.rule, { name: v.name, count: (counts.get(v.rule)?.count ?? 0) + 1 })
    return [...counts].sort((a, b) => b[1].count - a[1].count)
  }, [all, level])
  const list = useMemo(() => {
    const rank = (v: Violation) => levels.indexOf(v.level as (typeof levels)[number]) + (v.approval ? 0.5 : 0)
    return all
      .filter((v) => (!level || v.level === level) && (rule === '' || v.rule === rule))
      .sort((a, b) => rank(a) - rank(b) || a.date.localeCompare(b.date) || b.cost - a.cost)
  }, [all, level, rule])
  const count = (l: string) => all.reduce((n, v) => n + (v.level === l ? 1 : 0), 0)
  const jump = (v: Violation) => {
    setOpen(v.key)
    const cell = v.cells[0]
    goTo(cell?.officer ?? v.officer, cell?.date ?? v.date)
  }
  useNextProblem(list, open, jump)
  const unapproved = list.filter((v) => v.level === 'exception' && !v.approval)
  return (
    <section className="panel problems" aria-label={t('rosters.side_problems')} data-panel>
      <div className="ph">
        <fieldset className="seg" aria-label={t('rosters.level_of')}>
          {([undefined, ...levels] as const).map((l) => (
            <button
              key={l ?? 'all'}
              type="button"
              aria-pressed={level === l}
              onClick={() => {
                setRule('')
                setMost(STEP)
                void navigate({ search: (old) => ({ ...old, level: l }), replace: true })
              }}
            >
              {l ? t('rosters.level_n', { level: levelWords(t, l), count: count(l) }) : t('rosters.all')}
            </button>
          ))}
        </fieldset>
        <select
          className="input problems-rule"
          aria-label={t('rosters.rule')}
          value={rule}
          onChange={(e) => {
            setRule(e.target.value)
            setMost(STEP)
          }}
        >
          <option value="">{t('rosters.all_rules')}</option>
          {named.map(([id, { name, count: n }]) => (
            <option key={id} value={id}>
              {name} ({n})
            </option>
          ))}
        </select>
        {editable && desk.may('rosters.approve', roster.station) && unapproved.length > 0 && (
          <button type="button" className="btn sm" onClick={() => setApproving(unapproved)}>
            {t('rosters.approve_all', { count: unapproved.length })}
          </button>
        )}
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('rosters.side_problems')}>
        {!roster.board.judged && <Loading />}
        {roster.board.judged && list.length === 0 && (
          <p className="empty">{t(all.length === 0 ? 'rosters.no_problems' : 'rosters.none_of_these')}</p>
        )}
        <ol className="problem-list">
          {list.slice(0, most).map((v) => (
            <Problem
              key={v.key}
              v={v}
              open={open === v.key}
              roster={roster}
              rolls={rolls}
              editable={editable}
              onOpen={() => (open === v.key ? setOpen(null) : jump(v))}
              onPlace={onPlace}
              onApprove={() => setApproving([v])}
            />
          ))}
        </ol>
        {list.length > most && (
          <div className="pad">
            <button type="button" className="btn sm" onClick={() => setMost(most + STEP)}>
              {t('rosters.more_problems', { count: Math.min(STEP, list.length - most), rest: list.length - most })}
            </button>
          </div>
        )}
      </div>
      {approving && <Approve roster={roster} rolls={rolls} list={approving} onClose={() => setApproving(null)} />}
    </section>
  )
})

function Problem(props: {
  v: Violation
  open: boolean
  roster: Roster
  rolls: Rolls
  editable: boolean
  onOpen: () => void
  onPlace: (key: string) => void
  onApprove: () => void
}) {
  const { v, open, roster, rolls, editable, onOpen, onPlace, onApprove } = props
  const { t } = useTranslation()
  const desk = useDesk()
  const place = v.post && v.shift ? `${v.post}|${v.date}|${v.shift}` : ''
  const isPlace = v.code === 'coverage'
  return (
    <li className={open ? 'problem on' : 'problem'} data-problem={v.code} data-level={v.level}>
      <button type="button" className="problem-head" aria-expanded={open} onClick={onOpen}>
        <span className={`tag ${isPlace && v.level !== 'mandatory' ? 'post' : (tags[v.level] ?? '')}`}>
          {t(isPlace && v.level !== 'mandatory' ? 'rosters.tag_post' : `rosters.tag_${v.level}`)}
        </span>
        <span>
          <b>{violationWords(t, v, rolls)}</b>
          <span className="dim problem-rule">
            {v.name}
            {v.cost > 0 && ` · ${t('rosters.costs', { cost: v.cost })}`}
          </span>
          {v.approval && (
            <span className="dim problem-rule">
              {t('rosters.approved_by', { by: v.approval.by, reason: v.approval.reason })}
            </span>
          )}
        </span>
      </button>
      {open && (
        <div className="problem-acts">
          {editable && !isPlace && <WaysOut v={v} roster={roster} rolls={rolls} />}
          {isPlace && place && (
            <button type="button" className="btn sm" onClick={() => onPlace(place)}>
              {t('rosters.who_could')}
            </button>
          )}
          {editable && v.level === 'exception' && !v.approval && desk.may('rosters.approve', roster.station) && (
            <button type="button" className="btn sm" onClick={onApprove}>
              {t('rosters.approve')}
            </button>
          )}
        </div>
      )}
    </li>
  )
}

function WaysOut({ v, roster, rolls }: { v: Violation; roster: Roster; rolls: Rolls }) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['rosters', roster.station, 'fixes', roster.draft, roster.board.draft?.version ?? 0, v.key],
    queryFn: ({ signal }) =>
      ask<Fixes>(`/rosters/${roster.station}/drafts/${roster.draft}/fixes`, {
        query: { key: v.key },
        signal,
        timeout: 20_000,
      }),
    enabled: !roster.busy,
    gcTime: 30_000,
  })
  if (got.error) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (!got.data) return <p className="dim">{t('rosters.looking')}</p>
  const { fixes, compromises } = got.data
  const apply = (fix: Fix) =>
    roster.edit(
      fix.changes.map((c) => ({ officer: c.officer, date: c.date, duties: c.duties })),
      'fix',
    )
  if (fixes.length + compromises.length === 0) return <p className="dim">{t('rosters.no_fix')}</p>
  return (
    <>
      {fixes.map((fix) => (
        <FixButton key={fixKey(fix)} fix={fix} v={v} roster={roster} rolls={rolls} onApply={() => apply(fix)} />
      ))}
      {fixes.length > 0 && <p className="dim problem-note">{t('rosters.no_new_problem', { count: fixes.length })}</p>}
      {compromises.map((fix) => (
        <div key={fixKey(fix)} className="compromise">
          <FixButton fix={fix} v={v} roster={roster} rolls={rolls} onApply={() => apply(fix)} />
          <p className="dim problem-note">
            {t('rosters.costs_wishes', { wishes: fix.leaves.map((l) => violationWords(t, l, rolls)).join(' ') })}
          </p>
        </div>
      ))}
    </>
  )
}

const fixKey = (fix: Fix): string =>
  `${fix.remedy} ${fix.changes.map((c) => `${cellKey(c.officer, c.date)}=${c.duties.map((d) => d.shift + d.post).join()}`).join(' ')}`

function FixButton(props: { fix: Fix; v: Violation; roster: Roster; rolls: Rolls; onApply: () => void }) {
  const { fix, v, roster, rolls, onApply } = props
  const { t } = useTranslation()
  const names = fix.officers.filter((o) => o !== v.officer).map((o) => shortName(rolls.officers.get(o)?.name ?? o))
  const text = (turns: readonly Turn[]) => turns.map((turn) => turn.shift).join('+') || t('rosters.free_short')
  const what = fix.changes
    .map(
      (c) =>
        `${shortName(rolls.officers.get(c.officer)?.name ?? c.officer)} ${dayWords(c.date)}: ${text(roster.turns(c.officer, c.date))} → ${text(c.duties)}`,
    )
    .join('; ')
  return (
    <button type="button" className="btn sm fix" title={what} onClick={onApply} data-fix={fix.remedy}>
      {t(`rosters.remedy.${fix.remedy}`, {
        names: names.join(', '),
        officer: shortName(rolls.officers.get(v.officer)?.name ?? ''),
        context: names.length === 0 ? 'self' : undefined,
      })}
      <span className="dim fix-what">{what}</span>
    </button>
  )
}

/** Lets exceptions stand, with a reason and the name of whoever says so. */
function Approve(props: { roster: Roster; rolls: Rolls; list: Violation[]; onClose: () => void }) {
  const { roster, rolls, list, onClose } = props
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  return (
    <FormDialog
      title={t('rosters.approve_title', { count: list.length })}
      submit={t('rosters.approve_do', { count: list.length })}
      off={reason.trim() === ''}
      words={(_, fault) => refusedWords(t, fault, rolls)}
      onClose={onClose}
      send={async () => {
        await ask<Draft>(`/rosters/${roster.station}/drafts/${roster.draft}/approvals`, {
          method: 'POST',
          body: { violations: list.map((v) => v.key), reason: reason.trim() },
          timeout: 20_000,
        })
        await roster.reload()
      }}
    >
      <p className="dim">{t('rosters.approve_why')}</p>
      <ul className="approve-list">
        {list.slice(0, 40).map((v) => (
          <li key={v.key}>{violationWords(t, v, rolls)}</li>
        ))}
        {list.length > 40 && <li>{t('rosters.and_n_more', { count: list.length - 40 })}</li>}
      </ul>
      <label className="field">
        {t('rosters.reason')}
        <textarea
          className="input"
          rows={2}
          maxLength={500}
          value={reason}
          onChange={(e) => setReason(e.target.value)}
          data-autofocus
        />
      </label>
    </FormDialog>
  )
}

/** The key that goes to the next problem. */
function useNextProblem(list: Violation[], open: string | null, jump: (v: Violation) => void): void {
  const latest = useRef({ list, open, jump })
  latest.current = { list, open, jump }
  useEffect(() => {
    const next = () => {
      const now = latest.current
      const at = now.list.findIndex((v) => v.key === now.open)
      const v = now.list[(at + 1) % Math.max(1, now.list.length)]
      if (v) now.jump(v)
    }
    document.addEventListener('roster-next-problem', next)
    return () => document.removeEventListener('roster-next-problem', next)
  }, [])
}
