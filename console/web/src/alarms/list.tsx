// The alarms of the desk: the life-safety strip, which no filter touches, and
// below it the list that somebody chose.
import { IconExternalLink, IconLayoutList, IconPrinter, IconStack2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, memo, Suspense, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Alarm, List } from '../contract'
import { alarmTitle } from '../i18n/words'
import { board, useLink } from '../live'
import { ALL, useDesk } from '../session/desk'
import { FloodStrip } from '../shell/slots'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { readClosingAgain, useClosing } from './closing'
import { type Grouping, type Hold, isHeader, useLines } from './lines'
import { wantsAcknowledgement } from './order'
import type { RowActions } from './row'
import { AlarmRows } from './rows'
import { isShelfMode, type Segment, shelfModes, useSegments } from './segments'

const ShelfList = lazy(() => import('./shelf-list'))

/** What is drawn and in which order; the keys of the page walk along it. */
export interface DrawnAlarms {
  life: string[]
  rest: string[]
  order: string[] // both, without headers
  grouping: Grouping
  find: (id: string) => Alarm | undefined
  counts: Record<Segment, number>
  toConfirm: number
  lifeAlarms: Alarm[]
  hold: Hold
}

export function useDrawnAlarms(show: Segment, grouping: Grouping): DrawnAlarms {
  const hold = useRef<Hold>({ until: 0, began: 0 }).current
  const sorted = useSegments(show)
  const { rest: restAlarms, toConfirm } = sorted
  const lifeAlarms = useKept(sorted.life)
  const counts = useKept(sorted.counts)
  const life = useLines(lifeAlarms, 'none', hold)
  const rest = useLines(restAlarms, grouping, hold)
  const ended = useClosing().alarms
  const find = useMemo(() => {
    const closing = new Map(ended.map((a) => [a.id, a]))
    return (id: string) => board.alarms.get(id) ?? closing.get(id)
  }, [ended])
  const order = useMemo(() => [...life, ...rest.filter((line) => !isHeader(line))], [life, rest])
  return { life, rest, order, grouping, find, counts, toConfirm, lifeAlarms, hold }
}

/** The value that was there before, as long as the new one holds the same: what hangs on it is not drawn again. */
function useKept<T extends object>(now: T): T {
  const kept = useRef(now)
  const keys = Object.keys(now) as (keyof T)[]
  const before = Object.keys(kept.current)
  if (keys.length !== before.length || keys.some((key) => kept.current[key] !== now[key])) kept.current = now
  return kept.current
}

interface PanelProps {
  drawn: DrawnAlarms
  show: Segment
  onShow: (show: Segment) => void
  onGroup: (grouping: Grouping) => void
  onWindow: (() => void) | undefined
  onPrint: () => void
  onVisible: (() => void) | undefined // acknowledges what is on the screen; absent where nothing fits
  selected: string | undefined
  follow: string | undefined
  actions: RowActions
  onShelf: (alarm: string, point: string) => void
}

export function AlarmPanel(props: PanelProps) {
  const { drawn, show, selected, follow, actions } = props
  const { t } = useTranslation()
  const shelf = isShelfMode(show)
  return (
    <section className="panel alarms" aria-label={t('alarms.title')} data-panel>
      <Head
        counts={drawn.counts}
        toConfirm={drawn.toConfirm}
        grouping={drawn.grouping}
        show={show}
        onShow={props.onShow}
        onGroup={props.onGroup}
        onWindow={props.onWindow}
        onPrint={props.onPrint}
        onVisible={props.onVisible}
      />
      <Strip
        life={drawn.life}
        alarms={drawn.lifeAlarms}
        find={drawn.find}
        hold={drawn.hold}
        selected={drawn.life.includes(selected ?? '') ? selected : undefined}
        follow={drawn.life.includes(follow ?? '') ? follow : undefined}
        actions={actions}
      />
      <FloodStrip />
      {shelf ? (
        <Suspense fallback={<Loading />}>
          <ShelfList mode={show} compact onOpen={props.onShelf} />
        </Suspense>
      ) : drawn.rest.length > 0 ? (
        <AlarmRows
          key={show}
          label={t(`alarms.list.${show}`)}
          drawn={drawn.rest}
          find={drawn.find}
          grouping={drawn.grouping}
          selected={selected}
          follow={follow}
          actions={actions}
          hold={drawn.hold}
        />
      ) : (
        <Quiet show={show} life={drawn.life.length} />
      )}
    </section>
  )
}

const main: readonly Segment[] = ['active', 'unacknowledged', 'mine', 'closing']

/** Every list with its count; what is not shown here is counted all the same. */
const Head = memo(function Head(
  props: Pick<DrawnAlarms, 'counts' | 'toConfirm' | 'grouping'> &
    Pick<PanelProps, 'show' | 'onShow' | 'onGroup' | 'onWindow' | 'onPrint' | 'onVisible'>,
) {
  const { counts, toConfirm, grouping, show, onShow, onGroup, onWindow, onPrint, onVisible } = props
  const { t } = useTranslation()
  const link = useLink()
  const grouped = grouping === 'area'
  return (
    <>
      <div className="ph">
        <h2>{t('alarms.title')}</h2>
        {!link.up && link.known && <span className="chip old">{t('live.old')}</span>}
        <div className="grow" />
        <div className="seg">
          {main.map((segment) => (
            <button
              key={segment}
              type="button"
              aria-pressed={show === segment}
              data-segment={segment}
              onClick={() => onShow(segment)}
            >
              {t(`alarms.segment.${segment}`, { count: counts[segment] })}
            </button>
          ))}
        </div>
        <span className="icons">
          <IconButton words={t('alarms.print_list')} onClick={onPrint}>
            <IconPrinter size={16} aria-hidden />
          </IconButton>
          {onWindow && (
            <IconButton words={t('windows.open_alarms')} onClick={onWindow}>
              <IconExternalLink size={16} aria-hidden />
            </IconButton>
          )}
        </span>
      </div>
      <div className="removed">
        <div className="seg">
          {shelfModes.map((mode) => (
            <button
              key={mode}
              type="button"
              aria-pressed={show === mode}
              data-segment={mode}
              onClick={() => onShow(mode)}
            >
              {t(`alarms.segment.${mode}`, { count: counts[mode] })}
              {mode === 'shelved' && toConfirm > 0 && (
                <span className="chip old">{t('alarms.to_confirm', { count: toConfirm })}</span>
              )}
            </button>
          ))}
          <Link to="/alarms" search={{}}>
            {t('alarms.history')}
          </Link>
        </div>
        <div className="grow" />
        {onVisible && (
          <button type="button" className="btn sm ghost" onClick={onVisible} title={t('alarms.visible_why')}>
            {t('alarms.visible')}
          </button>
        )}
        <IconButton
          words={grouped ? t('alarms.by_state') : t('alarms.by_area')}
          onClick={() => onGroup(grouped ? 'band' : 'area')}
        >
          {grouped ? <IconLayoutList size={16} aria-hidden /> : <IconStack2 size={16} aria-hidden />}
        </IconButton>
      </div>
    </>
  )
})

export function IconButton(props: { words: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      className="btn sm ghost icon"
      aria-label={props.words}
      title={props.words}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  )
}

const Strip = memo(function Strip(
  props: Pick<DrawnAlarms, 'life' | 'find' | 'hold'> & {
    alarms: Alarm[]
    selected: string | undefined
    follow: string | undefined
    actions: RowActions
  },
) {
  const { life, alarms, find, hold, selected, follow, actions } = props
  const { t } = useTranslation()
  const open = alarms.filter(wantsAcknowledgement).length
  return (
    <section
      className={alarms.length > 0 ? 'life-strip on' : 'life-strip'}
      aria-label={t('alarms.life_safety')}
      data-strip={alarms.length}
    >
      <div className="life-head">
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
          drawn={life}
          find={find}
          grouping="none"
          selected={selected}
          follow={follow}
          actions={actions}
          hold={hold}
          fit
        />
      )}
    </section>
  )
})

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
function Quiet({ show, life }: { show: Segment; life: number }) {
  const { t } = useTranslation()
  const link = useLink()
  const closing = useClosing()
  if (!link.known) return <p className="empty">{t('alarms.not_yet')}</p>
  if (show === 'unacknowledged') return <p className="empty">{t('alarms.none_unacknowledged')}</p>
  if (show === 'mine') return <p className="empty">{t('alarms.none_mine')}</p>
  if (show === 'closing') {
    if (closing.fault) return <Failed fault={closing.fault} again={readClosingAgain} />
    return closing.known ? <p className="empty">{t('alarms.none_closing')}</p> : <Loading />
  }
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
