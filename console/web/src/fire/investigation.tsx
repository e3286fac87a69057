// One pre-alarm that is looked into: how long still, who looks, and the word
// that ends it.
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { useLink, useThings } from '../live'
import { useDesk } from '../session/desk'
import { At } from '../shell/times'
import { useAct } from './act'
import { Countdown } from './countdown'
import type { Investigation } from './live'

export function InvestigationCard({ of: i, chosen }: { of: Investigation; chosen: boolean }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const link = useLink()
  const box = useRef<HTMLElement>(null)
  const { act, busy, fault } = useAct()
  useEffect(() => {
    if (chosen) box.current?.querySelector<HTMLElement>('input')?.focus()
  }, [chosen])
  const path = `/fire/investigations/${i.id}`
  const off = busy || !link.up
  const writes = may('wardens.write', i.station)
  return (
    <article
      ref={box}
      className={i.state === 'undecided' ? 'fire-card p1' : 'fire-card p2'}
      data-investigation={i.id}
      data-state={i.state}
      aria-label={t('fire.investigation_of', { point: i.point_name })}
    >
      <div className="row">
        <b>{i.state === 'undecided' ? t('fire.ran_out') : t('fire.investigation')}</b>
        {i.demo && <span className="chip demo">{t('shell.demo')}</span>}
        <span className="grow" />
        <span className="big">
          <Countdown due={i.due_at} />
        </span>
      </div>
      <dl className="pairs">
        <dt>{t('fire.detector')}</dt>
        <dd>
          <bdi>{i.point_name}</bdi>
          {i.zone_name && ` · ${t('fire.zone_n', { name: i.zone_name })}`}
        </dd>
        <dt>{t('fire.place')}</dt>
        <dd>{i.location}</dd>
        <dt>{t('fire.began')}</dt>
        <dd>
          <At at={i.started_at} /> · {t('fire.until')} <At at={i.due_at} />
          {i.extended && ` · ${t('fire.extended_by', { name: i.extended.by_name, reason: i.extended.reason })}`}
        </dd>
        <dt>{t('fire.looks')}</dt>
        <dd>
          {i.investigator ? (
            <b>
              <bdi>{i.investigator}</bdi>
            </b>
          ) : (
            t('fire.nobody_looks')
          )}
          {i.assigned_at && (
            <span className="dim">
              {' '}
              · <At at={i.assigned_at} /> {i.assigned_by}
            </span>
          )}
        </dd>
      </dl>
      {writes && <Assign i={i} off={off} send={(name) => act(`${path}/assign`, { version: i.version, name })} />}
      {writes && (
        <Decide off={off} send={(outcome, reason) => act(`${path}/decide`, { version: i.version, outcome, reason })} />
      )}
      {may('watch.supervise', i.station) && i.state === 'running' && !i.extended && (
        <Extend i={i} off={off} send={(reason) => act(`${path}/extend`, { version: i.version, reason })} />
      )}
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
    </article>
  )
}

interface Watching {
  id: string
  station: string
  name: string
}

function Assign(props: { i: Investigation; off: boolean; send: (name: string) => Promise<unknown> }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const desks = useThings<Watching>('desk').filter((d) => d.station === props.i.station)
  const list = `looks-${props.i.id}`
  const send = (event: FormEvent) => {
    event.preventDefault()
    void props.send(name).then((done) => done !== undefined && setName(''))
  }
  return (
    <form className="line" onSubmit={send}>
      <input
        className="input"
        aria-label={t('fire.assign_who')}
        placeholder={t('fire.assign_who')}
        value={name}
        list={list}
        maxLength={120}
        onChange={(e) => setName(e.target.value)}
      />
      <datalist id={list}>
        {desks.map((d) => (
          <option key={d.id} value={d.name} />
        ))}
      </datalist>
      <button type="submit" className="btn" disabled={props.off || name.trim() === ''}>
        {t('fire.assign')}
      </button>
    </form>
  )
}

function Decide(props: { off: boolean; send: (outcome: 'real' | 'false', reason: string) => Promise<unknown> }) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  return (
    <form
      className="line"
      onSubmit={(event) => {
        event.preventDefault()
        void props.send('false', reason)
      }}
    >
      <input
        className="input"
        aria-label={t('fire.what_it_was')}
        placeholder={t('fire.what_it_was')}
        value={reason}
        maxLength={1000}
        onChange={(e) => setReason(e.target.value)}
      />
      <button type="submit" className="btn" disabled={props.off || reason.trim() === ''}>
        {t('fire.decide_false')}
      </button>
      <button type="button" className="btn danger" disabled={props.off} onClick={() => void props.send('real', reason)}>
        {t('fire.decide_real')}
      </button>
    </form>
  )
}

function Extend(props: { i: Investigation; off: boolean; send: (reason: string) => Promise<unknown> }) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  return (
    <form
      className="line"
      onSubmit={(event) => {
        event.preventDefault()
        void props.send(reason)
      }}
    >
      <input
        className="input"
        aria-label={t('fire.extend_why')}
        placeholder={t('fire.extend_why')}
        value={reason}
        maxLength={1000}
        onChange={(e) => setReason(e.target.value)}
      />
      <button type="submit" className="btn" disabled={props.off || reason.trim() === ''}>
        {t('fire.extend', { minutes: Math.round(props.i.seconds / 60) })}
      </button>
    </form>
  )
}
