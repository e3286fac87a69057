import { type APIRequestContext, expect, type Page } from '@playwright/test'

const sim = () => process.env.SIM_URL ?? 'http://127.0.0.1:8090'

/** Signs in as a demo account and waits for the live stream. */
export async function signIn(page: Page, username: string, path = '/control', password = 'guardroom-demo') {
  await page.goto(path)
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.locator('[data-live="true"]')).toBeVisible()
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

/** The first simulated device and point that can be in the state. */
export async function pointWith(request: APIRequestContext, profile: RegExp, state: string, nth = 0) {
  const answer = await request.get(`${sim()}/sim/v1/devices`)
  const { devices } = (await answer.json()) as { devices: { id: string; profile: string; points: SimulatedPoint[] }[] }
  for (const device of devices) {
    // Zones and detectors, not the panel as a whole.
    const fits = (p: SimulatedPoint) => p.states.includes(state) && !/^(panel|section|gateway|fire_input)/.test(p.id)
    const points = profile.test(device.profile) ? device.points.filter(fits) : []
    const point = points[nth]
    if (point) return { device: device.id, point: point.id, name: point.name ?? point.id }
  }
  throw new Error(`no simulated point of ${profile} can be ${state}`)
}

/** Everything back to normal at the simulators, and every alarm acknowledged. */
export async function calm(request: APIRequestContext, page: Page) {
  const answer = await request.get(`${sim()}/sim/v1/devices`)
  const { devices } = (await answer.json()) as {
    devices: { id: string; points: (SimulatedPoint & { state?: string })[] }[]
  }
  for (const device of devices)
    for (const point of device.points)
      if (point.state && point.state !== 'normal' && point.state !== point.states[0])
        await request.post(`${sim()}/sim/v1/devices/${device.id}/points/${point.id}`, { data: { state: 'normal' } })
  await expect(async () => {
    const open = (await (await page.request.get('/api/v1/alarms')).json()) as {
      items: { id: string; version: number }[]
    }
    for (const alarm of open.items ?? [])
      await page.request.post(`/api/v1/alarms/${alarm.id}/acknowledge`, {
        data: { version: alarm.version, comment: '' },
      })
    const left = (await (await page.request.get('/api/v1/alarms')).json()) as { items: unknown[] }
    expect(left.items ?? []).toHaveLength(0)
  }).toPass({ timeout: 30_000 })
}

/** The row of an alarm by the name of its point; "Zone 1" is not "Zone 12". */
export const rowOf = (page: Page, name: string) => {
  const exact = new RegExp(`(^|[^\\w])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}($|[^\\w])`)
  return page.locator('[data-alarm]').filter({ has: page.locator('.sub', { hasText: exact }) })
}
