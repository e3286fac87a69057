// The duty board of the control room: who stands where now, who comes next, who is
// late, and the check calls of the posts with one key for "OK".
import '../rosters/panels.css'
import './duty.css'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { clockTime } from '../i18n/time'
import { useEachSecond, useLink, useThings } from '../live'
import { OneStation, useOneStation } from '../rationale/station'
import { useRolls } from '../rosters/register'
import { refusedWords } from '../rosters/words'
import { ALL, DeskContext, useDesk } from '../session/desk'
import { useKeys } from '../shell/keys'
import { Failed, Loading } from '../shell/states'
import { WordsFilter } from '../shell/words-filter'
import { type DutyBoard, type DutyNews, dutyKey, type Line, linesOf, type Note, nextNote, type PostLine } from './board'
import { PeopleTable } from './people'
import { PostsTable } from './posts'

const Relieve = lazy(() => import('./relieve'))
const Away = lazy(() => import('../rosters/away'))

export default function DutyPage() {
  const { t } = useTranslation()
  const desk = useDesk()
  const { station, zone } = useOneStation()
  const search = useSearch({ from: '/duty' })
  const navigate = useNavigate({ from: '/duty' })
  const client = useQueryClient()
  const { rolls, error: rollsError } = useRolls(station)
  const got = useDutyBoard(station)
  const link = useLink()
  const [fault, setFault] = useState<unknown>(null)
  const [said, setSaid] = useState('')
  const [relieving, setRelieving] = useState<Line | null>(null)
  const [away, setAway] = useState<{ officer: string; day?: string } | null>(null)
  const [q, setQ] = useState('')
  const write = desk.may('duty.write', station) && link.up
  const board = got.data
  const lines = useMemo(() => (board && rolls ? linesOf(board, rolls) : undefined), [board, rolls])

  const send = async (path: string, body: unknown, words: string) => {
    setFault(null)
    try {
      client.setQueryData(dutyKey(station), await ask<DutyBoard>(`/duty/${station}/${path}`, { method: 'POST', body }))
      setSaid(words)
    } catch (why) {
      setFault(why)
      void got.refetch()
    }
  }
  const note = (line: Line, what: Note, by = '', text = '') => {
    const a = line.duty.assignment
    if (what === 'relieve' && by === '') return setRelieving(line)
    return send(
      'attendance',
      { officer: a.officer, date: a.date, shift: a.shift, version: line.duty.version, do: what, by, note: text },
      t('dutyboard.told', { name: line.name, what: t(`dutyboard.do.${what}`) }),
    )
  }
  const call = (post: PostLine) =>
    send('calls', { post: post.id }, t('dutyboard.told', { name: post.name, what: t('dutyboard.ok') }))

  const words = q.toLowerCase()
  const posts = (lines?.posts ?? []).filter(
    (p) =>
      (words === '' ||
        `${p.name} ${p.area} ${p.standing.map((l) => l.name).join(' ')}`.toLowerCase().includes(words)) &&
      (search.only !== 'wrong' || p.wrong),
  )
  const people = (lines?.people ?? []).filter(
    (l) =>
      (words === '' || `${l.name} ${l.postName}`.toLowerCase().includes(words)) && (search.only !== 'wrong' || l.wrong),
  )
  const chosen = posts.find((p) => p.id === search.post) ?? posts[0]
  const choose = (id: string) => void navigate({ search: (old) => ({ ...old, post: id }), replace: true })
  const step = (by: number) => {
    const at = posts.findIndex((p) => p.id === chosen?.id)
    const next = posts[Math.max(0, Math.min(posts.length - 1, at + by))]
    if (next) {
      choose(next.id)
      document.getElementById(`duty-post-${next.id}`)?.scrollIntoView({ block: 'nearest' })
    }
  }
  const first = (what: Note) => {
    const line = chosen && nextNote(chosen, what)
    return line ? void note(line, what) : false
  }
  useKeys({
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ...(write && {
      KeyO: () => (chosen?.call ? void call(chosen) : false),
      KeyA: () => first('arrive'),
      KeyP: () => first('stand'),
      KeyR: () => first('relieve'),
    }),
  })
  const inZone = useMemo(() => ({ ...desk, zone: zone || 'UTC' }), [desk, zone])
  const error = rollsError ?? got.error
  return (
    <DeskContext value={inZone}>
      <div className="quiet duty" style={{ gridTemplateRows: 'minmax(0, 1fr)' }}>
        <section className="panel" aria-label={t('dutyboard.title')} data-panel>
          <div className="ph">
            <h1>{t('dutyboard.title')}</h1>
            {desk.station === ALL && <OneStation />}
            {lines && <Summary lines={lines} />}
            <span className="grow" />
            <WordsFilter
              width={190}
              label={t('dutyboard.search')}
              value={q || undefined}
              onChange={(v) => setQ(v ?? '')}
            />
            <label className="check">
              <input
                type="checkbox"
                checked={search.only === 'wrong'}
                onChange={(e) =>
                  void navigate({
                    search: (old) => ({ ...old, only: e.target.checked ? 'wrong' : undefined }),
                    replace: true,
                  })
                }
              />
              {t('dutyboard.only_wrong')}
            </label>
            {desk.may('rosters.amend', station) && (
              <button type="button" className="btn sm" onClick={() => setAway({ officer: '' })}>
                {t('dutyboard.away')}
              </button>
            )}
            <Link className="btn sm" to="/rosters/detail" search={{}}>
              {t('dutyboard.detail')}
            </Link>
            <Link className="btn sm" to="/rosters" search={{}}>
              {t('dutyboard.roster')}
            </Link>
          </div>
          {(!link.up || got.error !== null) && board && (
            <p className="notice p2" role="status">
              {t('dutyboard.old', { at: clockTime(board.at, zone) })}
            </p>
          )}
          {board && !board.alarms && <p className="notice dim">{t('dutyboard.no_alarms')}</p>}
          {fault !== null && (
            <p className="fault" role="alert">
              {refusedWords(t, fault, rolls)}
            </p>
          )}
          <p className="sr" role="status">
            {said}
          </p>
          {error && !board ? (
            <Failed fault={error} again={() => void got.refetch()} />
          ) : !rolls || !lines ? (
            <Loading />
          ) : lines.posts.length === 0 && lines.people.length === 0 ? (
            <div className="empty">
              <h2>{t('dutyboard.none')}</h2>
              <p>{t('dutyboard.none_next')}</p>
            </div>
          ) : (
            <div className="duty-halves">
              <PostsTable
                posts={posts}
                chosen={chosen?.id}
                write={write}
                onChoose={choose}
                onCall={(p) => void call(p)}
                onNote={(l, w) => void note(l, w)}
              />
              <PeopleTable
                lines={people}
                write={write}
                onNote={(l, w) => void note(l, w)}
                onAway={
                  desk.may('rosters.amend', station)
                    ? ({ duty }) => setAway({ officer: duty.assignment.officer, day: duty.assignment.date })
                    : undefined
                }
              />
            </div>
          )}
          {write && (
            <div className="duty-keys" aria-hidden>
              <kbd>↑</kbd> <kbd>↓</kbd> {t('dutyboard.post')} · <kbd>O</kbd> {t('dutyboard.key_ok')} · <kbd>A</kbd>{' '}
              {t('dutyboard.key_here')} · <kbd>P</kbd> {t('dutyboard.key_post')} · <kbd>R</kbd>{' '}
              {t('dutyboard.key_relieve')}
            </div>
          )}
        </section>
        <Suspense fallback={null}>
          {relieving && lines && (
            <Relieve
              line={relieving}
              lines={lines.people}
              onClose={() => setRelieving(null)}
              onDo={(by, text) => note(relieving, 'relieve', by, text)}
            />
          )}
          {away !== null && rolls && (
            <Away
              station={station}
              rolls={rolls}
              {...away}
              onClose={() => setAway(null)}
              onDone={() => void got.refetch()}
            />
          )}
        </Suspense>
      </div>
    </DeskContext>
  )
}

/** The board, read anew when the stream says that it changed, and each half minute because time makes people late. */
function useDutyBoard(station: string) {
  const news = useThings<DutyNews>('duty').find((d) => d.station === station)?.at ?? ''
  const roster = useThings<DutyNews & { version: number }>('roster').find((d) => d.station === station)?.version ?? 0
  const half = useEachSecond((now) => Math.floor(now / 15_000))
  const got = useQuery({
    queryKey: dutyKey(station),
    queryFn: ({ signal }) => ask<DutyBoard>(`/duty/${station}`, { signal }),
    enabled: station !== '',
    staleTime: 0,
  })
  const { refetch } = got
  const began = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of these asks to read anew
  useEffect(() => {
    if (began.current && station !== '') void refetch()
    began.current = true
  }, [news, roster, half, refetch, station])
  return got
}

function Summary({ lines }: { lines: ReturnType<typeof linesOf> }) {
  const { t } = useTranslation()
  const { lacking, late, calls, onPost } = lines
  return (
    <>
      <span className="chip">{t('dutyboard.summary.on_post', { count: onPost })}</span>
      {lacking > 0 && <span className="chip up">{t('dutyboard.summary.lacking', { count: lacking })}</span>}
      {late > 0 && <span className="chip up">{t('dutyboard.summary.late', { count: late })}</span>}
      {calls > 0 && <span className="chip up">{t('dutyboard.summary.calls', { count: calls })}</span>}
      {lacking + late + calls === 0 && <span className="dim">{t('dutyboard.summary.calm')}</span>}
    </>
  )
}
