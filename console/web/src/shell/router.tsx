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
  validateSearch: (search) => texts(search, 'alarm', 'point', 'show', 'doors'),
  component: lazyRouteComponent(() => import('../alarms/control')),
})

const devices = createRoute({
  getParentRoute: () => root,
  path: '/devices',
  validateSearch: (search) => texts(search, 'device', 'point', 'q', 'category', 'gateway', 'only'),
  component: lazyRouteComponent(() => import('../devices/page')),
})

const alarms = createRoute({
  getParentRoute: () => root,
  path: '/alarms',
  validateSearch: (search) => texts(search, 'state', 'priority', 'kind', 'point', 'from', 'to', 'alarm'),
  component: lazyRouteComponent(() => import('../alarms/history')),
})

const users = createRoute({
  getParentRoute: () => root,
  path: '/users',
  validateSearch: (search) => texts(search, 'tab'),
  component: lazyRouteComponent(() => import('../users/page')),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (search) => texts(search, 'actor', 'action', 'subject', 'from', 'to'),
  component: lazyRouteComponent(() => import('../audit/page')),
})

export const router = createRouter({
  routeTree: root.addChildren([home, control, devices, alarms, users, audit]),
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
