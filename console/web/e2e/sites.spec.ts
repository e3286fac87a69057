import { expect, type Page } from '@playwright/test'
import { clean } from './axe'
import { calm, PASSWORD, signIn, simulate, test } from './desk'

interface SiteAnswer {
  places: { id: string; kind: string; name: string; parent: string; version: number }[]
}

async function levelOf(page: Page, building: string, level: string): Promise<string> {
  const site = (await (await page.request.get('/api/v1/sites/nairobi')).json()) as SiteAnswer
  const block = site.places.find((p) => p.kind === 'building' && p.name === building)
  const found = site.places.find((p) => p.parent === block?.id && p.name === level)
  return `/plans/${block?.id}/${found?.id}`
}

test.beforeEach(async ({ request }) => calm(request))
test.afterAll(async ({ request }) => calm(request))

test('a fire is called out at its place on its level, and a search jumps there', async ({ page, request }) => {
  await signIn(page, 'chief', '/control?station=nairobi')
  await simulate(request, 'fire-1', 'L1D1', 'fire')
  const called = page.locator('[data-callout="gw-1/fire-1.L1D1"]')
  await expect(called).toBeVisible({ timeout: 20_000 })
  await expect(called).toContainText('Kitchen smoke 7/01')
  await expect(page.locator('.plan-panel h2')).toContainText('Block S')
  await expect(page.locator('.area.burning')).toHaveCount(1)
  // The call-out's line begins at the detector.
  const mark = await page.locator('[data-mark="gw-1/fire-1.L1D1"]').boundingBox()
  const line = await page
    .locator('.leaders line')
    .first()
    .evaluate((e) => {
      const box = (e as SVGLineElement).getBoundingClientRect()
      return { x: box.x, y: box.y }
    })
  expect(Math.abs((mark?.x ?? 0) + (mark?.width ?? 0) / 2 - line.x)).toBeLessThan(8)
  // Another level, by search.
  await page.goto(await levelOf(page, 'Block M', 'Level 2'))
  await page.getByRole('searchbox', { name: 'Find a place, a point or a camera' }).fill('vault door')
  await page.locator('[data-found="gw-1/intrusion-1.input7"]').click()
  await expect(page.locator('h2', { hasText: 'Block A · Level 1' })).toBeVisible()
  await expect(page.locator('[data-mark="gw-1/intrusion-1.input7"]')).toHaveAttribute('aria-pressed', 'true')
})

test('an area is drawn, a detector placed, saved, undone and brought back', async ({ page }) => {
  test.setTimeout(120_000)
  await signIn(page, 'technician', '/stations/nairobi')
  const address = await levelOf(page, 'Block S', 'Level 1')
  const level = address.split('/').pop() as string
  await page.goto(`${address}?edit=1`)
  const name = `Drawn ${Date.now() % 100_000}`
  await page.getByLabel('Name of a new area').fill(name)
  await page.getByRole('button', { name: 'Draw', exact: true }).first().click()
  const sheet = page.locator('.surface-map')
  const box = await sheet.boundingBox()
  const at = (fx: number, fy: number) => ({ x: (box?.width ?? 0) * fx, y: (box?.height ?? 0) * fy })
  for (const [x, y] of [
    [0.4, 0.44],
    [0.5, 0.44],
    [0.5, 0.5],
  ] as const)
    await sheet.click({ position: at(x, y) })
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name)
  // A point of the gateway itself has no place yet.
  await page.getByRole('searchbox', { name: /not drawn/ }).fill('L1M3')
  const put = page.locator('[data-place="gw-1/fire-1.L1M3"]')
  await put.click()
  await sheet.click({ position: at(0.48, 0.455) })
  await expect(page.getByLabel('Stands in')).toHaveValue(/.+/)
  await expect(page.getByLabel('Stands in').locator('option:checked')).toHaveText(name)
  await page.keyboard.press('Control+s')
  await expect(page.getByText(/^Version \d+$/)).toBeVisible()
  await expect(page.locator('[data-mark="gw-1/fire-1.L1M3"]')).toBeVisible()
  await page.keyboard.press('Control+z')
  await expect(page.locator('[data-mark="gw-1/fire-1.L1M3"]')).toHaveCount(0)
  await page.keyboard.press('Control+y')
  await expect(page.locator('[data-mark="gw-1/fire-1.L1M3"]')).toBeVisible()
  await clean(page, 'the editor')
  // Leaving with changes is asked about.
  await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: 'Leave' }).click()
  await expect(page).toHaveURL(/plans/)
  // Back as it was before the test, through the versions.
  const before = (await (await page.request.get(`/api/v1/plans/${level}/versions`)).json()) as {
    items: { version: number }[]
  }
  const now = before.items[0]?.version ?? 1
  const back = await page.request.post(`/api/v1/plans/${level}/restore`, {
    data: { version: now, restore: now - 1 || 1 },
  })
  expect(back.ok()).toBeTruthy()
})

test('an officer looks and does not draw; an officer of another station sees nothing here', async ({ page }) => {
  await signIn(page, 'officer', '/stations/nairobi')
  await page.goto(await levelOf(page, 'Block S', 'Level 0'))
  await expect(page.locator('.mark').first()).toBeVisible()
  await expect(page.getByRole('button', { name: /^Edit/ })).toHaveCount(0)
  const answer = await page.request.post('/api/v1/session', {
    data: { username: 'officer-geneva', password: PASSWORD },
  })
  expect(answer.ok()).toBeTruthy()
  expect((await page.request.get('/api/v1/sites/nairobi')).status()).toBe(403)
  expect((await page.request.get('/api/v1/sites/geneva')).status()).toBe(200)
})

test('the pages of the site have no fault that axe finds, and the plan stays left to right', async ({ page }) => {
  test.setTimeout(120_000)
  await signIn(page, 'division', '/stations')
  await expect(page.locator('[data-station="geneva"]')).toBeVisible()
  await clean(page, 'stations')
  await page.goto('/stations?view=table&theme=light')
  await expect(page.locator('table [data-station="nairobi"]')).toBeVisible()
  await clean(page, 'stations as a table, light')
  await signIn(page, 'chief', '/stations/nairobi')
  for (const tab of ['places', 'points', 'cameras', 'files']) {
    await page.goto(`/stations/nairobi?tab=${tab}`)
    await expect(page.locator('.page-one .scroll')).not.toBeEmpty()
    await clean(page, tab)
  }
  await page.goto(`${await levelOf(page, 'Block S', 'Level 0')}?dir=rtl`)
  await expect(page.locator('.mark').first()).toBeVisible()
  await clean(page, 'a plan, right to left')
  expect(await page.locator('.surface').evaluate((e) => getComputedStyle(e).direction)).toBe('ltr')
})
