// Search in the journal and in the record: words of a week, what a point said, what
// a person did. One list in order, for the screen, for a sheet program, for paper.
import './replay.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, everything } from '../ask'
import type { AuditEntry, Device } from '../contract'
import { full, withUTC } from '../i18n/time'
import { actionWords, detailWords, kindWords, stateWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'
import { MomentInput, useInstant } from '../shell/moment'
import { Pager, usePaged } from '../shell/pages-of'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import type { Found } from './past'

const views = ['text', 'point', 'person'] as const
type View = (typeof views)[number]
const paths: Record<View, string> = { text: '/search', point: '/search/point', person: '/search/person' }

const HOUR = 3_600_000
const DAY = 24 * HOUR

export default function Search() {
  const { t } = useTranslation()
  const { station, stations, zone, may } = useDesk()
  const search = useSearch({ from: '/search' })
  const navigate = useNavigate({ from: '/search' })
  const instant = useInstant()
  const view: View = views.find((v) => v === search.view) ?? 'text'
  const go = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const at = station === ALL && stations.length > 1 ? undefined : station === ALL ? stations[0]?.id : station
  const from = instant(search.from)
  const to = instant(search.to)
  const [now] = useState(() => Math.ceil(Date.now() / 60_000) * 60_000)
  const days = {
    from: from ?? new Date(to ? Date.parse(to) - DAY : now - DAY).toISOString(),
    to: to ?? new Date(from ? Date.parse(from) + DAY : now).toISOString(),
  }
  const query: Record<string, string | undefined> =
    view === 'text'
      ? { station: at, q: search.q, only: search.only, from, to }
      : view === 'point'
        ? { station: at, point: search.point, from, to }
        : { station: at, actor: search.actor, person: search.person, card: search.card, ...days }
  const asked =
    view === 'text' ? search.q : view === 'point' ? search.point : search.actor || search.person || search.card
  const pairs = Object.entries<string | undefined>({ view, ...query }).filter((pair): pair is [string, string] =>
    Boolean(pair[1]),
  )
  return (
    <div className="quiet" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
      <section className="panel" aria-label={t('search.title')} data-panel>
        <div className="ph">
          <h1>{t('search.title')}</h1>
          <div className="seg" role="group" aria-label={t('search.by')}>
            {views.map((v) => (
              <button type="button" key={v} aria-pressed={view === v} onClick={() => go({ view: v })}>
                {t(`search.view.${v}`)}
              </button>
            ))}
          </div>
          <span className="search-now">{withUTC(Date.now(), zone)}</span>
          <div className="grow" />
          {asked && (
            <a className="btn sm no-print" href={`/api/v1/search.csv?${new URLSearchParams(pairs)}`} download>
              {t('search.csv')}
            </a>
          )}
          <button type="button" className="btn sm no-print" onClick={() => window.print()}>
            {t('search.print')}
          </button>
        </div>
        <div className="filters search">
          {view === 'text' && <Words value={search.q} onChange={(q) => go({ q })} />}
          {view === 'text' && may('audit.read', at) && (
            <select
              className="input"
              aria-label={t('search.only')}
              value={search.only ?? ''}
              onChange={(event) => go({ only: event.target.value || undefined })}
            >
              <option value="">{t('search.both')}</option>
              <option value="signals">{t('search.signals')}</option>
              <option value="acts">{t('search.acts')}</option>
            </select>
          )}
          {view === 'point' && <PointChoice station={at} value={search.point} onChange={(point) => go({ point })} />}
          {view === 'person' && (
            <PersonChoice
              station={at}
              span={days}
              actor={search.actor}
              card={search.card}
              person={search.person}
              onChange={(who) => go({ actor: undefined, person: undefined, card: undefined, ...who })}
            />
          )}
          <MomentInput label={t('search.from')} value={search.from} onChange={(value) => go({ from: value })} />
          <MomentInput label={t('search.to')} value={search.to} onChange={(value) => go({ to: value })} />
          <span className="faint">{t(`search.span.${view}`)}</span>
        </div>
        {asked ? (
          <Results
            key={view}
            path={paths[view]}
            query={query}
            onPoint={(point) => go({ view: 'point', point })}
            onActor={(actor) => go({ view: 'person', actor, person: undefined, card: undefined })}
          />
        ) : (
          <p className="empty">{t(`search.how.${view}`)}</p>
        )}
      </section>
    </div>
  )
}

function Words(props: { value: string | undefined; onChange: (q: string | undefined) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState(props.value ?? '')
  return (
    <form
      className="search-words"
      onSubmit={(event) => {
        event.preventDefault()
        props.onChange(text.trim() || undefined)
      }}
    >
      <input
        className="input"
        type="search"
        maxLength={200}
        aria-label={t('search.words')}
        placeholder={t('search.words')}
        value={text}
        data-focus
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="btn">
        {t('search.go')}
      </button>
    </form>
  )
}

function PointChoice(props: {
  station: string | undefined
  value: string | undefined
  onChange: (point: string | undefined) => void
}) {
  const { t } = useTranslation()
  const devices = useQuery({
    queryKey: ['devices', props.station ?? ''],
    queryFn: ({ signal }) => everything<Device>('/devices', { station: props.station }, signal),
    staleTime: 60_000,
  })
  const names = useMemo(
    () =>
      (devices.data ?? []).flatMap((d) =>
        (d.points ?? []).map((p) => ({ id: p.id, name: [d.location, d.name, p.name].filter(Boolean).join(' · ') })),
      ),
    [devices.data],
  )
  const [text, setText] = useState(props.value ?? '')
  const choose = (wanted: string) => {
    setText(wanted)
    const found = names.find((n) => n.id === wanted || n.name === wanted)
    if (found) props.onChange(found.id)
    else if (/^[^/\s]+\/[^/\s]+\.[^/\s]+$/.test(wanted)) props.onChange(wanted)
    else if (wanted === '') props.onChange(undefined)
  }
  return (
    <>
      <input
        className="input"
        style={{ inlineSize: 340 }}
        list="search-points"
        aria-label={t('search.point')}
        placeholder={t('search.point')}
        value={text}
        data-focus
        onChange={(event) => choose(event.target.value)}
      />
      <datalist id="search-points">
        {names.slice(0, 3000).map((n) => (
          <option key={n.id} value={n.id}>
            {n.name}
          </option>
        ))}
      </datalist>
    </>
  )
}

/** Whoever did something in the time asked for, and whoever has a card of ours. */
function PersonChoice(props: {
  station: string | undefined
  span: { from: string; to: string }
  actor: string | undefined
  person: string | undefined
  card: string | undefined
  onChange: (who: { actor?: string; person?: string; card?: string }) => void
}) {
  const { station, span, actor, person, card, onChange } = props
  const { t } = useTranslation()
  const { may } = useDesk()
  const [name, setName] = useState('')
  const acts = useQuery({
    queryKey: ['search-actors', station ?? '', span.from, span.to],
    queryFn: ({ signal }) =>
      ask<{ items: AuditEntry[] | null }>('/audit', { query: { station, ...span, limit: 1000 }, signal }),
    enabled: may('audit.read', station),
  })
  const people = useQuery({
    queryKey: ['search-people', station ?? '', name],
    queryFn: ({ signal }) =>
      ask<{ items: { id: string; name: string }[] | null }>('/people', {
        query: { station, q: name, limit: 50 },
        signal,
      }),
    enabled: may('people.read', station) && name.trim().length > 1,
  })
  const actors = new Map((acts.data?.items ?? []).map((e) => [e.actor, e.actor_name || e.actor]))
  actors.delete('system')
  if (actor && !actors.has(actor)) actors.set(actor, actor)
  return (
    <>
      {may('audit.read', station) && (
        <select
          className="input"
          aria-label={t('search.operator')}
          value={actor ?? ''}
          data-focus
          onChange={(event) => onChange(event.target.value ? { actor: event.target.value } : {})}
        >
          <option value="">{t('search.operator')}</option>
          {[...actors].map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      )}
      {may('people.read', station) && (
        <>
          <input
            className="input"
            type="search"
            aria-label={t('search.cardholder')}
            placeholder={t('search.cardholder')}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          {(people.data?.items ?? []).slice(0, 8).map((p) => (
            <button
              type="button"
              className="btn sm"
              key={p.id}
              aria-pressed={person === p.id}
              onClick={() => onChange({ person: p.id })}
            >
              <bdi>{p.name}</bdi>
            </button>
          ))}
        </>
      )}
      {card && <span className="chip">{t('search.card')}</span>}
    </>
  )
}

function Results(props: {
  path: string
  query: Record<string, string | undefined>
  onPoint: (point: string) => void
  onActor: (actor: string) => void
}) {
  const { t } = useTranslation()
  const paged = usePaged<Found>(props.path, props.query)
  return (
    <>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('search.found')} aria-busy={paged.loading}>
        {paged.error ? (
          <Failed fault={paged.error} again={paged.again} />
        ) : paged.loading ? (
          <Loading />
        ) : paged.items.length === 0 ? (
          <p className="empty" role="status">
            {t('search.none')}
          </p>
        ) : (
          <table className="table found">
            <thead>
              <tr>
                {['at', 'what', 'where', 'said', 'who', 'then'].map((head) => (
                  <th scope="col" key={head}>
                    {t(`search.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {paged.items.map((f) => (
                <Row key={f.signal ? `s${f.signal.id}` : `a${f.act?.change}.${f.act?.index}`} found={f} {...props} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      <Pager paged={paged} />
    </>
  )
}

function Row(props: { found: Found; onPoint: (point: string) => void; onActor: (actor: string) => void }) {
  const { found, onPoint, onActor } = props
  const { t } = useTranslation()
  const { zone, may } = useDesk()
  const { signal, act } = found
  const place = signal?.station ?? act?.station ?? ''
  const details = signal
    ? Object.entries(signal.detail ?? {}).filter(([name]) => name !== 'card_hash')
    : Object.entries(act?.params ?? {})
  return (
    <tr data-found={signal ? 'signal' : 'act'}>
      <td className="num" title={withUTC(found.at, zone)}>
        <At at={found.at} date />
      </td>
      <td>
        {signal ? kindWords(t, signal.kind) : actionWords(t, act?.action ?? '')}
        {signal?.demo && <span className="chip demo">{t('shell.demo')}</span>}
        {signal?.historical && <span className="chip old">{t('search.late')}</span>}
      </td>
      <td>
        {signal ? (
          <button type="button" className="rowlink" onClick={() => onPoint(signal.point)}>
            <bdi>{signal.point}</bdi>
          </button>
        ) : (
          <bdi className="mono">{act?.subject}</bdi>
        )}
      </td>
      <td>
        {signal && (
          <>
            {signal.active ? '' : `${t('search.over')} `}
            {signal.state && stateWords(t, signal.state)} <bdi>{signal.text}</bdi>{' '}
          </>
        )}
        <span className="faint">
          {details
            .filter(([, value]) => value !== '')
            .slice(0, 4)
            .map(([name, value]) => (signal ? detailWords(t, name, value).join(': ') : `${name}: ${value}`))
            .join(' · ')}
        </span>
      </td>
      <td>
        {act && (
          <button type="button" className="rowlink" onClick={() => onActor(act.actor)}>
            <bdi>{act.actor_name || act.actor}</bdi>
          </button>
        )}
      </td>
      <td className="no-print">
        {place && may('signals.read', place) && (
          <Link
            to="/replay"
            search={{ station: place, at: found.at, ...(signal && { point: signal.point }) }}
            aria-label={t('search.replay_at', { at: full(found.at, zone) })}
          >
            {t('search.replay')}
          </Link>
        )}
      </td>
    </tr>
  )
}
