// The audit record: who did what, when, from where, and whether the chain is whole.
import './audit.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Fragment, lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { AuditCheck, AuditEntry } from '../contract'
import { withUTC } from '../i18n/time'
import { actionWords, refusalWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'
import { MomentInput, useInstant } from '../shell/moment'
import { Pager, usePaged } from '../shell/pages-of'
import { Failed, Loading, NotAllowed } from '../shell/states'
import { At } from '../shell/times'
import { WordsFilter } from '../shell/words-filter'

const Kept = lazy(() => import('./retention'))

export default function Audit() {
  const { t } = useTranslation()
  const search = useSearch({ from: '/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const { may } = useDesk()
  const tab = search.tab === 'kept' ? 'kept' : 'record'
  const parts = (
    <div className="seg no-print">
      {(['record', 'kept'] as const).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={tab === name}
          onClick={() => void navigate({ search: { tab: name === 'record' ? undefined : name } })}
        >
          {t(`audit.tab.${name}`)}
        </button>
      ))}
    </div>
  )
  if (!may('audit.read')) return <NotAllowed permission="audit.read" />
  if (tab === 'record') return <Record parts={parts} />
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('audit.tab.kept')} data-panel>
        <div className="ph">
          <h1>{t('audit.title')}</h1>
          {parts}
        </div>
        <Suspense fallback={<Loading />}>
          <Kept />
        </Suspense>
      </section>
    </div>
  )
}

function Record({ parts }: { parts: ReactNode }) {
  const { t } = useTranslation()
  const { station, session, zone, stations } = useDesk()
  const search = useSearch({ from: '/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const instant = useInstant()
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const query = {
    // Without a choice of station, what belongs to none is shown too: signing in, users, tokens.
    station: station === ALL || stations.length === 1 ? undefined : station,
    actor: search.actor,
    action: search.action,
    subject: search.subject,
    from: instant(search.from),
    to: instant(search.to),
  }
  const paged = usePaged<AuditEntry>('/audit', query)
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]))
  const demo = session.demo || stations.some((s) => s.demo)
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('audit.title')} data-panel>
        <div className="ph">
          <h1>{t('audit.title')}</h1>
          {parts}
          {demo && <span className="chip demo">{t('shell.demo')}</span>}
          <span className="print-only">{withUTC(Date.now(), zone)}</span>
          <div className="grow" />
          <Verify />
          <a className="btn sm no-print" href={`/api/v1/audit.csv?${new URLSearchParams(pairs)}`} download>
            {t('audit.csv')}
          </a>
          <button type="button" className="btn sm no-print" onClick={() => window.print()}>
            {t('audit.print')}
          </button>
        </div>
        <div className="filters">
          <WordsFilter label={t('audit.actor')} value={search.actor} onChange={(actor) => go({ actor })} />
          <WordsFilter label={t('audit.action')} value={search.action} onChange={(action) => go({ action })} />
          <WordsFilter label={t('audit.subject')} value={search.subject} onChange={(subject) => go({ subject })} />
          <MomentInput label={t('alarms.from')} value={search.from} onChange={(from) => go({ from })} />
          <MomentInput label={t('alarms.to')} value={search.to} onChange={(to) => go({ to })} />
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t('audit.title')}>
          {paged.error ? (
            <Failed fault={paged.error} again={paged.again} />
          ) : paged.loading ? (
            <Loading />
          ) : paged.items.length === 0 ? (
            <p className="empty">{t('audit.none')}</p>
          ) : (
            <Entries entries={paged.items} />
          )}
        </div>
        <Pager paged={paged} />
      </section>
    </div>
  )
}

function Verify() {
  const { t } = useTranslation()
  const [state, setState] = useState<'idle' | 'busy'>('idle')
  const [told, setTold] = useState<AuditCheck | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const check = async () => {
    setState('busy')
    setFault(null)
    setTold(null)
    try {
      setTold(await ask<AuditCheck>('/audit/verify', { timeout: 120_000 }))
    } catch (why) {
      setFault(why)
    }
    setState('idle')
  }
  return (
    <>
      <span role="status" data-audit={told ? (told.ok ? 'whole' : 'broken') : ''}>
        {told?.ok && t('audit.whole', { count: told.entries })}
        {told && !told.ok && (
          <b className="chip hot">{t('audit.broken', { entry: told.first_bad ?? '?', reason: told.reason ?? '' })}</b>
        )}
        {fault !== null && refusalWords(t, fault)}
      </span>
      <button type="button" className="btn sm no-print" disabled={state === 'busy'} onClick={() => void check()}>
        {state === 'busy' ? t('audit.verifying') : t('audit.verify')}
      </button>
    </>
  )
}

function Entries({ entries }: { entries: AuditEntry[] }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState<number | null>(null)
  return (
    <table className="table audit">
      <thead>
        <tr>
          {['index', 'at', 'actor', 'action', 'subject', 'summary', 'address'].map((head) => (
            <th scope="col" key={head} className={head === 'index' ? 'num' : undefined}>
              {t(`audit.${head}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {entries.map((e) => (
          <Fragment key={`${e.change}/${e.index}`}>
            <tr className={open === e.change ? 'on' : undefined}>
              <td className="num">
                <button
                  type="button"
                  className="rowlink"
                  aria-expanded={open === e.change}
                  aria-label={t('audit.entry', { change: e.change })}
                  onClick={() => setOpen(open === e.change ? null : e.change)}
                >
                  <bdi>{e.change}</bdi>
                </button>
              </td>
              <td>
                <At at={e.at} date />
              </td>
              <td>
                <bdi>{e.actor_name || e.actor}</bdi>
              </td>
              <td>{actionWords(t, e.action)}</td>
              <td className="mono">
                <bdi>{e.subject}</bdi>
              </td>
              <td>{factWords(e)}</td>
              <td className="mono faint">
                <bdi>{e.address}</bdi>
              </td>
            </tr>
            {open === e.change && (
              <tr className="on">
                <td colSpan={7}>
                  <dl className="pairs">
                    {Object.entries(e.params ?? {}).map(([name, value]) => (
                      <div key={name} style={{ display: 'contents' }}>
                        <dt>{name}</dt>
                        <dd className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
                      </div>
                    ))}
                    <dt>{t('audit.station')}</dt>
                    <dd>{e.station || '–'}</dd>
                    <dt>{t('audit.hash')}</dt>
                    <dd className="mono">{e.hash}</dd>
                    <dt>{t('audit.previous')}</dt>
                    <dd className="mono">{e.previous}</dd>
                  </dl>
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  )
}

/** The facts of an entry in one line; the action says what they belong to. */
function factWords(entry: AuditEntry): string {
  const facts = Object.entries(entry.params ?? {}).filter(([, value]) => value !== '')
  return facts.map(([name, value]) => `${name} ${value}`).join(', ')
}
