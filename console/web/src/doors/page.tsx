// Every door of the station with how it stands; lockdowns and postures beside it.
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { stateWords } from '../i18n/words'
import { useReading, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { allDoors, type Door, type Lockdown } from './door'
import { LockdownButton } from './lockdown'
import './doors.css'

const Board = lazy(() => import('./board'))
const Postures = lazy(() => import('./postures'))
const Policy = lazy(() => import('./policy'))

const tabs = ['doors', 'lockdowns', 'postures', 'rules'] as const

export default function DoorsPage() {
  const { t } = useTranslation()
  const { station } = useDesk()
  const search = useSearch({ from: '/doors' })
  const navigate = useNavigate({ from: '/doors' })
  const tab = tabs.find((one) => one === search.tab) ?? 'doors'
  const held = useThings<Lockdown>('lockdown').filter((l) => station === ALL || l.station === station)
  return (
    <div className="doors-page">
      <section className="panel" aria-label={t('doors.title')} data-panel>
        <div className="ph">
          <h2>{t('doors.title')}</h2>
          <div className="seg">
            {tabs.map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={tab === name}
                onClick={() => void navigate({ search: (s) => ({ ...s, tab: name === 'doors' ? undefined : name }) })}
              >
                {t(`doors.tab.${name}`)}
                {name === 'lockdowns' && held.length > 0 && ` ${held.length}`}
              </button>
            ))}
          </div>
          <div className="grow" />
          <LockdownButton compact />
        </div>
        {tab === 'doors' && <DoorList />}
        {tab === 'lockdowns' && (
          <div className="scroll pad" tabIndex={0} role="group" aria-label={t('doors.tab.lockdowns')}>
            {held.length === 0 && <p className="empty">{t('lockdown.none')}</p>}
            <Suspense fallback={<Loading />}>
              {held.map((l) => (
                <Board key={l.id} lockdown={l} />
              ))}
            </Suspense>
          </div>
        )}
        {tab === 'postures' && (
          <Suspense fallback={<Loading />}>
            <Postures />
          </Suspense>
        )}
        {tab === 'rules' && (
          <Suspense fallback={<Loading />}>
            <Policy />
          </Suspense>
        )}
      </section>
    </div>
  )
}

const shows = ['all', 'attention', 'held', 'escape'] as const

function DoorList() {
  const { t } = useTranslation()
  const { station } = useDesk()
  const search = useSearch({ from: '/doors' })
  const navigate = useNavigate({ from: '/doors' })
  const got = useQuery({
    queryKey: ['doors', station],
    queryFn: ({ signal }) => allDoors(station === ALL ? undefined : station, signal),
    refetchInterval: 5_000,
  })
  const q = (search.q ?? '').toLowerCase()
  const show = (shows as readonly string[]).includes(search.show ?? '') ? search.show : 'all'
  const list = (got.data ?? [])
    .filter((d) => !q || `${d.name} ${d.location} ${d.area_name} ${d.building_name}`.toLowerCase().includes(q))
    .filter((d) =>
      show === 'attention'
        ? needsLook(d)
        : show === 'held'
          ? (d.lockdowns?.length ?? 0) > 0
          : show === 'escape'
            ? d.escape
            : true,
    )
    .sort((a, b) => Number(needsLook(b)) - Number(needsLook(a)) || a.name.localeCompare(b.name))
  return (
    <>
      <div className="filters">
        <input
          className="input find"
          type="search"
          value={search.q ?? ''}
          placeholder={t('doors.find')}
          aria-label={t('doors.find')}
          onChange={(e) => void navigate({ search: (s) => ({ ...s, q: e.target.value || undefined }), replace: true })}
        />
        <div className="seg">
          {shows.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={show === name}
              onClick={() => void navigate({ search: (s) => ({ ...s, show: name === 'all' ? undefined : name }) })}
            >
              {t(`doors.show.${name}`)}
            </button>
          ))}
        </div>
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('doors.title')}>
        {got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : got.isPending ? (
          <Loading />
        ) : list.length === 0 ? (
          <p className="empty">{t('doors.none')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {['name', 'where', 'mode', 'contact', 'alarm', 'escape', 'cameras'].map((head) => (
                  <th key={head} scope="col">
                    {t(`doors.head.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.map((d) => (
                <Row key={d.id} door={d} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </>
  )
}

export const needsLook = (d: Door): boolean => d.alarm !== 'normal' || !d.online || d.tamper || d.fault

function Row({ door }: { door: Door }) {
  const { t } = useTranslation()
  return (
    <tr data-door={door.id}>
      <td>
        <Link className="rowlink" to="/doors/$id" params={{ id: door.id }}>
          <bdi>{door.name}</bdi>
        </Link>
        {door.demo && <span className="chip demo">DEMO</span>}
      </td>
      <td className="dim">
        <bdi>{[door.building_name, door.area_name].filter(Boolean).join(' · ') || door.location}</bdi>
      </td>
      <td>
        <Mode door={door} />
      </td>
      <td>
        <Contact door={door} />
      </td>
      <td>
        {door.alarm !== 'normal' && <span className="chip old">{t(`doors.alarm.${door.alarm}`)}</span>}
        {door.tamper && <span className="chip old">{t('doors.tamper')}</span>}
        {door.fault && <span className="chip old">{t('doors.fault')}</span>}
      </td>
      <td>{door.escape ? t('doors.escape') : <span className="faint">{t('doors.signed')}</span>}</td>
      <td className="mono">{door.settings.cameras?.join(' ')}</td>
    </tr>
  )
}

/** The mode of a door, live: what the stream says is newer than the list. */
export function Mode({ door }: { door: Door }) {
  const { t } = useTranslation()
  const reading = useReading(door.id)
  if (!door.online) return <span className="chip late">{t('doors.offline')}</span>
  const states = reading?.states?.length ? reading.states : []
  const held = (door.lockdowns?.length ?? 0) > 0
  const live = ['locked_down', 'locked_open', 'blocked', 'double_locked', 'unlocked', 'accessed', 'locked'].find((m) =>
    states.includes(m),
  )
  const mode = live === 'blocked' && held ? 'locked_down' : (live ?? door.mode)
  return (
    <span className={mode === 'locked' ? 'dim' : 'chip'} data-mode={mode}>
      {t(`doors.mode.${mode}`)}
    </span>
  )
}

export function Contact({ door }: { door: Door }) {
  const { t } = useTranslation()
  const states = useReading(door.id)?.states ?? []
  const live = ['open', 'forced', 'held'].some((s) => states.includes(s))
    ? 'open'
    : states.includes('closed')
      ? 'closed'
      : door.contact
  return <span className={live === 'open' ? '' : 'dim'}>{t(`doors.contact.${live}`)}</span>
}

/** All states that a door shows, in words. */
export function Shows({ id }: { id: string }) {
  const { t } = useTranslation()
  const reading = useReading(id)
  const states = reading?.states?.length ? reading.states : reading?.state ? [reading.state] : []
  if (states.length === 0) return <>{t('doors.no_reading')}</>
  return <>{states.map((s) => stateWords(t, s)).join(', ')}</>
}
