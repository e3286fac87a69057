// How the watch stands now: desks, prompts, alarms that went up, word that left.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Alarm, List, Station } from '../contract'
import { alarmPlace, alarmTitle, refusalWords, roleWords } from '../i18n/words'
import { useAlarms, useEachSecond, useThings } from '../live'
import { ALL, DeskContext, useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { nameDesk, useDeskName } from './desk-name'
import type { Pack, Post, Roll, Stand } from './told'

export default function Overview() {
  const { t } = useTranslation()
  const desk = useDesk()
  const got = useQuery({
    queryKey: ['watch', desk.station],
    queryFn: ({ signal }) =>
      ask<List<Roll>>('/watch', {
        query: { station: desk.station === ALL ? undefined : desk.station, limit: 1000 },
        signal,
      }),
    refetchInterval: 10_000,
  })
  if (got.error && !got.data) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (!got.data) return <Loading />
  const rolls = (got.data.items ?? []).filter((r) => desk.stations.some((s) => s.id === r.station))
  return (
    <div className="scroll watch-now" tabIndex={0} role="group" aria-label={t('watch.tab.now')}>
      <DeskName />
      <WentUp />
      {rolls.map((roll) => (
        <DeskContext
          key={roll.station}
          value={{ ...desk, zone: desk.stations.find((s) => s.id === roll.station)?.time_zone || 'UTC' }}
        >
          <StationWatch roll={roll} station={desk.stations.find((s) => s.id === roll.station) as Station} />
        </DeskContext>
      ))}
    </div>
  )
}

/** The desk's own name, by which others see where somebody sits. */
function DeskName() {
  const { t } = useTranslation()
  const name = useDeskName()
  const [text, setText] = useState(name)
  return (
    <form
      className="watch-desk"
      onSubmit={(e) => {
        e.preventDefault()
        nameDesk(text)
      }}
    >
      <label htmlFor="desk-name">{t('watch.desk_name')}</label>
      <input
        id="desk-name"
        className="input"
        maxLength={60}
        placeholder={t('watch.desk_name_hint')}
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <button type="submit" className="btn sm" disabled={text.trim() === name}>
        {t('watch.save')}
      </button>
    </form>
  )
}

/** Alarms that nobody answered in time, and where they are now. */
function WentUp() {
  const { t } = useTranslation()
  const desk = useDesk()
  const up = useAlarms()
    .filter((a) => a.escalation && (desk.station === ALL || a.station === desk.station))
    .sort((a, b) => a.priority - b.priority || a.raised_at.localeCompare(b.raised_at))
  if (up.length === 0) return <p className="empty">{t('watch.none_up')}</p>
  return (
    <>
      <h3 className="h3">{t('watch.went_up', { count: up.length })}</h3>
      <table className="table">
        <thead>
          <tr>
            {['priority', 'alarm', 'place', 'since', 'to', 'why'].map((head) => (
              <th scope="col" key={head}>
                {t(`watch.up.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {up.slice(0, 50).map((a) => (
            <tr key={a.id} data-up={a.id}>
              <td>{a.priority}</td>
              <td>
                <Link to="/control" search={{ alarm: a.id }}>
                  {alarmTitle(t, a)}
                </Link>
              </td>
              <td>
                <bdi>{alarmPlace(a)}</bdi>
              </td>
              <td>
                <At at={a.raised_at} />{' '}
                <span className="faint">
                  <Age at={a.raised_at} />
                </span>
              </td>
              <td>
                {t(`watch.to.${a.escalation?.to}`, { defaultValue: a.escalation?.to ?? '' })}{' '}
                <span className="faint">
                  <At at={a.escalation?.at} />
                </span>
              </td>
              <td>{nobody(a) ? <b>{t('watch.up_nobody')}</b> : t('watch.up_unanswered')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

const nobody = (a: Alarm): boolean => Boolean((a.escalation as { nobody?: boolean } | null | undefined)?.nobody)

function StationWatch({ roll, station }: { roll: Roll; station: Station }) {
  const { t } = useTranslation()
  const stands = useThings<Stand>('watch')
  const all = useThings<Post>('desk')
  const stand = stands.find((s) => s.station === roll.station) ?? roll.standing ?? undefined
  const posts = all.filter((p) => p.station === roll.station).sort((a, b) => a.since.localeCompare(b.since))
  return (
    <section className="watch-one" aria-label={station.name} data-station={roll.station}>
      <div className="watch-head">
        <h3>
          <bdi>{station.name}</bdi>
        </h3>
        <span
          className={stand?.state === 'missed' || posts.length === 0 ? 'chip old' : 'chip'}
          data-state={stand?.state}
        >
          {posts.length === 0 ? t('watch.state.unmanned') : t(`watch.state.${stand?.state ?? 'kept'}`)}
        </span>
        {stand && (
          <span className="dim">
            {t('watch.state_since')} <At at={stand.since} />
          </span>
        )}
        <span className="grow" />
        <span className="dim">
          {t('watch.duty_chief')}{' '}
          {roll.duty_chief ? <bdi>{roll.duty_chief}</bdi> : <b className="lack">{t('watch.no_duty_chief')}</b>}
        </span>
      </div>
      {posts.length === 0 ? (
        <p className="empty">{t('watch.nobody_means')}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              {['name', 'role', 'desk', 'since', 'last_key'].map((head) => (
                <th scope="col" key={head}>
                  {t(`watch.head.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {posts.map((p) => (
              <tr key={p.id} data-post={p.user}>
                <td>
                  <bdi>{p.name}</bdi>
                </td>
                <td>
                  {roleWords(t, p.role)} {p.cover && <span className="chip accent">{t('watch.by_cover')}</span>}
                </td>
                <td>{p.desk ? <bdi>{p.desk}</bdi> : <span className="faint">{t('watch.unnamed')}</span>}</td>
                <td>
                  <At at={p.since} />
                </td>
                <td>
                  <Age at={p.last_key} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="watch-foot">
        {roll.failed > 0 && (
          <Link to="/watch" search={{ tab: 'deliveries', at: roll.station }} className="chip old">
            {t('watch.failed', { count: roll.failed })}
          </Link>
        )}
        <PackLine pack={roll.pack} />
      </div>
    </section>
  )
}

/** The fallback pack: how old, where, and a button for a new one. */
function PackLine({ pack }: { pack: Pack }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const client = useQueryClient()
  const write = useMutation({
    mutationFn: () => ask('/fallback', { method: 'POST', body: { station: pack.station }, timeout: 20_000 }),
    onSettled: () => client.invalidateQueries({ queryKey: ['watch'] }),
  })
  const old = useEachSecond(() => pack.old)
  return (
    <div className="watch-pack" data-pack={pack.at ? 'there' : 'none'}>
      <span className={old ? 'lack' : 'dim'}>
        {pack.at ? (
          <>
            {t('watch.pack')} <At at={pack.at} date /> (<Age at={pack.at} />)
          </>
        ) : (
          t('watch.pack_none')
        )}
      </span>
      {pack.reason && <b className="lack">{t('watch.pack_failed', { reason: pack.reason })}</b>}
      {pack.at && (
        <a
          className="btn sm"
          href={`/api/v1/fallback/page?station=${encodeURIComponent(pack.station)}`}
          target="_blank"
          rel="noreferrer"
        >
          {t('watch.pack_open')}
        </a>
      )}
      {may('watch.supervise', pack.station) && (
        <button
          type="button"
          className="btn sm"
          aria-disabled={write.isPending}
          onClick={() => write.isPending || write.mutate()}
        >
          {write.isPending ? t('watch.pack_writing') : t('watch.pack_write')}
        </button>
      )}
      {write.error && (
        <span className="fault" role="alert">
          {refusalWords(t, write.error)}
        </span>
      )}
      {pack.folder && <span className="faint mono">{pack.folder}</span>}
    </div>
  )
}
