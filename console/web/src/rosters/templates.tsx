// Weeks that come again: days copied from this draft, from what is published or
// from another draft, and weeks kept under a name.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import { Choice, Field } from '../shell/field'
import { Failed, Loading } from '../shell/states'
import type { Draft, Edited, Kept } from './contract'
import { addDays, daysBetween, spanWords } from './days'
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

export default function Templates({ roster, rolls, onClose }: { roster: Roster; rolls: Rolls; onClose: () => void }) {
  const { t } = useTranslation()
  const { from: first, until: last } = roster.board
  const path = `/rosters/${roster.station}/drafts/${roster.draft}`
  const [source, setSource] = useState('')
  const [[from, until], setSpan] = useSpan(first, addDays(first, 6))
  const [to, setTo] = useState(addDays(first, 7))
  const [end, setEnd] = useState(last)
  const [over, setOver] = useState(false)
  const [name, setName] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [said, setSaid] = useState('')
  const list = useQuery({
    queryKey: ['rosters', roster.station, 'templates'],
    queryFn: ({ signal }) => ask<{ items: Kept<Template>[] }>(`/rosters/${roster.station}/templates`, { signal }),
  })
  const drafts = useQuery({
    queryKey: ['rosters', roster.station, 'drafts', 'to copy'],
    queryFn: ({ signal }) => ask<{ items: Draft[] }>(`/rosters/${roster.station}/drafts`, { signal }),
  })
  const others = (drafts.data?.items ?? []).filter((d) => d.id !== roster.draft)
  const act = async (step: () => Promise<string>) => {
    setBusy(true)
    setFault(null)
    setSaid('')
    try {
      setSaid(await step())
      await list.refetch()
    } catch (why) {
      setFault(why)
    }
    setBusy(false)
  }
  const put = async (where: string, body: unknown) => {
    const answer = await ask<Edited & { skipped: number }>(`${path}/${where}`, {
      method: 'POST',
      body,
      timeout: 40_000,
    })
    roster.answered(answer)
    return answer.skipped > 0
      ? t('rosters.copied_but', { count: answer.cells.length, skipped: answer.skipped })
      : t('rosters.copied_cells', { count: answer.cells.length })
  }
  const copy = (event: FormEvent) => {
    event.preventDefault()
    void act(() => put('copy', { source, from, until, to, last: end, over }))
  }
  const keep = (event: FormEvent) => {
    event.preventDefault()
    void act(async () => {
      await ask(`${path}/templates`, { method: 'POST', body: { name: name.trim(), from, until } })
      setName('')
      return t('rosters.template_kept')
    })
  }
  const items = list.data?.items ?? []
  return (
    <Dialog title={t('rosters.copy_title')} onClose={onClose} wide>
      <div className="body">
        <form className="rosters-four" onSubmit={copy} aria-label={t('rosters.copy_title')}>
          <Choice label={t('rosters.copy_from')} value={source} onChange={(e) => setSource(e.target.value)}>
            <option value="">{t('rosters.copy_this')}</option>
            <option value="published">{t('rosters.copy_published')}</option>
            {others.map((d) => (
              <option key={d.id} value={d.id}>
                {t('rosters.draft_named', { name: d.name, period: spanWords(d.from, d.until) })}
              </option>
            ))}
          </Choice>
          <Span from={from} until={until} fault={fault} onChange={setSpan} />
          <Field label={t('rosters.copy_to')} at="to" fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                type="date"
                required
                min={first}
                max={last}
                value={to}
                onChange={(e) => setTo(e.target.value)}
              />
            )}
          </Field>
          <Field label={t('rosters.copy_last')} at="last" fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                type="date"
                required
                min={to}
                max={last}
                value={end}
                onChange={(e) => setEnd(e.target.value)}
              />
            )}
          </Field>
          <label className="check">
            <input type="checkbox" checked={over} onChange={(e) => setOver(e.target.checked)} />{' '}
            {t('rosters.copy_over')}
          </label>
          <button type="submit" className="btn pri" disabled={busy}>
            {t('rosters.copy_do', { count: Math.max(0, daysBetween(from, until) + 1) })}
          </button>
        </form>
        <h3 className="h3">{t('rosters.templates')}</h3>
        {list.error ? (
          <Failed fault={list.error} again={() => void list.refetch()} />
        ) : !list.data ? (
          <Loading />
        ) : (
          <ul className="template-list">
            {items.map(({ item, version }) => (
              <li key={item.id}>
                <b>
                  <bdi>{item.name}</bdi>
                </b>
                <span className="dim">{t('rosters.template_of', { count: item.days, cells: item.cells })}</span>
                <span className="grow" />
                <button
                  type="button"
                  className="btn sm"
                  disabled={busy}
                  onClick={() => void act(() => put(`templates/${item.id}`, { from: to, until: end, over }))}
                >
                  {t('rosters.template_use')}
                </button>
                <button
                  type="button"
                  className="btn sm ghost"
                  disabled={busy}
                  onClick={() =>
                    void act(async () => {
                      await ask(`/rosters/${roster.station}/templates/${item.id}`, {
                        method: 'DELETE',
                        query: { version },
                      })
                      return t('rosters.template_gone', { name: item.name })
                    })
                  }
                >
                  {t('rosters.remove')}
                </button>
              </li>
            ))}
            {items.length === 0 && <li className="dim">{t('rosters.no_templates')}</li>}
          </ul>
        )}
        <form className="rosters-keep" onSubmit={keep}>
          <label className="field">
            {t('rosters.template_name')}
            <input className="input" maxLength={100} value={name} onChange={(e) => setName(e.target.value)} />
          </label>
          <button type="submit" className="btn" disabled={busy || name.trim() === ''}>
            {t('rosters.template_keep')}
          </button>
        </form>
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        {said && <p role="status">{said}</p>}
      </div>
    </Dialog>
  )
}
