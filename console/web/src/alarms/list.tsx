// The alarms of the desk: the life-safety strip, which no filter touches, and
// below it everything else.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Alarm, List } from '../contract'
import { alarmTitle } from '../i18n/words'
import { useLink } from '../live'
import { ALL, useDesk } from '../session/desk'
import { At } from '../shell/times'
import { useOpenAlarms } from './open'
import { isLifeSafety, wantsAcknowledgement } from './order'
import type { RowActions } from './row'
import { AlarmRows, type Hold, useLines } from './rows'

export type Show = 'active' | 'unacknowledged'

/** What is drawn and in which order; the keys of the page walk along it. */
export interface DrawnAlarms {
  life: string[]
  rest: string[]
  order: string[] // both, without headers
  byId: Map<string, Alarm>
  wanted: number // not acknowledged, in the whole list
  hold: Hold
}

export function useDrawnAlarms(show: Show): DrawnAlarms {
  const { station } = useDesk()
  const alarms = useOpenAlarms()
  const hold = useRef<Hold>({ until: 0, began: 0 }).current
  const parts = useMemo(() => {
    const life = alarms.filter(isLifeSafety)
    const here = alarms.filter((a) => !isLifeSafety(a) && (station === ALL || a.station === station))
    return {
      life,
      rest: show === 'unacknowledged' ? here.filter(wantsAcknowledgement) : here,
      wanted: life.filter(wantsAcknowledgement).length + here.filter(wantsAcknowledgement).length,
      byId: new Map(alarms.map((a) => [a.id, a])),
    }
  }, [alarms, station, show])
  const life = useLines(parts.life, false, hold)
  const rest = useLines(parts.rest, true, hold)
  const order = useMemo(() => [...life, ...rest.filter((line) => !line.startsWith('band:'))], [life, rest])
  return { life, rest, order, byId: parts.byId, wanted: parts.wanted, hold }
}

export function AlarmPanel(props: {
  drawn: DrawnAlarms
  show: Show
  onShow: (show: Show) => void
  selected: string | undefined
  actions: RowActions
}) {
  const { drawn, show, onShow, selected, actions } = props
  const { t } = useTranslation()
  const link = useLink()
  const count = drawn.order.length
  return (
    <section className="panel alarms" aria-label={t('alarms.title')} data-panel>
      <div className="ph">
        <h2>{t('alarms.title')}</h2>
        <span className="chip">{t('alarms.active_count', { count })}</span>
        {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}
        <div className="grow" />
        <div className="seg">
          <button type="button" aria-pressed={show === 'active'} onClick={() => onShow('active')}>
            {t('alarms.active')}
          </button>
          <button type="button" aria-pressed={show === 'unacknowledged'} onClick={() => onShow('unacknowledged')}>
            {t('alarms.unacknowledged', { count: drawn.wanted })}
          </button>
          <Link to="/alarms" search={{}}>
            {t('alarms.history')}
          </Link>
        </div>
      </div>
      <Strip drawn={drawn} selected={selected} actions={actions} />
      {drawn.rest.length > 0 ? (
        <AlarmRows
          label={t('alarms.list_label')}
          drawn={drawn.rest}
          byId={drawn.byId}
          selected={selected}
          actions={actions}
          hold={drawn.hold}
        />
      ) : (
        <Quiet show={show} life={drawn.life.length} />
      )}
    </section>
  )
}

function Strip(props: { drawn: DrawnAlarms; selected: string | undefined; actions: RowActions }) {
  const { drawn, selected, actions } = props
  const { t } = useTranslation()
  const alarms = drawn.life.flatMap((id) => drawn.byId.get(id) ?? [])
  const open = alarms.filter(wantsAcknowledgement).length
  return (
    <section
      className={alarms.length > 0 ? 'strip on' : 'strip'}
      aria-label={t('alarms.life_safety')}
      data-strip={alarms.length}
    >
      <div className="strip-head">
        <b>{t('alarms.life_safety')}</b>
        {alarms.length === 0 ? (
          <span>{t('alarms.life_safety_none')}</span>
        ) : (
          <span>{t('alarms.life_safety_count', { count: alarms.length, open })}</span>
        )}
      </div>
      <FirstUp alarms={alarms} />
      {alarms.length > 0 && (
        <AlarmRows
          label={t('alarms.life_safety')}
          drawn={drawn.life}
          byId={drawn.byId}
          selected={selected}
          actions={actions}
          hold={drawn.hold}
          fit
        />
      )}
    </section>
  )
}

/** The detector that spoke first stays in sight with its time until the panel is normal. */
function FirstUp({ alarms }: { alarms: Alarm[] }) {
  const { t } = useTranslation()
  const firsts = new Map<string, NonNullable<Alarm['first_up']> & { title: string; device: string }>()
  for (const alarm of alarms) {
    if (alarm.confirmed && alarm.first_up)
      firsts.set(`${alarm.device} ${alarm.first_up.alarm}`, {
        ...alarm.first_up,
        title: alarmTitle(t, alarm),
        device: alarm.device_name || alarm.device,
      })
  }
  return [...firsts.values()].map((first) => (
    <div className="first-up" key={first.alarm}>
      <span className="chip hot">{t('alarms.confirmed_fire')}</span>
      <span>
        {first.device} · {t('alarms.first_up')} <b>{first.point_name || first.point}</b> <At at={first.at} />
      </span>
    </div>
  ))
}

/** Calm, and says when something was last. */
function Quiet({ show, life }: { show: Show; life: number }) {
  const { t } = useTranslation()
  const link = useLink()
  if (!link.known) return <p className="empty">{t('alarms.not_yet')}</p>
  if (show === 'unacknowledged') return <p className="empty">{t('alarms.none_unacknowledged')}</p>
  return (
    <p className="empty">
      {life > 0 ? t('alarms.none_other') : t('alarms.none')} <Last />
    </p>
  )
}

function Last() {
  const { t } = useTranslation()
  const { station } = useDesk()
  const last = useQuery({
    queryKey: ['alarms', 'last', station],
    queryFn: ({ signal }) =>
      ask<List<Alarm>>('/alarms', {
        query: { state: 'normal', limit: 1, station: station === ALL ? undefined : station },
        signal,
      }),
  })
  const alarm = last.data?.items?.[0]
  if (!alarm) return null
  return (
    <>
      {t('alarms.last')}: <At at={alarm.last_at} /> {alarmTitle(t, alarm)}, {alarm.point_name || alarm.point}.
    </>
  )
}
