import { type APIRequestContext, test as base, expect, type Page } from '@playwright/test'

const sim = () => process.env.SIM_URL ?? 'http://127.0.0.1:8090'

/**
 * A story in the one window that all stories of a worker share: a new browser
 * window costs more than most of them. What a story leaves there goes after it.
 */
export const test = base.extend<object, { shared: Page }>({
  shared: [
    async ({ browser }, use, { project }) => {
      const { baseURL, viewport, locale, timezoneId } = project.use
      const context = await browser.newContext({ baseURL, viewport, locale, timezoneId })
      await use(await context.newPage())
      await context.close()
    },
    { scope: 'worker' },
  ],
  context: ({ shared }, use) => use(shared.context()),
  page: async ({ shared }, use, { project }) => {
    if (project.use.viewport) await shared.setViewportSize(project.use.viewport)
    await use(shared)
    for (const other of shared.context().pages()) if (other !== shared) await other.close()
    shared.removeAllListeners()
    await shared.unrouteAll({ behavior: 'ignoreErrors' })
    await shared.emulateMedia({ media: null, colorScheme: null, reducedMotion: null })
    if (shared.url().startsWith('http'))
      await shared.evaluate(() => {
        localStorage.clear()
        sessionStorage.clear()
      })
    await shared.goto('/healthz') // of the same origin, so that its process stays
    await shared.context().clearCookies()
  },
})

export const PASSWORD = 'guardroom-demo'

/** Types a name and a password, as a person does. */
export async function signInByHand(page: Page, username: string, path = '/control', password = PASSWORD) {
  await page.goto(path)
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

type Cookies = Awaited<ReturnType<ReturnType<Page['context']>['cookies']>>
const sessions = new Map<string, Cookies>()

/** Becomes a demo account, with one session for all tests, and waits for the live stream. */
export async function signIn(page: Page, username: string, path = '/control') {
  await page.context().clearCookies()
  const kept = sessions.get(username)
  if (kept) await page.context().addCookies(kept)
  else {
    const answer = await page.request.post('/api/v1/session', { data: { username, password: PASSWORD } })
    expect(answer.ok(), `sign in as ${username}: ${await answer.text()}`).toBeTruthy()
    sessions.set(username, await page.context().cookies())
  }
  await page.goto(path)
  await expect(page.locator('[data-live="true"]')).toBeVisible({ timeout: 20_000 })
}

/** Puts a simulated point into a state; "normal" clears it. */
export async function simulate(request: APIRequestContext, device: string, point: string, state: string) {
  const answer = await request.post(`${sim()}/sim/v1/devices/${device}/points/${point}`, { data: { state } })
  expect(answer.ok(), `simulator: ${await answer.text()}`).toBeTruthy()
}

export async function simulateFault(request: APIRequestContext, device: string, fault: string) {
  const answer = await request.post(`${sim()}/sim/v1/devices/${device}/faults`, { data: { fault } })
  expect(answer.ok(), `simulator: ${await answer.text()}`).toBeTruthy()
}

interface SimulatedPoint {
  id: string
  name?: string
  states: string[]
}

interface SimulatedDevice {
  id: string
  profile: string
  points: SimulatedPoint[]
}

async function simulated(request: APIRequestContext): Promise<SimulatedDevice[]> {
  const answer = await request.get(`${sim()}/sim/v1/devices`)
  return ((await answer.json()) as { devices: SimulatedDevice[] }).devices
}

/** The nth simulated point that can be in the state, of the first device of the profile that has one. */
export async function pointWith(request: APIRequestContext, profile: RegExp, state: string, nth = 0) {
  for (const device of await simulated(request)) {
    // Zones and detectors, not the panel as a whole.
    const fits = (p: SimulatedPoint) => p.states.includes(state) && !/^(panel|section|gateway|fire_input)/.test(p.id)
    const points = profile.test(device.profile) ? device.points.filter(fits) : []
    const point = points[nth]
    if (point) return { device: device.id, point: point.id, name: point.name ?? point.id }
  }
  throw new Error(`no simulated point of ${profile} can be ${state}`)
}

/** Everything back to normal at the simulators, every alarm acknowledged and closed. */
export async function calm(request: APIRequestContext) {
  const all = await request.post(`${sim()}/sim/v1/normal`, { data: {} })
  expect(all.ok(), `simulator: ${await all.text()}`).toBeTruthy()
  const cookie = (sessions.get('supervisor') ?? []).map((c) => `${c.name}=${c.value}`).join('; ')
  const headers = cookie ? { cookie } : undefined
  if (!headers) {
    const answer = await request.post('/api/v1/session', { data: { username: 'supervisor', password: PASSWORD } })
    expect(answer.ok()).toBeTruthy()
  }
  const open = async () => {
    const answer = await request.get('/api/v1/alarms', { headers })
    return ((await answer.json()) as { items: { id: string; state: string; version: number }[] | null }).items ?? []
  }
  const shelves = await request.get('/api/v1/shelf?mode=shelved', { headers })
  if (shelves.ok())
    for (const { id } of ((await shelves.json()) as { items: { id: string }[] | null }).items ?? [])
      await request.delete(`/api/v1/shelf/${id}?reason=test`, { headers })
  const looked = await request.get('/api/v1/fire/investigations?open=true', { headers })
  if (looked.ok())
    for (const { id, version } of ((await looked.json()) as { items: { id: string; version: number }[] | null })
      .items ?? [])
      await request.post(`/api/v1/fire/investigations/${id}/decide`, {
        data: { version, outcome: 'false', reason: 'test' },
        headers,
      })
  await expect(async () => {
    for (const alarm of await open())
      if (alarm.state !== 'acknowledged')
        await request.post(`/api/v1/alarms/${alarm.id}/acknowledge`, {
          data: { version: alarm.version, comment: '' },
          headers,
        })
    expect(await open()).toHaveLength(0)
    const ended = await request.get('/api/v1/alarms?closing=true', { headers })
    for (const { id, version } of ((await ended.json()) as { items: { id: string; version: number }[] | null }).items ??
      [])
      await request.post(`/api/v1/alarms/${id}/close`, { data: { version, disposition: 'test', text: '' }, headers })
  }).toPass({ timeout: 30_000, intervals: [200, 300, 500] })
}

/** The row of an alarm by the name of its point; "Zone 1" is not "Zone 12". */
export const rowOf = (page: Page, name: string) => {
  const exact = new RegExp(`(^|[^\\w])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}($|[^\\w])`)
  return page.locator('[data-alarm]').filter({ has: page.locator('.sub', { hasText: exact }) })
}

/** What is wider than the window, in words; empty when nothing is. */
export const tooWide = (page: Page) =>
  page.evaluate(() => {
    const room = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= room) return ''
    const wide = [...document.body.querySelectorAll<HTMLElement>('*')].filter((e) => {
      const box = e.getBoundingClientRect()
      return box.width > 0 && (box.right > room + 1 || box.left < -1)
    })
    return `${document.documentElement.scrollWidth} > ${room}: ${wide
      .slice(0, 6)
      .map((e) => `${e.tagName.toLowerCase()}.${e.className}`)
      .join(', ')}`
  })
