// Weeks that come again: days of this draft, of what is published or of another
// draft, or weeks kept under a name, laid over days of this one. What that would do
// is said before it is done, and undone in one press.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import { Choice } from '../shell/field'
import { Failed, Loading } from '../shell/states'
import type { Draft, Edited, Kept, Laid } from './contract'
import { addDays, daysBetween, spanWords } from './days'
import { useRosterChanges } from './open-roster'
import type { Rolls } from './register'
import type { Roster } from './roster'
import { Span, useSpan } from './span'
import { refusedWords } from './words'

interface Template {
  id: string
  name: string
  days: number
  cells: number
}

/** What is laid: "" this draft, "published", the id of a draft, or "template:" and the id of one. */
const templateOf = (source: string): string | undefined =>
  source.startsWith('template:') ? source.slice('template:'.length) : undefined

export default function Templates({ roster, rolls, onClose }: { roster: Roster; rolls: Rolls; onClose: () => void }) {
  const { t } = useTranslation()
  useRosterChanges(roster)
  const { from: first, until: last } = roster.board
  const path = `/rosters/${roster.station}/drafts/${roster.draft}`
  const week = (day: string) => (daysBetween(day, last) < 6 ? last : addDays(day, 6))
  const [source, setSource] = useState('')
  const [[from, until], setSpan] = useSpan(first, week(first))
  const [[to, end], setInto] = useSpan(addDays(first, 7) <= last ? addDays(first, 7) : first, last)
  const [over, setOver] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [said, setSaid] = useState<{ words: string; undo: boolean } | null>(null)
  const list = useQuery({
    queryKey: ['rosters', roster.station, 'templates'],
    queryFn: ({ signal }) => ask<{ items: Kept<Template>[] }>(`/rosters/${roster.station}/templates`, { signal }),
  })
  const drafts = useQuery({
    queryKey: ['rosters', roster.station, 'drafts', 'to copy'],
    queryFn: ({ signal }) => ask<{ items: Draft[] }>(`/rosters/${roster.station}/drafts`, { signal }),
  })
  const others = (drafts.data?.items ?? []).filter((d) => d.id !== roster.draft)
  const items = list.data?.items ?? []
  const template = templateOf(source)
  const laying = (dry: boolean) =>
    template !== undefined
      ? ask<Laid>(`${path}/templates/${template}`, {
          method: 'POST',
          body: { from: to, until: end, over, dry_run: dry },
          timeout: 40_000,
        })
      : ask<Laid>(`${path}/copy`, {
          method: 'POST',
          body: { source, from, until, to, last: end, over, dry_run: dry },
          timeout: 40_000,
        })
  const fits = to >= first && end >= to && end <= last && (template !== undefined || until >= from)
  const would = useQuery({
    queryKey: [
      ...['rosters', roster.station, 'laying', roster.draft, roster.board.draft?.version ?? 0],
      ...[source, from, until, to, end, over],
    ],
    queryFn: () => laying(true),
    enabled: fits && !roster.busy && !busy,
    retry: false,
    gcTime: 0,
    placeholderData: (old) => old,
  })
  const act = async (step: () => Promise<{ words: string; undo: boolean }>) => {
    setBusy(true)
    setFault(null)
    setSaid(null)
    try {
      setSaid(await step())
      await list.refetch()
    } catch (why) {
      setFault(why)
    }
    setBusy(false)
  }
  const choose = (next: string) => {
    setSource(next)
    if (templateOf(next) !== undefined) return setInto([first, end])
    const other = others.find((d) => d.id === next)
    const begin = other ? other.from : next === 'published' ? addDays(first, -7) : first
    setSpan([begin, other && addDays(begin, 6) > other.until ? other.until : addDays(begin, 6)])
    setInto([next === '' && addDays(first, 7) <= end ? addDays(first, 7) : first, end])
  }
  const put = (event: FormEvent) => {
    event.preventDefault()
    void act(async () => {
      const answer = await laying(false)
      roster.answered(answer)
      return { words: t('rosters.copied_cells', { count: answer.cells.length }), undo: true }
    })
  }
  const undo = () =>
    act(async () => {
      roster.answered(await ask<Edited>(`${path}/undo`, { method: 'POST', timeout: 40_000 }))
      return { words: t('shell.undone'), undo: false }
    })
  const remove = ({ item, version }: Kept<Template>) =>
    act(async () => {
      await ask(`/rosters/${roster.station}/templates/${item.id}`, { method: 'DELETE', query: { version } })
      if (template === item.id) choose('')
      return { words: t('rosters.template_gone', { name: item.name }), undo: false }
    })
  const keep = (name: string) =>
    act(async () => {
      await ask(`${path}/templates`, { method: 'POST', body: { name, from, until } })
      return { words: t('rosters.template_kept', { name }), undo: false }
    })
  return (
    <Dialog title={t('rosters.copy_title')} onClose={onClose} wide>
      <div className="body">
        <form className="rosters-lay" onSubmit={put} aria-label={t('rosters.copy_title')}>
          <div className="rosters-four">
            <Choice
              label={t('rosters.copy_from')}
              value={source}
              onChange={(e) => choose(e.target.value)}
              data-autofocus
            >
              <option value="">{t('rosters.copy_this')}</option>
              <option value="published">{t('rosters.copy_published')}</option>
              {others.map((d) => (
                <option key={d.id} value={d.id}>
                  {t('rosters.draft_named', { name: d.name, period: spanWords(d.from, d.until) })}
                </option>
              ))}
              {items.length > 0 && (
                <optgroup label={t('rosters.templates')}>
                  {items.map(({ item }) => (
                    <option key={item.id} value={`template:${item.id}`}>
                      {item.name} ({t('rosters.days_n', { count: item.days })})
                    </option>
                  ))}
                </optgroup>
              )}
            </Choice>
            {template === undefined && <Span from={from} until={until} fault={fault} onChange={setSpan} />}
          </div>
          <div className="rosters-four">
            <Span
              from={to}
              until={end}
              fault={fault}
              onChange={setInto}
              called={[
                { label: t('rosters.copy_to'), at: 'to' },
                { label: t('rosters.copy_last'), at: 'last' },
              ]}
              least={first}
              most={last}
            />
            <label className="check">
              <input type="checkbox" checked={over} onChange={(e) => setOver(e.target.checked)} />{' '}
              {t('rosters.copy_over')}
            </label>
          </div>
          <div className="rosters-would">
            <Would fits={fits} laid={would.data} fault={would.error} rolls={rolls} />
            <button type="submit" className="btn pri" disabled={busy || !fits || cellsOf(would.data) === 0}>
              {t('rosters.template_use')}
            </button>
          </div>
        </form>
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        {said && (
          <p className="kept-told" role="status">
            {said.words}
            {said.undo && (
              <button type="button" className="btn sm" disabled={busy} onClick={() => void undo()}>
                {t('shell.undo')}
              </button>
            )}
          </p>
        )}
        <h3 className="h3">{t('rosters.templates')}</h3>
        {list.error ? (
          <Failed fault={list.error} again={() => void list.refetch()} />
        ) : !list.data ? (
          <Loading />
        ) : (
          <ul className="template-list">
            {items.map((one) => (
              <li key={one.item.id} data-template={one.item.name}>
                <b>
                  <bdi>{one.item.name}</bdi>
                </b>
                <span className="dim">{t('rosters.template_of', { count: one.item.days, cells: one.item.cells })}</span>
                <span className="grow" />
                <button type="button" className="btn sm ghost" disabled={busy} onClick={() => void remove(one)}>
                  {t('rosters.remove')}
                </button>
              </li>
            ))}
            {items.length === 0 && <li className="dim">{t('rosters.no_templates')}</li>}
          </ul>
        )}
        {source === '' && <Keep from={from} until={until} busy={busy} onKeep={keep} />}
      </div>
    </Dialog>
  )
}

const cellsOf = (laid: Laid | undefined): number => (laid ? laid.filled + laid.replaced + laid.emptied : 0)

/** What it would do, in numbers, before it is done. */
function Would(props: { fits: boolean; laid: Laid | undefined; fault: unknown; rolls: Rolls }) {
  const { fits, laid, fault, rolls } = props
  const { t } = useTranslation()
  if (!fits) return <p className="dim">{t('rosters.lay_outside')}</p>
  if (fault)
    return (
      <p className="fault" role="alert">
        {refusedWords(t, fault, rolls)}
      </p>
    )
  if (!laid) return <p className="dim">{t('rosters.lay_counting')}</p>
  const parts = (['filled', 'replaced', 'emptied', 'skipped'] as const)
    .filter((name) => laid[name] > 0)
    .map((name) => t(`rosters.lay_${name}`, { count: laid[name] }))
  if (cellsOf(laid) === 0) parts.unshift(t('rosters.lay_none'))
  return (
    <p role="status" data-would={cellsOf(laid)}>
      {parts.join(' · ')}
    </p>
  )
}

/** Keeps the days that are chosen above under a name; one of the same name is replaced. */
function Keep(props: { from: string; until: string; busy: boolean; onKeep: (name: string) => Promise<unknown> }) {
  const { from, until, busy, onKeep } = props
  const { t } = useTranslation()
  const [name, setName] = useState('')
  return (
    <form
      className="rosters-keep"
      onSubmit={(event) => {
        event.preventDefault()
        void onKeep(name.trim()).then(() => setName(''))
      }}
    >
      <label className="field">
        {t('rosters.template_name', { period: spanWords(from, until), count: daysBetween(from, until) + 1 })}
        <input className="input" maxLength={100} value={name} onChange={(e) => setName(e.target.value)} />
      </label>
      <button type="submit" className="btn" disabled={busy || name.trim() === ''}>
        {t('rosters.template_keep')}
      </button>
    </form>
  )
}
