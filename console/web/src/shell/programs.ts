// The program of each page, by its path; each is loaded when somebody goes there.

/** Pages of the desk: their words are among the first. */
export const desk = {
  '/control': () => import('../alarms/control'),
  '/devices': () => import('../devices/page'),
  '/alarms': () => import('../alarms/history'),
  '/shelf': () => import('../alarms/shelf'),
  '/plans': () => import('../sites/page'),
  '/plans/$building/$level': () => import('../sites/page'),
  '/stations': () => import('../sites/stations'),
  '/stations/$id': () => import('../sites/station'),
  '/watch': () => import('../watch/page'),
  '/replay': () => import('../replay/page'),
  '/rules': () => import('../rules/page'),
  '/figures': () => import('../figures/page'),
  '/fire': () => import('../fire/page'),
  '/fire/evacuation/$id': () => import('../fire/evacuation'),
  '/fire/sheet/$alarm': () => import('../fire/sheet'),
  '/registers': () => import('../impairments/page'),
  '/cameras': () => import('../cameras/page'),
  '/people': () => import('../people/page'),
}

/** Pages of the office: their words come with them. */
export const office = {
  '/devices/configuration': () => import('../devices/configuration'),
  '/users': () => import('../users/page'),
  '/audit': () => import('../audit/page'),
  '/search': () => import('../replay/search'),
  '/rationale': () => import('../rationale/page'),
  '/doors': () => import('../doors/page'),
  '/doors/$id': () => import('../doors/page-of-door'),
  '/rosters': () => import('../rosters/page'),
  '/rosters/detail': () => import('../rosters/detail'),
  '/rosters/mine': () => import('../rosters/mine'),
  '/rosters/registers': () => import('../rosters/registers'),
  '/rosters/figures': () => import('../rosters/figures'),
  '/duty': () => import('../duty/page'),
}

/** Whether an address is that of a path: each of its parts that begins with $ stands for any one word. */
function leads(path: string, address: string): boolean {
  const [want, have] = [path.split('/'), address.split('/')]
  return want.length === have.length && want.every((part, i) => part === have[i] || part.startsWith('$'))
}

/** The program of the page at an address, and whether its words come with it. */
export function programAt(address: string): { load: () => Promise<unknown>; office: boolean } | undefined {
  for (const [programs, later] of [[desk, false] as const, [office, true] as const])
    for (const [path, load] of Object.entries(programs)) if (leads(path, address)) return { load, office: later }
  return undefined
}
