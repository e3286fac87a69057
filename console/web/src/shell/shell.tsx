// The frame of every page: top bar, rail, banners, foot.
import { IconSearch, IconVolume, IconVolumeOff } from '@tabler/icons-react'
import { Link, Outlet, useNavigate, useRouterState, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Counters } from '../alarms/counters'
import { sound, useSound } from '../alarms/siren'
import { useEachSecond } from '../live'
import { ALL, useDesk } from '../session/desk'
import { Banners } from './banners'
import { DeskClock } from './desk-clock'
import { Foot, LiveMark } from './foot'
import { Guarded } from './guarded'
import { nextPanel, useKeys } from './keys'
import { type Page, pages } from './pages'
import { loadPalette, SearchField } from './search-field'
import { Shield } from './shield'
import { ApprovalStrip, CallStrip, FireStrip, InForce, WatchChip, WatchPrompt } from './slots'
import { Loading, NotAllowed } from './states'
import { useStill } from './still'
import { UserMenu } from './user-menu'
import { joinWindows, theWindows, useWindows } from './windows'

const KEYED = 9 // pages with a key of their own

const help = () => import('./help')
const Help = lazy(help)

export function Shell() {
  const desk = useDesk()
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [open, setOpen] = useState<'palette' | 'help' | null>(null)
  const panel = useSearch({ strict: false }).panel
  const alone = panel !== undefined
  const path = useRouterState({ select: (s) => s.location.pathname })
  const mine = pages.filter((page) => page.needs.some((p) => desk.may(p)))
  const page = pages.find((p) => path === p.to || path.startsWith(`${p.to}/`))
  useEffect(() => {
    const timer = setTimeout(() => void Promise.all([loadPalette(), help()]), 2_000) // loaded before they are needed
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => joinWindows(desk.session.user.id, panel ?? ''), [desk.session.user.id, panel])

  const go = Object.fromEntries(
    mine.slice(0, KEYED).map((p, i) => [`Digit${i + 1}`, () => void navigate({ to: p.to, search: {} })] as const),
  )
  useKeys({
    ...go,
    KeyS: () => toggleSound(),
    'Ctrl+KeyK': () => setOpen('palette'),
    '?': () => setOpen('help'),
    F6: () => nextPanel(false),
    'Shift+F6': () => nextPanel(true),
  })
  const banners = useRef<HTMLDivElement>(null)
  useStill(banners)
  const body = (
    <>
      <div className="banners" ref={banners}>
        <Banners />
        {desk.may('alarms.read') && (
          <>
            <WatchPrompt />
            <FireStrip />
            <InForce />
            <ApprovalStrip />
            <CallStrip />
          </>
        )}
      </div>
      <main className="page" id="page">
        <Suspense fallback={<Loading />}>
          {page && !mine.includes(page) ? <NotAllowed permission={page.needs[0]} /> : <Outlet />}
        </Suspense>
      </main>
    </>
  )
  return (
    <div className={alone ? 'app one-panel' : 'app'}>
      <PaperMark />
      {alone ? (
        <PanelBar panel={panel} />
      ) : (
        <>
          <a className="sr" href="#page">
            {t('shell.skip')}
          </a>
          <Top onSearch={() => setOpen('palette')} />
          <Rail pages={mine} path={path} />
        </>
      )}
      {body}
      {!alone && <Foot onHelp={() => setOpen('help')} onControl={path.startsWith('/control')} />}
      {open === 'palette' && <SearchField pages={mine} onClose={() => setOpen(null)} />}
      {open === 'help' && (
        <Guarded>
          <Help onClose={() => setOpen(null)} />
        </Guarded>
      )}
    </div>
  )
}

/** What is printed of a make-believe station says so in the margin of every page. */
function PaperMark() {
  const { t } = useTranslation()
  const { session, stations, station } = useDesk()
  if (!session.demo && !stations.some((s) => s.demo && (station === ALL || station === s.id))) return null
  return (
    <style>{`@page { @top-right { content: ${JSON.stringify(t('shell.demo'))}; font: 700 11px sans-serif } }`}</style>
  )
}

/** Silences the sound, or lets it be heard again, in every window of this desk. */
export function toggleSound() {
  const silent = performance.now() >= sound.current.silencedUntil
  if (silent) sound.silence()
  else sound.hearAgain()
  theWindows()?.silence(silent)
}

/** What a window with one panel is, and which others belong to this desk. */
function PanelBar({ panel }: { panel: string }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const { siblings } = useWindows()
  const names = [...new Set(siblings.map((s) => t(`windows.name.${s.panel || 'control'}`)))]
  const station = desk.stations.find((s) => s.id === desk.station)
  return (
    <div className="panel-bar" data-siblings={siblings.length}>
      <Shield size={16} />
      <h1>{t(`windows.name.${panel}`, { defaultValue: t('page.control') })}</h1>
      <bdi>{station?.name ?? t('shell.all_stations')}</bdi>
      {(desk.session.demo || station?.demo) && <span className="chip demo">{t('shell.demo')}</span>}
      <span className="grow" />
      <span>{names.length > 0 ? t('windows.with', { names: names.join(', ') }) : t('windows.alone')}</span>
      <LiveMark />
    </div>
  )
}

function Top({ onSearch }: { onSearch: () => void }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const station = desk.stations.find((s) => s.id === desk.station)
  const demo = desk.session.demo || desk.stations.some((s) => s.demo)
  return (
    <header className="top">
      <div className="brand">
        <Shield size={22} />
        {desk.stations.length > 1 ? (
          <select
            className="input"
            aria-label={t('shell.station')}
            value={desk.station}
            onChange={(e) => desk.choose(e.target.value)}
          >
            <option value={ALL}>{t('shell.all_stations')}</option>
            {desk.stations.map((s) => (
              <option key={s.id} value={s.id}>
                {s.name}
              </option>
            ))}
          </select>
        ) : (
          <bdi className="brand-name">{station?.name ?? t('shell.name')}</bdi>
        )}
        <small>{t('shell.desk')}</small>
        {demo && <span className="chip demo">{t('shell.demo')}</span>}
      </div>
      <div className="grow" />
      {desk.may('alarms.read') && <Counters />}
      <div className="grow" />
      <button type="button" className="btn ghost" onClick={onSearch} aria-label={t('shell.search')}>
        <IconSearch size={16} aria-hidden />
        <span className="search-words">{t('shell.search')}</span> <kbd>Ctrl K</kbd>
      </button>
      <WatchChip />
      <Silence />
      <DeskClock />
      <UserMenu />
    </header>
  )
}

function Silence() {
  const { t } = useTranslation()
  const { silencedUntil } = useSound()
  const left = useEachSecond(() => Math.max(0, Math.ceil((silencedUntil - performance.now()) / 1000)))
  return (
    <button
      type="button"
      className="btn ghost"
      aria-label={left > 0 ? t('alarms.silenced', { seconds: left }) : t('alarms.silence')}
      title={left > 0 ? t('alarms.silenced', { seconds: left }) : t('alarms.silence')}
      onClick={toggleSound}
    >
      {left > 0 ? (
        <>
          <IconVolumeOff size={18} aria-hidden />
          <bdi>{t('time.s', { s: left })}</bdi>
        </>
      ) : (
        <IconVolume size={18} aria-hidden />
      )}
    </button>
  )
}

function Rail({ pages: mine, path }: { pages: Page[]; path: string }) {
  const { t } = useTranslation()
  return (
    <nav className="rail" aria-label={t('shell.pages')}>
      {mine.map((page, i) => {
        const name = t(`page.${page.name}`)
        return (
          <Link
            key={page.to}
            to={page.to}
            search={{}}
            aria-label={name}
            title={i < KEYED ? `${name} (${i + 1})` : name}
            aria-current={path === page.to || path.startsWith(`${page.to}/`) ? 'page' : undefined}
          >
            <page.icon size={22} stroke={1.6} aria-hidden />
            {i < KEYED && (
              <span className="key" aria-hidden>
                {i + 1}
              </span>
            )}
          </Link>
        )
      })}
    </nav>
  )
}
