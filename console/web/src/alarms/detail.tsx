// One alarm: what it says, where, since when, who has it, what to do about it,
// what happened to it, and the point it came from with its commands.
import { IconExternalLink, IconMapPin, IconPrinter } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { memo, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { permissionFor } from '../commands/buttons'
import type { Alarm, AlarmWithHistory } from '../contract'
import { useCatalogue } from '../devices/catalogue'
import { PointCard, PointName } from '../devices/point'
import { clockTime, zoneName } from '../i18n/time'
import { alarmPlace, alarmTitle, categoryWords, detailWords, kindWords, stateWords } from '../i18n/words'
import { useAlarm, useAlarms, useLink } from '../live'
import { useDesk } from '../session/desk'
import { AlarmPictures, FireAdvice, PersonCard, RationaleCard, ReplayLink } from '../shell/slots'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { acknowledge, useAttempt } from './acts'
import { attemptWords, useLate } from './attempt'
import { Chips, escalatedTo } from './chips'
import { type Rights, rightsOf } from './doing'
import { AlarmGlyph } from './glyph'
import { IconButton } from './list'
import {
  bandOf,
  isHandled,
  isLifeSafety,
  isRemoved,
  priorityOf,
  stateOf,
  wantsAcknowledgement,
  wantsClosing,
} from './order'
import { useCoverOf } from './row'
import { History } from './steps'

export function NothingSelected() {
  const { t } = useTranslation()
  return (
    <section className="panel detail" aria-label={t('alarms.detail')} data-panel tabIndex={-1}>
      <div className="ph">
        <h2>{t('alarms.detail')}</h2>
      </div>
      <p className="empty">{t('alarms.nothing_selected')}</p>
    </section>
  )
}

export interface DetailActs {
  respond: (id: string) => void
  own: (id: string) => void
  shelve: (id: string) => void
  close: (id: string) => void
  restore: (id: string) => void
  print: () => void
  plan: () => void
}

interface DetailProps {
  id: string
  acts: DetailActs
  onPoint: (id: string) => void
  onClose: () => void
  onWindow: (() => void) | undefined
}

export const AlarmDetail = memo(function AlarmDetail(props: DetailProps) {
  const { id, acts, onPoint } = props
  const { t } = useTranslation()
  const live = useAlarm(id)
  const full = useFullAlarm(id, live)
  const alarm = live && full.data && full.data.version > live.version ? full.data : (live ?? full.data)
  const { points } = useCatalogue()
  const { may } = useDesk()
  const watches = may('cameras.watch', alarm?.station)
  return (
    <section className="panel detail" aria-label={t('alarms.detail')} data-panel tabIndex={-1} data-detail={id}>
      {!alarm && (full.error ? <Failed fault={full.error} again={() => void full.refetch()} /> : <Loading />)}
      {alarm && (
        <>
          <Head alarm={alarm} {...props} />
          <div className="scroll" tabIndex={0} role="group" aria-label={t('alarms.facts')} data-focus>
            <Notices alarm={alarm} acts={acts} />
            {alarm.category === 'fire' && <FireAdvice alarm={alarm} />}
            {watches && <AlarmPictures alarm={alarm} onPlan={acts.plan} />}
            <RationaleCard alarm={alarm} />
            {(alarm.detail?.card_hash || alarm.detail?.card) && <PersonCard signal={alarm} />}
            <Facts alarm={alarm} onPoint={onPoint} />
            {!watches && <Cameras list={full.data} onPlan={acts.plan} />}
            {points.has(alarm.point) && (
              <>
                <div className="h3">
                  {t('devices.point_now')}
                  <span className="grow" />
                  <button type="button" className="btn sm ghost" onClick={() => onPoint(alarm.point)}>
                    {t('devices.open_point')}
                  </button>
                </div>
                <PointCard id={alarm.point} />
              </>
            )}
            <Panels alarm={alarm} onPoint={onPoint} />
            <div className="h3">{t('alarms.history_of')}</div>
            {full.error ? (
              <Failed fault={full.error} again={() => void full.refetch()} />
            ) : (
              <History steps={full.data?.history ?? []} />
            )}
          </div>
          <Compose alarm={alarm} />
        </>
      )}
    </section>
  )
})

const CALM = 1_000 // ms between two readings of the history of an alarm that changes all the time

/** The alarm with its history, read anew when it changed, but not for each change of a chattering one. */
function useFullAlarm(id: string, live: Alarm | undefined) {
  const client = useQueryClient()
  const last = useRef(0)
  const full = useQuery({
    queryKey: ['alarm', id],
    queryFn: ({ signal }) => {
      last.current = performance.now()
      return ask<AlarmWithHistory>(`/alarms/${encodeURIComponent(id)}`, { signal })
    },
    staleTime: 0,
  })
  const told = full.data?.version ?? 0
  const version = live?.version ?? 0
  useEffect(() => {
    if (version <= told || told === 0) return
    const wait = Math.max(0, last.current + CALM - performance.now())
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: ['alarm', id] }), wait)
    return () => clearTimeout(timer)
  }, [client, id, version, told])
  return full
}

function Head({ alarm, acts, onClose, onWindow }: DetailProps & { alarm: Alarm }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const state = stateOf(alarm)
  const ended = state === 'normal'
  const words = wantsClosing(alarm) ? t('alarms.to_close') : stateWords(t, `alarm_${state}`)
  return (
    <div className="detail-head">
      <div className="topmost">
        <div className="kicker">
          <span>{categoryWords(t, alarm.category)}</span>
          <span className={ended ? 'chip' : 'chip accent'}>{words}</span>
          <Chips alarm={alarm} />
        </div>
        <span className="icons">
          <IconButton words={t('alarms.do.print')} onClick={acts.print}>
            <IconPrinter size={16} aria-hidden />
          </IconButton>
          {onWindow && (
            <IconButton words={t('windows.open_detail')} onClick={onWindow}>
              <IconExternalLink size={16} aria-hidden />
            </IconButton>
          )}
          <button type="button" className="btn ghost sm" onClick={onClose} aria-label={t('shell.close')}>
            <kbd>Esc</kbd>
          </button>
        </span>
      </div>
      <h2 className="name">
        <AlarmGlyph
          priority={priorityOf(alarm)}
          band={ended ? 'acknowledged' : bandOf(alarm)}
          size={26}
          still={isHandled(alarm)}
          over={wantsClosing(alarm)}
        />
        <span>{alarmTitle(t, alarm)}</span>
      </h2>
      <div className="where">
        <IconMapPin size={14} aria-hidden style={{ verticalAlign: -2 }} /> {alarmPlace(alarm)} ·{' '}
        {ended ? (
          t(alarm.close_needed && !alarm.closed ? 'alarms.over' : 'alarms.closed')
        ) : (
          <Age at={alarm.raised_at} />
        )}
      </div>
      <ActionRow alarm={alarm} acts={acts} rights={rightsOf(alarm, desk)} />
    </div>
  )
}

/** What this officer may do now; what he may not is not there, and life safety says why it cannot be shelved. */
function ActionRow({ alarm, acts, rights }: { alarm: Alarm; acts: DetailActs; rights: Rights }) {
  const { t } = useTranslation()
  const { up } = useLink()
  const busy = useAttempt(alarm.id)?.state === 'sending'
  const { may } = useDesk()
  const buttons: [boolean, string, string, () => void, boolean][] = [
    [rights.respond, 'respond', 'R', () => acts.respond(alarm.id), true],
    [rights.take && !rights.respond, 'take', 'T', () => acts.own(alarm.id), false],
    [rights.takeOver, 'take_over', 'T', () => acts.own(alarm.id), false],
    [rights.giveBack, 'give_back', 'T', () => acts.own(alarm.id), false],
    [rights.close, 'close', 'C', () => acts.close(alarm.id), wantsClosing(alarm)],
    [rights.restore, 'restore', '', () => acts.restore(alarm.id), true],
    [rights.shelve, 'shelve', 'H', () => acts.shelve(alarm.id), false],
  ]
  const shown = buttons.filter(([can]) => can)
  return (
    <div className="acts">
      {shown.map(([, name, key, run, main]) => (
        <button
          key={name}
          type="button"
          className={main ? 'btn pri' : 'btn'}
          data-do={name}
          disabled={!up || busy}
          onClick={run}
        >
          {t(`alarms.do.${name}`)} {key && <kbd>{key}</kbd>}
        </button>
      ))}
      <button type="button" className="btn plan-jump" data-do="plan" onClick={acts.plan}>
        {t('alarms.do.plan')} <kbd>M</kbd>
      </button>
      <ReplayLink alarm={alarm} />
      {isLifeSafety(alarm) && may('alarms.shelve', alarm.station) && stateOf(alarm) !== 'normal' && (
        <p className="dim never">{t('alarms.never_shelved')}</p>
      )}
    </div>
  )
}

/** What must be read before anything is done. */
function Notices({ alarm, acts }: { alarm: Alarm; acts: DetailActs }) {
  const { t } = useTranslation()
  const { session, may } = useDesk()
  const cover = useCoverOf(alarm.station)
  const { owner, removed, escalation } = alarm
  return (
    <>
      {owner && (
        <div className="notice" data-owner={owner.by}>
          <span>
            {owner.by === session.user.id
              ? t('alarms.you_have_it')
              : t('alarms.has_it', { name: owner.by_name || owner.by })}{' '}
            <At at={owner.at} />
          </span>
        </div>
      )}
      {escalation && (
        <div className="notice p2" role="status">
          <span>
            {t('alarms.escalated', { level: escalation.level, to: escalatedTo(t, escalation.to) })}{' '}
            <At at={escalation.at} /> · {t(escalation.nobody ? 'alarms.escalated_nobody' : 'alarms.escalated_why')}
          </span>
        </div>
      )}
      {removed && isRemoved(alarm) && (
        <div className="notice" role="status">
          <span>
            {t(`shelf.is.${removed.mode}`)} {removed.by_name} <At at={removed.since} />
            {removed.reason && <> · “{removed.reason}”</>} · {t(`shelf.end.${removed.end}`)}{' '}
            {removed.until && <At at={removed.until} />}
            <div className="dim">
              {t('shelf.beneath')}: {stateWords(t, `alarm_${alarm.beneath ?? 'normal'}`)}
            </div>
          </span>
        </div>
      )}
      {alarm.on_test && (
        <div className="notice" role="status">
          {t('alarms.on_test_why')}
        </div>
      )}
      {cover && <div className="notice">{t('alarms.covered_by', { name: cover })}</div>}
      {alarm.chattering && (
        <div className="notice" role="status" data-chattering>
          <span>{t('alarms.chattering_why')}</span>
          <span className="grow" />
          {!isLifeSafety(alarm) && !isRemoved(alarm) && may('alarms.shelve', alarm.station) && (
            <button type="button" className="btn sm" onClick={() => acts.shelve(alarm.id)}>
              {t('alarms.propose_shelving')}
            </button>
          )}
        </div>
      )}
      {alarm.closed && (
        <div className="notice">
          <span>
            {t('alarms.closed_as')}: <b>{t(`alarms.disposition.${alarm.closed.disposition}`)}</b> ·{' '}
            {alarm.closed.by_name || alarm.closed.by} <At at={alarm.closed.at} />
            {alarm.closed.text && <> · “{alarm.closed.text}”</>}
          </span>
        </div>
      )}
    </>
  )
}

/** The cameras that the rationalisation names for this alarm. */
function Cameras({ list, onPlan }: { list: AlarmWithHistory | undefined; onPlan: () => void }) {
  const { t } = useTranslation()
  const cameras = list?.rationale?.cameras ?? []
  if (cameras.length === 0) return null
  return (
    <>
      <div className="h3">{t('alarms.cameras')}</div>
      <ul className="cameras" aria-label={t('alarms.cameras')}>
        {cameras.map((camera, i) => (
          <li key={camera}>
            <button
              type="button"
              className="btn sm"
              data-cameras={i === 0 || undefined}
              title={t('alarms.camera_on_plan')}
              onClick={onPlan}
            >
              <bdi>{camera}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

/** The commands of the panel itself: a detector has none, its panel is silenced and reset. */
function Panels({ alarm, onPoint }: { alarm: Alarm; onPoint: (id: string) => void }) {
  const { t } = useTranslation()
  const { deviceOf } = useCatalogue()
  const { may } = useDesk()
  const device = deviceOf(alarm.point)
  if (device?.category !== 'fire' || !may(permissionFor('fire'), alarm.station)) return null
  const panels = (device.points ?? []).filter(
    (p) => p.id !== alarm.point && (p.verbs ?? []).some((v) => v.verb === 'reset'),
  )
  return panels.map((point) => (
    <div key={point.id}>
      <div className="h3 name">
        <bdi>
          {device.name} · {point.name || point.id}
        </bdi>
        <span className="grow" />
        <button type="button" className="btn sm ghost" onClick={() => onPoint(point.id)}>
          {t('devices.open_point')}
        </button>
      </div>
      <PointCard id={point.id} />
    </div>
  ))
}

function Facts({ alarm, onPoint }: { alarm: Alarm; onPoint: (id: string) => void }) {
  const { t } = useTranslation()
  const { stations } = useDesk()
  const station = stations.find((s) => s.id === alarm.station)
  const area = [alarm.building_name, alarm.area_name].filter(Boolean).join(' · ')
  return (
    <dl className="pairs" style={{ paddingBlockStart: 12 }}>
      {alarm.first_up && (
        <>
          <dt>{t('alarms.first_up')}</dt>
          <dd>
            <b>{alarm.first_up.point_name || alarm.first_up.point}</b> <At at={alarm.first_up.at} />
          </dd>
        </>
      )}
      {area && (
        <>
          <dt>{t('alarms.area')}</dt>
          <dd>{area}</dd>
        </>
      )}
      {alarm.acknowledged && (
        <>
          <dt>{t('alarms.acknowledged_by')}</dt>
          <dd>
            {alarm.acknowledged.by_name || alarm.acknowledged.by} <At at={alarm.acknowledged.at} />
            {alarm.acknowledged.comment && <div className="dim">“{alarm.acknowledged.comment}”</div>}
          </dd>
        </>
      )}
      <dt>{t('alarms.raised')}</dt>
      <dd>
        <At at={alarm.raised_at} />
        <LocalTime alarm={alarm} />
        {alarm.late && (
          <span className="faint">
            {' · '}
            {t('alarms.received')} <At at={alarm.received_at} />
          </span>
        )}
      </dd>
      {alarm.count > 1 && (
        <>
          <dt>{t('alarms.last')}</dt>
          <dd>
            <At at={alarm.last_at} /> · {t('alarms.times', { count: alarm.count })}
          </dd>
        </>
      )}
      {alarm.cleared_at && (
        <>
          <dt>{t('alarms.cleared')}</dt>
          <dd>
            <At at={alarm.cleared_at} />
          </dd>
        </>
      )}
      {alarm.signal_state && (
        <>
          <dt>{t('alarms.signal')}</dt>
          <dd>{stateWords(t, alarm.signal_state)}</dd>
        </>
      )}
      {alarm.text && (
        <>
          <dt>{t('alarms.text')}</dt>
          <dd>
            <bdi>{alarm.text}</bdi>
          </dd>
        </>
      )}
      {Object.entries(alarm.detail ?? {}).map(([name, value]) => {
        const [label, words] = detailWords(t, name, String(value))
        return (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>
              <bdi>{words}</bdi>
            </dd>
          </div>
        )
      })}
      {alarm.cause && (
        <>
          <dt>{t('alarms.cause')}</dt>
          <dd>
            <PointName id={alarm.cause} onOpen={onPoint} />
          </dd>
        </>
      )}
      {alarm.suppressed_children > 0 && (
        <>
          <dt>{t('alarms.caused')}</dt>
          <dd>
            {t('alarms.children_why', { count: alarm.suppressed_children })}
            <Children cause={alarm.point} />
          </dd>
        </>
      )}
      <dt>{t('alarms.device')}</dt>
      <dd>
        {alarm.device_name || alarm.device}
        {station ? ` · ${station.name}` : ''}
      </dd>
      <dt>{t('alarms.point')}</dt>
      <dd className="faint mono">
        <bdi>{alarm.point}</bdi>
      </dd>
    </dl>
  )
}

function Children({ cause }: { cause: string }) {
  const { t } = useTranslation()
  const children = useAlarms().filter((a) => a.cause === cause)
  return (
    <ul className="plain-list">
      {children.slice(0, 30).map((a) => (
        <li key={a.id}>
          {kindWords(t, a.kind)} · {a.device_name || a.device}
        </li>
      ))}
    </ul>
  )
}

/** Acknowledge with or without a comment; what became of it stands above the button. */
function Compose({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const link = useLink()
  const attempt = useAttempt(alarm.id)
  const late = useLate(attempt)
  const [comment, setComment] = useState('')
  const wanted = wantsAcknowledgement(alarm) && may('alarms.acknowledge', alarm.station)
  const told = attempt && (
    <div className={attempt.state === 'sending' ? 'notice' : 'notice p1'} role="alert">
      {attemptWords(t, attempt, late)}
    </div>
  )
  if (!wanted) return told
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault()
        if (link.up && (await acknowledge(alarm, comment.trim()))) setComment('')
      }}
    >
      {told}
      <div className="compose">
        <input
          className="input"
          aria-label={t('alarms.comment')}
          placeholder={t('alarms.comment_hint')}
          maxLength={500}
          value={comment}
          onChange={(e) => setComment(e.target.value)}
        />
        <button type="submit" className="btn" disabled={!link.up || attempt?.state === 'sending'}>
          {t('alarms.acknowledge')}
        </button>
      </div>
    </form>
  )
}

/** The wall time where the alarm is, at a desk that reads another zone. */
function LocalTime({ alarm }: { alarm: Alarm }) {
  const { zone, stations } = useDesk()
  const there = stations.find((s) => s.id === alarm.station)?.time_zone || 'UTC'
  if (there === zone) return null
  const at = Date.parse(alarm.raised_at)
  return (
    <span className="faint">
      {` ${zone === 'UTC' ? 'UTC' : zoneName(zone, at)} · `}
      <bdi>
        {clockTime(at, there)} {zoneName(there, at)}
      </bdi>
    </span>
  )
}
