// The board with what stands around it: filters and acts above, the line of the
// cell below, and beside it the problems, the planner and the place.
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconDots,
  IconHistory,
  IconSparkles,
  IconUserOff,
} from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, memo, Suspense, startTransition, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../session/desk'
import { Guarded } from '../shell/guarded'
import { useKeys } from '../shell/keys'
import { Loading } from '../shell/states'
import { type BoardHandle, RosterBoard } from './board'
import { PrintedBoard } from './board-print'
import { Book } from './book'
import { cellKey, type Leave, type Officer, ranks } from './contract'
import { minutesOf, uncounted } from './coverage'
import { daysFrom, weekday } from './days'
import { useSwaps } from './exchange-lists'
import { Filters, matches } from './filters'
import { Keys, Legend } from './legend'
import { Menu } from './menu'
import { useCalmChanges, usePublished } from './open-roster'
import type { Opened } from './page'
import { PostsBoard } from './posts-board'
import type { Rolls } from './register'
import type { Roster } from './roster'
import type { Look } from './row'
import { type At, type Hint, SpotLine, Spotted } from './spot-line'
import { rankShort, rankWords } from './words'

const Problems = lazy(() => import('./problems'))
const Planner = lazy(() => import('./planner'))
const PlacePanel = lazy(() => import('./place'))
const Publish = lazy(() => import('./publish'))
const Templates = lazy(() => import('./templates'))
const Demands = lazy(() => import('./demands'))
const Drop = lazy(() => import('./drop'))

const sides = ['problems', 'planner', 'place'] as const
type Side = (typeof sides)[number]

export const Workplace = memo(function Workplace(props: {
  roster: Roster
  rolls: Rolls
  today: string
  /** Somebody has published or dropped the draft: it is looked at, and changed no more. */
  closed: boolean
  onOpen: (what: Opened) => void
}) {
  const { roster, rolls, today, closed, onOpen } = props
  const { t } = useTranslation()
  const desk = useDesk()
  const search = useSearch({ from: '/rosters' })
  const navigate = useNavigate({ from: '/rosters' })
  const calm = useCalmChanges(roster)
  const painted = usePainted()
  // What the cursor is on is told to the line that says it, and to nobody else: a key press draws little.
  const [spot] = useState(() => new Spotted({ officer: undefined, day: roster.board.from, count: 1, said: '' }))
  const [dialog, setDialog] = useState<'publish' | 'templates' | 'demands' | 'drop' | null>(null)
  const [place, setPlace] = useState<string | null>(null)
  const handle = useRef<BoardHandle | null>(null)

  const { board, station } = roster
  const plans = desk.may('rosters.plan', station)
  const editable = roster.draft !== '' && plans && board.draft?.state === 'open' && !closed
  const period = useMemo(() => ({ from: board.from, until: board.until }), [board.from, board.until])
  const days = useMemo(() => daysFrom(period.from, period.until), [period])
  const published = usePublished(station, period, roster.draft !== '' && board.judged)
  const book = useMemo(() => new Book(roster, board.demands, rolls.types), [roster, rolls, board.demands])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the roster's content
  const coverage = useMemo(() => (painted ? book.follow() : uncounted), [book, calm, painted])
  const leave = useMemo(() => leaveDays(board.leave), [board.leave])
  const { q, unit, rank, held, only } = search
  // biome-ignore lint/correctness/useExhaustiveDependencies: problems are looked at when the filter is set, not with each edit
  const officers = useMemo(() => {
    const troubled = new Set([...roster.problems.values()].flatMap((v) => [v.officer, ...v.others]))
    return rolls.order.filter(
      (o) =>
        matches(o, { q, unit, rank, held }) &&
        (!board.draft?.unit || o.unit === board.draft.unit) &&
        (o.from === '' || o.from <= period.until) &&
        (o.until === '' || o.until >= period.from) &&
        (only !== 'problems' || troubled.has(o.id)),
    )
  }, [rolls, q, unit, rank, held, only, period, board.draft?.unit, board.judged])
  const look: Look = useMemo(
    () => ({
      t,
      ranks: new Map(ranks.map((r) => [r as string, { short: rankShort(t, r), words: rankWords(t, r) }])),
      days,
      offDays: days.map((d) => rolls.holidays.has(d) || !rolls.register.working_week.includes(weekday(d))),
      today: days.indexOf(today),
      rolls,
      leave,
      published,
      compare: roster.draft !== '' && (published?.size ?? 0) > 0,
      minutes: new Map([...rolls.types.values()].map((type) => [type.code, minutesOf(type)])),
      fairness: search.view !== 'plain' && plans,
    }),
    [t, days, rolls, today, leave, published, roster, plans, search.view],
  )

  const side: Side | undefined =
    roster.draft === '' ? (place !== null ? 'place' : undefined) : (sides.find((s) => s === search.side) ?? 'problems')
  const show = useCallback(
    (name: Side) => void navigate({ search: (old) => ({ ...old, side: name }), replace: true }),
    [navigate],
  )
  const onSpot = useCallback(
    (officer: Officer | undefined, day: string, count: number) => spot.set({ officer, day, count, said: '' }),
    [spot],
  )
  const goTo = useCallback((officer: string, day: string) => {
    handle.current?.goTo(officer, day)
    handle.current?.focus()
  }, [])
  const onHandle = useCallback((h: BoardHandle) => {
    handle.current = h
  }, [])
  const openPlace = useCallback(
    (key: string) => {
      setPlace(key)
      show('place')
    },
    [show],
  )
  const onSay = useCallback((said: string) => spot.set({ ...spot.now, said }), [spot])
  const onKey = useCallback(
    (name: 'problem' | 'plan' | 'place') => {
      if (name === 'plan' && editable) show('planner')
      if (name === 'place') openPlace(placeOfCell(roster, spot.now) ?? '')
      if (name === 'problem') {
        show('problems')
        document.dispatchEvent(new CustomEvent('roster-next-problem'))
      }
    },
    [editable, roster, spot, show, openPlace],
  )
  const onAct = useCallback(
    (name: Hint) => {
      if (name === 'place' || name === 'problem') return onKey(name)
      handle.current?.focus()
      handle.current?.act(name)
    },
    [onKey],
  )
  const posts = search.view === 'posts'
  useKeys({
    'Ctrl+KeyZ': () => (editable ? roster.undo() : false),
    'Ctrl+Shift+KeyZ': () => (editable ? roster.redo() : false),
    // The browser finds what is drawn; this finds every officer.
    'Ctrl+KeyF': () => {
      const find = document.querySelector<HTMLInputElement>('.rosters-bar input[type="search"]')
      find?.focus()
      find?.select()
      return find !== null
    },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the roster's content
  const changed = useMemo(
    () => (published && roster.draft ? book.differing(published) : 0),
    [published, roster, book, calm],
  )
  useStaying(roster)
  const panels = document.getElementById('rosters-side')
  const head = document.getElementById('rosters-acts')
  return (
    <>
      {head &&
        createPortal(
          <>
            {painted && desk.may('rosters.approve', station) && <Waiting station={station} />}
            {roster.draft === '' && desk.may('rosters.amend', station) && (
              <button type="button" className="btn sm" onClick={() => onOpen('away')}>
                <IconUserOff size={16} aria-hidden />
                {t('rosters.away')}
              </button>
            )}
            {editable && (
              <>
                <button type="button" className="btn sm" onClick={() => show('planner')}>
                  <IconSparkles size={16} aria-hidden />
                  {t('rosters.plan')}
                </button>
                {desk.may('rosters.publish', station) && (
                  <button type="button" className="btn pri sm" onClick={() => setDialog('publish')}>
                    {t('rosters.publish')}
                  </button>
                )}
              </>
            )}
          </>,
          head,
        )}
      <div className="filters rosters-bar">
        <fieldset className="seg" aria-label={t('rosters.view')}>
          {(['officers', 'posts'] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={posts === (name === 'posts')}
              onClick={() =>
                void navigate({ search: (old) => ({ ...old, view: name === 'posts' ? 'posts' : undefined }) })
              }
            >
              {t(`rosters.view_${name}`)}
            </button>
          ))}
        </fieldset>
        <Filters rolls={rolls} problems={roster.draft !== ''} />
        {changed > 0 && <span className="chip">{t('rosters.changes', { count: changed })}</span>}
        <span className="grow" />
        <Legend rolls={rolls} />
        {editable && !posts && <Keys />}
        {editable && (
          <>
            <button type="button" className="btn ghost sm" title={t('rosters.undo_key')} onClick={() => roster.undo()}>
              <IconArrowBackUp size={16} className="turned" aria-hidden />
              {t('shell.undo')}
            </button>
            <button
              type="button"
              className="btn ghost sm"
              aria-label={t('rosters.redo')}
              title={t('rosters.redo_key')}
              onClick={() => roster.redo()}
            >
              <IconArrowForwardUp size={16} className="turned" aria-hidden />
            </button>
            <button type="button" className="btn sm" onClick={() => setDialog('templates')}>
              {t('rosters.copy_weeks')}
            </button>
          </>
        )}
        <button type="button" className="btn ghost sm" onClick={() => onOpen('history')}>
          <IconHistory size={16} aria-hidden />
          {t('rosters.history')}
        </button>
        <Exports
          roster={roster}
          onImport={plans ? () => onOpen('import') : undefined}
          onDrop={editable ? () => setDialog('drop') : undefined}
          onDemands={editable ? () => setDialog('demands') : undefined}
        />
      </div>
      {posts ? (
        <PostsBoard rolls={rolls} look={look} coverage={coverage} onPlace={openPlace} chosen={place} />
      ) : officers.length === 0 ? (
        <p className="empty rosters-none">{t('rosters.none_fit')}</p>
      ) : (
        <RosterBoard
          roster={roster}
          rolls={rolls}
          officers={officers}
          look={look}
          book={book}
          coverage={coverage}
          editable={editable}
          handle={onHandle}
          onSpot={onSpot}
          onSay={onSay}
          onKey={onKey}
        />
      )}
      {!posts && <PrintedBoard roster={roster} officers={officers} look={look} coverage={coverage} />}
      <SpotLine roster={roster} rolls={rolls} look={look} spot={spot} editable={editable} posts={posts} onAct={onAct} />
      {panels &&
        side &&
        createPortal(
          <Guarded waiting={<Loading />}>
            <aside className="rosters-aside" aria-label={t('rosters.side')}>
              {roster.draft !== '' && (
                <fieldset className="seg rosters-sides" aria-label={t('rosters.side')}>
                  {sides.map((name) => (
                    <button key={name} type="button" aria-pressed={side === name} onClick={() => show(name)}>
                      {t(`rosters.side_${name}`)}
                      {name === 'problems' && ` ${board.judged ? roster.problems.size : '…'}`}
                    </button>
                  ))}
                </fieldset>
              )}
              {side === 'problems' && (
                <Problems
                  roster={roster}
                  rolls={rolls}
                  look={look}
                  editable={editable}
                  goTo={goTo}
                  onPlace={openPlace}
                />
              )}
              {side === 'planner' && <Planner roster={roster} rolls={rolls} from={spot.now.day} />}
              {side === 'place' && (
                <PlacePanel
                  roster={roster}
                  rolls={rolls}
                  coverage={coverage}
                  place={place}
                  editable={editable}
                  onClose={() => {
                    setPlace(null)
                    if (roster.draft) show('problems')
                  }}
                />
              )}
            </aside>
          </Guarded>,
          panels,
        )}
      <Suspense fallback={null}>
        {dialog === 'publish' && <Publish roster={roster} rolls={rolls} onClose={() => setDialog(null)} />}
        {dialog === 'templates' && <Templates roster={roster} rolls={rolls} onClose={() => setDialog(null)} />}
        {dialog === 'demands' && <Demands roster={roster} rolls={rolls} onClose={() => setDialog(null)} />}
        {dialog === 'drop' && <Drop roster={roster} onClose={() => setDialog(null)} />}
      </Suspense>
    </>
  )
})

/** Whether the first picture of this page has been painted: what can wait waits for it. */
function usePainted(): boolean {
  const [painted, setPainted] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => startTransition(() => setPainted(true)), 0)
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [])
  return painted
}

/** The swaps that both officers want and that wait for the chief's word. */
function Waiting({ station }: { station: string }) {
  const { t } = useTranslation()
  const count = useSwaps(station).items?.filter(({ item }) => item.state === 'accepted').length ?? 0
  if (count === 0) return null
  return (
    <Link className="btn sm" to="/rosters/registers" search={{ tab: 'swaps' }} data-waiting={count}>
      {t('rosters.swaps_wait', { count })}
    </Link>
  )
}

/** Asks before the page is left while something typed is not yet answered. */
function useStaying(roster: Roster): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => roster.busy && event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [roster])
}

function Exports(props: {
  roster: Roster
  onImport: (() => void) | undefined
  onDrop: (() => void) | undefined
  onDemands: (() => void) | undefined
}) {
  const { roster, onImport, onDrop, onDemands } = props
  const { t } = useTranslation()
  const file = (what: string, format: string) =>
    `/api/v1/rosters/${roster.station}/export?${new URLSearchParams({
      what,
      format,
      ...(roster.draft ? { draft: roster.draft } : { from: roster.board.from, until: roster.board.until }),
    })}`
  return (
    <Menu
      head={
        <>
          <IconDots size={16} aria-hidden />
          {t('rosters.more')}
        </>
      }
    >
      <div className="rosters-menu-list">
        <a href={file('roster', 'xlsx')} download>
          {t('rosters.export_board')} XLSX
        </a>
        <a href={file('roster', 'csv')} download>
          {t('rosters.export_board')} CSV
        </a>
        <a href={file('duties', 'xlsx')} download>
          {t('rosters.export_list')} XLSX
        </a>
        <a href={file('duties', 'csv')} download>
          {t('rosters.export_list')} CSV
        </a>
        <button type="button" onClick={() => window.print()}>
          {t('rosters.print')}
        </button>
        {onImport && (
          <button type="button" onClick={onImport}>
            {t('rosters.import')}
          </button>
        )}
        {onDemands && (
          <button type="button" onClick={onDemands}>
            {t('rosters.demands_more')}
          </button>
        )}
        {onDrop && (
          <button type="button" onClick={onDrop}>
            {t('rosters.drop_more')}
          </button>
        )}
      </div>
    </Menu>
  )
}

/** The kind of leave by officer and day; only what is approved keeps anybody away. */
function leaveDays(list: readonly Leave[]): ReadonlyMap<string, Leave['kind']> {
  const map = new Map<string, Leave['kind']>()
  for (const l of list)
    if (l.decision === 'approved') for (const day of daysFrom(l.from, l.until)) map.set(cellKey(l.officer, day), l.kind)
  return map
}

function placeOfCell(roster: Roster, at: At): string | undefined {
  const turn = at.officer && roster.turns(at.officer.id, at.day)[0]
  return turn?.post ? `${turn.post}|${at.day}|${turn.shift}` : undefined
}
