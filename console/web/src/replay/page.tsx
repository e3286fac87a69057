// The site as it was: a film of the journal with a slider. Nothing here can be
// mistaken for now: the page has a frame and a banner of its own, its alarms make no
// sound and take no commands. The live strips of the shell go on above it.
import './replay.css'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Station } from '../contract'
import { clockTime, full, instantOf, withUTC, zoneName } from '../i18n/time'
import { ALL, useDesk } from '../session/desk'
import { useKeys } from '../shell/keys'
import { MomentInput } from '../shell/moment'
import { Failed, Loading } from '../shell/states'
import { AlarmsThen, Shelved, WhatHappened } from './lists'
import { type Length, lengths, type Range, windowOf } from './past'
import { PastPlan } from './plan'
import { type Player, type Speed, speeds, usePlayer } from './player'
import { Slider } from './slider'

export default function Replay() {
  const desk = useDesk()
  const search = useSearch({ from: '/replay' })
  const mine = desk.stations.filter((s) => desk.may('signals.read', s.id))
  // A desk of all stations looks back at the one that the address names: that of the alarm it came from.
  const wish = desk.station === ALL ? search.station : desk.station
  const station = mine.find((s) => s.id === wish) ?? mine[0]
  const { t } = useTranslation()
  if (!station) return <p className="empty">{t('replay.no_station')}</p>
  const wanted = Date.parse(search.at ?? '')
  return (
    <Film
      key={station.id}
      station={station.id}
      name={station.name}
      zone={station.time_zone}
      start={Number.isNaN(wanted) ? Date.now() - 120_000 : Math.min(wanted, Date.now())}
      about={search.point}
      others={desk.station === ALL ? mine : []}
    />
  )
}

const SECOND = 1000
const MINUTE = 60_000

function Film(props: {
  station: string
  name: string
  zone: string
  start: number
  about: string | undefined
  others: Station[] // that may be looked at instead
}) {
  const { station, zone } = props
  const { t } = useTranslation()
  const navigate = useNavigate({ from: '/replay' })
  const player = usePlayer(station, props.start)
  const [length, setLength] = useState<Length>('6h')
  const [point, setPoint] = useState(props.about)
  const [view, setView] = useState<'plan' | 'happened' | 'shelved'>('plan')
  const [shown, setShown] = useState(() => windowOf(props.start, '6h', Date.now()))
  const [from, to] = shown
  const { at, seek } = player

  // The slider stays where it is while the instant is on it.
  useEffect(() => {
    setShown((old) =>
      at >= old[0] && at <= old[1] && old[1] - old[0] === lengths[length] ? old : windowOf(at, length, Date.now()),
    )
  }, [at, length])

  // The address says where the film stands, so that it can be sent; not while it runs.
  useEffect(() => {
    if (player.playing) return
    const settle = setTimeout(
      () => void navigate({ search: (old) => ({ ...old, at: new Date(at).toISOString(), point }), replace: true }),
      300,
    )
    return () => clearTimeout(settle)
  }, [at, player.playing, point, navigate])

  const range = useQuery({
    queryKey: ['replay-range', station, from, to],
    queryFn: ({ signal }) =>
      ask<Range>('/replay/range', {
        query: { station, from: new Date(from).toISOString(), to: new Date(to).toISOString() },
        signal,
      }),
    placeholderData: (before) => before,
  })
  const begins = range.data?.begins ? Date.parse(range.data.begins) : undefined
  const step = (ms: number) => () => seek(at + ms)
  useKeys({
    Space: player.toggle,
    ArrowLeft: step(-SECOND),
    ArrowRight: step(SECOND),
    'Shift+ArrowLeft': step(-MINUTE),
    'Shift+ArrowRight': step(MINUTE),
    PageUp: step(-10 * MINUTE),
    PageDown: step(10 * MINUTE),
  })
  const before = begins === undefined || at < begins
  const tabs = ['plan', 'happened', 'shelved'] as const
  return (
    <div className="replay" data-replay={new Date(at).toISOString()} data-waiting={player.waiting || undefined}>
      <div className="replay-banner" role="status">
        <b>{t('replay.banner')}</b>
        <span className="replay-when" title={withUTC(at, zone)}>
          <bdi>{props.name}</bdi> · {full(at, zone)} {zoneName(zone, at)} · {clockTime(at, 'UTC')} UTC
        </span>
        {props.others.length > 1 && (
          <select
            className="input no-print"
            style={{ inlineSize: 'auto', minBlockSize: 28, paddingBlock: 1 }}
            aria-label={t('shell.station')}
            value={station}
            onChange={(e) =>
              void navigate({ search: (old) => ({ ...old, station: e.target.value, point: undefined }) })
            }
          >
            {props.others.map((s) => (
              <option key={s.id} value={s.id}>
                {s.name}
              </option>
            ))}
          </select>
        )}
        <span className="grow" />
        <span>{t('replay.no_commands')}</span>
        <button type="button" className="btn sm no-print" onClick={() => window.print()}>
          {t('replay.print')}
        </button>
      </div>
      <Controls player={player} zone={zone} length={length} onLength={setLength} />
      <Slider
        from={from}
        to={to}
        at={at}
        zone={zone}
        begins={begins}
        range={range.data}
        onSeek={seek}
        onKey={{ second: SECOND, minute: MINUTE, ten: 10 * MINUTE }}
      />
      {before && !range.isPending && (
        <p className="notice" role="status">
          {begins === undefined ? t('replay.nothing') : t('replay.before', { at: full(begins, zone) })}
        </p>
      )}
      {player.fault ? (
        <Failed fault={player.fault} again={player.again} />
      ) : !player.scene ? (
        <Loading />
      ) : (
        <div className="replay-body" aria-busy={player.waiting}>
          <AlarmsThen scene={player.scene} at={at} zone={zone} selected={point} onPoint={setPoint} />
          <section className="panel" aria-label={t(`replay.${view}`)} data-panel>
            <div className="ph">
              <h2>{t(`replay.${view}`)}</h2>
              {player.scene.lost.size > 0 && (
                <span className="chip old">{t('replay.lost', { gateways: [...player.scene.lost].join(', ') })}</span>
              )}
              <div className="grow" />
              <div className="seg">
                {tabs.map((name) => (
                  <button type="button" key={name} aria-pressed={view === name} onClick={() => setView(name)}>
                    {t(`replay.${name}`)}
                  </button>
                ))}
              </div>
            </div>
            {view === 'plan' && (
              <PastPlan station={station} scene={player.scene} selected={point} zone={zone} onPoint={setPoint} />
            )}
            {view === 'happened' && <WhatHappened steps={player.recent} zone={zone} playing={player.playing} />}
            {view === 'shelved' && <Shelved still={player.still} zone={zone} />}
          </section>
        </div>
      )}
    </div>
  )
}

function Controls(props: { player: Player; zone: string; length: Length; onLength: (length: Length) => void }) {
  const { player, zone, length, onLength } = props
  const { t } = useTranslation()
  const jumps: [number, string][] = [
    [-600_000, 'back_10'],
    [-60_000, 'back_1'],
    [60_000, 'on_1'],
    [600_000, 'on_10'],
  ]
  return (
    <div className="replay-controls no-print" role="group" aria-label={t('replay.controls')}>
      <button type="button" className="btn primary" aria-pressed={player.playing} onClick={player.toggle} data-focus>
        {player.playing ? t('replay.pause') : t('replay.play')}
      </button>
      <div className="seg" role="group" aria-label={t('replay.speed')}>
        {speeds.map((speed: Speed) => (
          <button
            type="button"
            key={speed}
            aria-pressed={player.speed === speed}
            onClick={() => player.setSpeed(speed)}
          >
            {t('replay.times', { n: speed })}
          </button>
        ))}
      </div>
      {jumps.map(([ms, name]) => (
        <button type="button" className="btn sm" key={name} onClick={() => player.seek(player.at + ms)}>
          {t(`replay.${name}`)}
        </button>
      ))}
      <MomentInput
        label={t('replay.go_to')}
        value={wallOf(player.at, zone)}
        onChange={(wall) => {
          const instant = wall && instantOf(wall, zone)
          if (instant) player.seek(Date.parse(instant))
        }}
      />
      <span className="faint">{zoneName(zone, player.at)}</span>
      <span className="grow" />
      <span className="faint" role="status">
        {player.waiting ? t('replay.waiting') : ''}
      </span>
      <div className="seg" role="group" aria-label={t('replay.length')}>
        {(Object.keys(lengths) as Length[]).map((name) => (
          <button type="button" key={name} aria-pressed={length === name} onClick={() => onLength(name)}>
            {t(`replay.length_${name}`)}
          </button>
        ))}
      </div>
    </div>
  )
}

/** The wall time of an instant, as the moment input takes it. */
function wallOf(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-u-nu-latn-hc-h23', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at)
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? '00'
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`
}
