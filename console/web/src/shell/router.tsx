// Every page and what its address may carry, so that any view can be sent by
// link or opened on a second screen.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router'
import { moreWords } from '../i18n'
import { desk, office } from './programs'
import { Shell } from './shell'
import { Broken, Missing } from './states'

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

/** An object with the named texts that are there, and nothing else. */
function texts<K extends string>(search: Record<string, unknown>, ...names: K[]): { [name in K]?: string } {
  const kept: { [name in K]?: string } = {}
  for (const name of names) {
    const value = text(search[name])
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** The program of a page whose words are not among the first. */
function worded<T>(program: () => Promise<T>): () => Promise<T> {
  return async () => {
    const [page] = await Promise.all([program(), moreWords()])
    return page
  }
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: Missing,
  validateSearch: (search) => texts(search, 'panel', 'dir', 'lang', 'theme', 'station'),
  search: { middlewares: [retainSearchParams(['panel', 'dir', 'lang', 'theme', 'station'])] },
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/control', replace: true })
  },
})

const control = createRoute({
  getParentRoute: () => root,
  path: '/control',
  validateSearch: (search) => texts(search, 'alarm', 'point', 'show', 'doors', 'group', 'view', 'level', 'pin'),
  component: lazyRouteComponent(desk['/control']),
})

const devices = createRoute({
  getParentRoute: () => root,
  path: '/devices',
  validateSearch: (search) => texts(search, 'device', 'point', 'q', 'category', 'gateway', 'only'),
  component: lazyRouteComponent(desk['/devices']),
})

const configuration = createRoute({
  getParentRoute: () => root,
  path: '/devices/configuration',
  validateSearch: (search) => texts(search, 'gateway'),
  component: lazyRouteComponent(worded(office['/devices/configuration'])),
})

const alarms = createRoute({
  getParentRoute: () => root,
  path: '/alarms',
  validateSearch: (search) => texts(search, 'state', 'priority', 'kind', 'point', 'from', 'to', 'alarm'),
  component: lazyRouteComponent(desk['/alarms']),
})

const shelf = createRoute({
  getParentRoute: () => root,
  path: '/shelf',
  validateSearch: (search) => texts(search, 'mode', 'point'),
  component: lazyRouteComponent(desk['/shelf']),
})

const plans = createRoute({
  getParentRoute: () => root,
  path: '/plans',
  component: lazyRouteComponent(desk['/plans'], 'FirstPlan'),
})

const plan = createRoute({
  getParentRoute: () => root,
  path: '/plans/$building/$level',
  validateSearch: (search) => texts(search, 'point', 'camera', 'place', 'table', 'edit'),
  component: lazyRouteComponent(desk['/plans/$building/$level']),
})

const stations = createRoute({
  getParentRoute: () => root,
  path: '/stations',
  validateSearch: (search) => texts(search, 'view'),
  component: lazyRouteComponent(desk['/stations']),
})

const stationPage = createRoute({
  getParentRoute: () => root,
  path: '/stations/$id',
  validateSearch: (search) => texts(search, 'tab', 'place', 'q'),
  component: lazyRouteComponent(desk['/stations/$id']),
})

const watch = createRoute({
  getParentRoute: () => root,
  path: '/watch',
  validateSearch: (search) => texts(search, 'tab', 'at', 'id'),
  component: lazyRouteComponent(desk['/watch']),
})

const users = createRoute({
  getParentRoute: () => root,
  path: '/users',
  validateSearch: (search) => texts(search, 'tab'),
  component: lazyRouteComponent(worded(office['/users'])),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (search) => texts(search, 'tab', 'actor', 'action', 'subject', 'from', 'to'),
  component: lazyRouteComponent(worded(office['/audit'])),
})

const replay = createRoute({
  getParentRoute: () => root,
  path: '/replay',
  validateSearch: (search) => texts(search, 'at', 'point'),
  component: lazyRouteComponent(desk['/replay']),
})

const search = createRoute({
  getParentRoute: () => root,
  path: '/search',
  validateSearch: (search) => texts(search, 'view', 'q', 'only', 'point', 'actor', 'person', 'card', 'from', 'to'),
  component: lazyRouteComponent(worded(office['/search'])),
})

const rationale = createRoute({
  getParentRoute: () => root,
  path: '/rationale',
  validateSearch: (search) => texts(search, 'q', 'area', 'device', 'point', 'kind', 'only'),
  component: lazyRouteComponent(worded(office['/rationale'])),
})

const rules = createRoute({
  getParentRoute: () => root,
  path: '/rules',
  validateSearch: (search) => texts(search, 'rule'),
  component: lazyRouteComponent(desk['/rules']),
})

const figures = createRoute({
  getParentRoute: () => root,
  path: '/figures',
  validateSearch: (search) => texts(search, 'tab', 'month'),
  component: lazyRouteComponent(desk['/figures']),
})

const fire = createRoute({
  getParentRoute: () => root,
  path: '/fire',
  validateSearch: (search) => texts(search, 'tab', 'investigation', 'start', 'zone'),
  component: lazyRouteComponent(desk['/fire']),
})

const evacuation = createRoute({
  getParentRoute: () => root,
  path: '/fire/evacuation/$id',
  component: lazyRouteComponent(desk['/fire/evacuation/$id']),
})

const sheet = createRoute({
  getParentRoute: () => root,
  path: '/fire/sheet/$alarm',
  component: lazyRouteComponent(desk['/fire/sheet/$alarm']),
})

const registers = createRoute({
  getParentRoute: () => root,
  path: '/registers',
  validateSearch: (search) => texts(search, 'only', 'mode', 'past', 'point', 'entry'),
  component: lazyRouteComponent(desk['/registers']),
})

const doors = createRoute({
  getParentRoute: () => root,
  path: '/doors',
  validateSearch: (search) => texts(search, 'q', 'show', 'tab', 'edit'),
  component: lazyRouteComponent(worded(office['/doors'])),
})

const doorPage = createRoute({
  getParentRoute: () => root,
  path: '/doors/$id',
  component: lazyRouteComponent(worded(office['/doors/$id'])),
})

const cameras = createRoute({
  getParentRoute: () => root,
  path: '/cameras',
  validateSearch: (search) => texts(search, 'wall', 'show', 'tiles', 'at', 'full', 'view', 'camera'),
  component: lazyRouteComponent(desk['/cameras']),
})

const people = createRoute({
  getParentRoute: () => root,
  path: '/people',
  validateSearch: (search) => texts(search, 'q', 'class', 'status'),
  component: lazyRouteComponent(desk['/people']),
})

const rosters = createRoute({
  getParentRoute: () => root,
  path: '/rosters',
  validateSearch: (search) =>
    texts(search, 'draft', 'from', 'until', 'view', 'side', 'q', 'unit', 'rank', 'held', 'only', 'level'),
  component: lazyRouteComponent(worded(office['/rosters'])),
})

const detailOfDay = createRoute({
  getParentRoute: () => root,
  path: '/rosters/detail',
  validateSearch: (search) => texts(search, 'date', 'draft'),
  component: lazyRouteComponent(worded(office['/rosters/detail'])),
})

const myRoster = createRoute({
  getParentRoute: () => root,
  path: '/rosters/mine',
  component: lazyRouteComponent(worded(office['/rosters/mine'])),
})

const rosterRegisters = createRoute({
  getParentRoute: () => root,
  path: '/rosters/registers',
  validateSearch: (search) => texts(search, 'tab', 'q', 'item'),
  component: lazyRouteComponent(worded(office['/rosters/registers'])),
})

const rosterFigures = createRoute({
  getParentRoute: () => root,
  path: '/rosters/figures',
  validateSearch: (search) => texts(search, 'from', 'until'),
  component: lazyRouteComponent(worded(office['/rosters/figures'])),
})

const duty = createRoute({
  getParentRoute: () => root,
  path: '/duty',
  validateSearch: (search) => texts(search, 'only', 'post'),
  component: lazyRouteComponent(worded(office['/duty'])),
})

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    control,
    devices,
    configuration,
    alarms,
    shelf,
    plans,
    plan,
    stations,
    stationPage,
    watch,
    users,
    audit,
    replay,
    search,
    rationale,
    rules,
    figures,
    fire,
    evacuation,
    sheet,
    registers,
    doors,
    doorPage,
    people,
    cameras,
    rosters,
    detailOfDay,
    myRoster,
    rosterRegisters,
    rosterFigures,
    duty,
  ]),
  defaultErrorComponent: Broken,
  defaultPreload: false,
  scrollRestoration: false,
  // Plain words in the address, also for ids that look like numbers.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
