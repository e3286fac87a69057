// What search and command finds: what can be done now, pages, open alarms,
// devices, points, places and people, by name or id. The field stands in
// search-field.tsx, which is there from the first key on.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type RefObject, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOpenAlarms } from '../alarms/open'
import { useCatalogue } from '../devices/catalogue'
import { alarmPlace, alarmTitle } from '../i18n/words'
import { useDesk } from '../session/desk'
import { actionsNow } from './actions'
import { setLetterKeys, useLetterKeys } from './keys'
import type { Page } from './pages'
import { type Found, findPeople, findPlaces } from './search'
import { toggleSound } from './shell'
import { setTheme } from './theme'
import { useTheme } from './use-theme'

interface Hit {
  key: string
  kind: string
  words: string
  more: string
  press?: string // the key that does the same
  go: () => void
}

const SHOWN = 40
const TYPED = 150 // ms without a key until the console is asked

export interface FoundProps {
  pages: Page[]
  wish: string
  /** The id of the list; a row's is list-0, list-1, … */
  list: string
  /** What the field does with a key, as long as this is there. */
  keys: RefObject<((event: React.KeyboardEvent) => void) | null>
  /** Tells which row is chosen; -1 for none. */
  onChosen: (row: number) => void
  onClose: () => void
}

export default function Palette({ pages, wish, list, keys, onChosen, onClose }: FoundProps) {
  const { t } = useTranslation()
  const [at, setAt] = useState({ wish, row: 0 })
  const commands = useCommands(pages)
  const things = useThingsToFind()
  const far = useFar(wish)

  const hits = useMemo(() => {
    const words = wish.toLocaleLowerCase().split(/\s+/).filter(Boolean)
    const text = (h: Hit) => `${h.words} ${h.more} ${h.kind}`.toLocaleLowerCase()
    const fits = (h: Hit) => words.every((w) => text(h).includes(w))
    // What begins with the words stands before what only contains them.
    const begins = (h: Hit) => (words[0] && h.words.toLocaleLowerCase().startsWith(words[0]) ? 0 : 1)
    const near = [...commands, ...things].filter(fits)
    if (words.length > 0) near.sort((a, b) => begins(a) - begins(b))
    return [...near.slice(0, SHOWN), ...far.hits].slice(0, SHOWN + far.hits.length)
  }, [commands, things, far.hits, wish])
  const chosen = Math.min(at.wish === wish ? at.row : 0, hits.length - 1)
  const choose = (row: number) => setAt({ wish, row })
  const take = (hit: Hit | undefined) => {
    if (!hit) return
    onClose()
    hit.go()
  }
  useEffect(() => {
    document.getElementById(`${list}-${chosen}`)?.scrollIntoView({ block: 'nearest' })
    onChosen(chosen)
  }, [list, chosen, onChosen])
  useEffect(() => {
    keys.current = (e) => {
      if (e.key === 'ArrowDown') choose(Math.min(chosen + 1, hits.length - 1))
      else if (e.key === 'ArrowUp') choose(Math.max(0, chosen - 1))
      else if (e.key === 'Enter') take(hits[chosen])
      else return
      e.preventDefault()
    }
    return () => {
      keys.current = null
    }
  })
  return (
    <>
      {hits.length === 0 && <p className="empty">{far.asking ? t('shell.searching') : t('shell.nothing_found')}</p>}
      <div className="hits" id={list} role="listbox" aria-label={t('shell.search')}>
        {hits.map((hit, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the input
          <div
            key={hit.key}
            id={`${list}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            data-hit={hit.key}
            onClick={() => take(hit)}
          >
            <span className="chip">{hit.kind}</span>
            <span className="grow">
              <bdi>{hit.words}</bdi>
              {hit.more && <span className="faint"> · {hit.more}</span>}
            </span>
            {hit.press && <kbd>{hit.press}</kbd>}
          </div>
        ))}
      </div>
      {far.failed && (
        <p className="dim pad" role="status">
          {t('shell.search_failed')}
        </p>
      )}
    </>
  )
}

/** What the page in front can do, what can be done anywhere, and the pages. */
function useCommands(pages: Page[]): Hit[] {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const theme = useTheme()
  const letters = useLetterKeys()
  const { stations, choose, may } = useDesk()
  return useMemo(() => {
    const command = t('shell.command')
    const hits: Hit[] = actionsNow().map(({ id, words, key: press, run }) => ({
      key: `do-${id}`,
      kind: command,
      words,
      more: '',
      press,
      go: run,
    }))
    const add = (key: string, words: string, go: () => void, press?: string) =>
      hits.push({ key, kind: command, words, more: '', press, go })
    add('silence', t('alarms.silence_command'), toggleSound, 'S')
    add('theme', theme === 'dark' ? t('shell.light') : t('shell.dark'), () =>
      setTheme(theme === 'dark' ? 'light' : 'dark'),
    )
    add('letters', letters ? t('shell.letters_off') : t('shell.letters_on'), () => setLetterKeys(!letters))
    if (may('lockdown.command'))
      add('lockdown', t('shell.lockdown'), () => goTo(navigate, '/doors?tab=lockdowns&start=1'))
    if (stations.length > 1)
      for (const station of stations)
        add(`station-${station.id}`, t('shell.go_station', { name: station.name }), () => choose(station.id))
    for (const p of pages)
      hits.push({
        key: p.to,
        kind: t('shell.page'),
        words: t(`page.${p.name}`),
        more: '',
        go: () => void navigate({ to: p.to, search: {} }),
      })
    return hits
  }, [pages, navigate, t, theme, letters, stations, choose, may])
}

const goTo = (navigate: ReturnType<typeof useNavigate>, href: string): void => void navigate({ href })

/** Open alarms, devices and points. */
function useThingsToFind(): Hit[] {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { devices } = useCatalogue()
  const alarms = useOpenAlarms()
  return useMemo(() => {
    const hits: Hit[] = alarms.map((alarm) => ({
      key: alarm.id,
      kind: t('shell.alarm'),
      words: alarmTitle(t, alarm),
      more: [alarm.building_name, alarm.area_name, alarmPlace(alarm), alarm.id].filter(Boolean).join(' · '),
      go: () => void navigate({ to: '/control', search: { alarm: alarm.id } }),
    }))
    for (const device of devices) {
      hits.push({
        key: device.id,
        kind: t('shell.device'),
        words: device.name || device.device,
        more: [device.location, device.id].filter(Boolean).join(' · '),
        go: () => void navigate({ to: '/devices', search: { device: device.id } }),
      })
      for (const point of device.points ?? [])
        hits.push({
          key: point.id,
          kind: t('shell.point'),
          words: point.name || point.id,
          more: [point.location, device.name, point.id].filter(Boolean).join(' · '),
          go: () => void navigate({ to: '/control', search: { point: point.id } }),
        })
    }
    return hits
  }, [devices, alarms, navigate, t])
}

/** Places, cameras and people, which the console keeps. */
function useFar(wish: string): { hits: Hit[]; asking: boolean; failed: boolean } {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { may } = useDesk()
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wish.trim()), TYPED)
    return () => clearTimeout(timer)
  }, [wish])
  const long = asked.length >= 2
  const places = useQuery({
    queryKey: ['find', 'places', asked],
    queryFn: ({ signal }) => findPlaces(asked, signal),
    enabled: long && may('sites.read'),
  })
  const people = useQuery({
    queryKey: ['find', 'people', asked],
    queryFn: ({ signal }) => findPeople(asked, signal),
    enabled: long && may('people.read'),
  })
  const hits = useMemo(
    () =>
      [...(places.data ?? []), ...(people.data ?? [])].map(
        (found: Found): Hit => ({
          key: found.key,
          kind: t(`shell.found.${found.kind}`, { defaultValue: found.kind }),
          words: found.words,
          more: found.more,
          go: () => goTo(navigate, found.href),
        }),
      ),
    [places.data, people.data, t, navigate],
  )
  return {
    hits: long ? hits : [],
    asking: long && (places.isFetching || people.isFetching),
    failed: long && (places.isError || people.isError),
  }
}
