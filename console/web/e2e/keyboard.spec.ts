import { expect, type Page } from '@playwright/test'
import { calm, PASSWORD, pointWith, rowOf, signIn, simulate, test } from './desk'

test.afterEach(async ({ request }) => calm(request))

/** Presses Tab until the focus is on what the selector names. */
async function tabTo(page: Page, selector: string, limit = 60) {
  for (let i = 0; i < limit; i++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return
  }
  throw new Error(`${limit} times Tab, and no ${selector}`)
}

test('a watch without a mouse: sign in, acknowledge, comment, unlock a door, look round, sign out', async ({
  page,
  request,
}) => {
  await calm(request)
  await page.goto('/control')
  await expect(page.getByLabel('User name')).toBeFocused()
  await page.keyboard.type('supervisor')
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-live="true"]')).toBeVisible()

  const first = await pointWith(request, /^fire\/honeywell/, 'fire', 8)
  const second = await pointWith(request, /^fire\/honeywell/, 'fault', 9)
  await simulate(request, first.device, first.point, 'fire')
  await simulate(request, second.device, second.point, 'fault')
  await expect(rowOf(page, first.name)).toBeVisible()
  await expect(rowOf(page, second.name)).toBeVisible()
  await expect(rowOf(page, first.name)).toHaveAttribute('aria-selected', 'true') // the gravest, without a key
  await page.waitForTimeout(450)
  await page.keyboard.press('a')
  await expect(rowOf(page, first.name)).toHaveAttribute('data-state', 'acknowledged')

  await page.keyboard.press('Escape')
  for (let i = 0; i < 6; i++) {
    if ((await rowOf(page, second.name).getAttribute('aria-selected')) === 'true') break
    await page.keyboard.press('ArrowDown')
    await page.waitForTimeout(100)
  }
  await expect(rowOf(page, second.name)).toHaveAttribute('aria-selected', 'true')
  await page.waitForTimeout(450)
  await page.keyboard.press('Shift+A')
  await expect(page.getByRole('dialog').getByRole('textbox')).toBeFocused()
  await page.keyboard.type('Technician called')
  await page.keyboard.press('Enter')
  await expect(rowOf(page, second.name)).toHaveAttribute('data-state', 'acknowledged')
  await expect(page.getByRole('dialog')).toHaveCount(0)

  for (let i = 0; i < 8; i++) {
    await page.keyboard.press('F6')
    if (await page.evaluate(() => document.activeElement?.closest('.doors') !== null)) break
  }
  await tabTo(page, '.doors .tile')
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-verb="unlock"]')).toBeVisible()
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('F6') // from panel to panel, past the tiles
    if (await page.evaluate(() => document.activeElement?.closest('.detail') !== null)) break
  }
  await tabTo(page, '[data-verb="unlock"]', 12)
  await page.keyboard.press('Enter')
  await expect(page.locator('.command-life .receipt').first()).toContainText('Unlock: confirmed', { timeout: 15_000 })
  await page.keyboard.press('Escape')

  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox', { name: 'Search or command' })).toBeFocused()
  await page.keyboard.type('Devices')
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-device]').first()).toBeVisible() // the address changes before the page does
  await page.keyboard.press('F6')
  expect(await page.evaluate(() => document.activeElement?.closest('[data-panel]') !== null)).toBeTruthy()
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox', { name: 'Search or command' })).toBeFocused()
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await tabTo(page, '.who')
  await page.keyboard.press('Enter')
  await tabTo(page, '.menu button:last-of-type', 12)
  for (let i = 0; i < 4; i++) {
    if (await page.evaluate(() => document.activeElement?.textContent?.trim() === 'Sign out')) break
    await page.keyboard.press('Shift+Tab')
  }
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('User name')).toBeVisible()
})

test('what is typed before the search is there is kept for it, and does nothing to an alarm', async ({
  page,
  request,
}) => {
  await calm(request)
  const point = await pointWith(request, /^fire\/honeywell/, 'fault', 8)
  await simulate(request, point.device, point.point, 'fault')
  let load = () => {}
  const wait = new Promise<void>((resolve) => {
    load = resolve
  })
  let asked = 0
  await page.route(/\/assets\/(palette|dialogs)-[^/]+\.js$/, async (route) => {
    asked++
    await wait
    await route.continue()
  })
  const acts: string[] = []
  page.on('request', (r) => {
    if (r.method() === 'POST' && /\/alarms\//.test(r.url())) acts.push(r.url())
  })
  await signIn(page, 'officer', '/control')
  await expect(rowOf(page, point.name)).toHaveAttribute('aria-selected', 'true', { timeout: 20_000 })
  await page.waitForTimeout(450)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('atch devices') // A acknowledges, T takes, C closes, H shelves
  const field = page.getByRole('combobox', { name: 'Search or command' })
  await expect(field).toHaveValue('atch devices')
  await page.keyboard.press('Enter') // of nothing that can be seen yet
  await expect(field).toBeVisible()
  await page.keyboard.press('Escape')
  await page.waitForTimeout(450)
  await page.keyboard.press('Shift+A') // asks for a comment
  await page.keyboard.type('tech')
  expect(acts).toEqual([])
  await expect(rowOf(page, point.name)).toHaveAttribute('data-state', 'unacknowledged')
  expect(asked).toBeGreaterThan(0)
  load()
  await expect(page.getByRole('dialog').getByRole('textbox')).toBeFocused()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('Devices')
  await expect(page.locator('.hits [role=option]').first()).toContainText('Devices')
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-device]').first()).toBeVisible()
  expect(acts).toEqual([])
  await calm(request)
})

test('the shelf without a mouse: from list to list, print, restore with a reason', async ({ page, request }) => {
  await calm(request)
  await signIn(page, 'supervisor', '/shelf')
  const point = await pointWith(request, /^fire\/honeywell/, 'fault', 10)
  await simulate(request, point.device, point.point, 'fault')
  const alarms = async () =>
    ((await (await page.request.get('/api/v1/alarms')).json()) as { items: { point_name: string; point: string }[] })
      .items
  await expect.poll(async () => (await alarms()).map((a) => a.point_name)).toContain(point.name)
  const alarm = (await alarms()).find((a) => a.point_name === point.name)
  const until = new Date(Date.now() + 600_000).toISOString()
  const put = await page.request.post('/api/v1/shelf', {
    data: { point: alarm?.point, kind: 'fire.fault', mode: 'shelved', reason: 'Dust in the hall', until },
  })
  expect(put.ok(), await put.text()).toBeTruthy()
  await page.evaluate(() => {
    window.print = () => document.body.setAttribute('data-printed', 'yes')
  })
  await expect(page.locator('[data-shelf]').filter({ hasText: 'Dust in the hall' })).toBeVisible()
  await tabTo(page, '[data-segment="suppressed"]')
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-segment="suppressed"]')).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-shelf]').filter({ hasText: 'Dust in the hall' })).toBeVisible()
  await tabTo(page, '.ph .no-print', 12)
  await page.keyboard.press('Enter')
  await expect(page.locator('body')).toHaveAttribute('data-printed', 'yes')
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate(() => /^Restore/.test(document.activeElement?.textContent ?? ''))) break
  }
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBeTruthy()
  await page.keyboard.type('The hall is clean')
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-shelf]').filter({ hasText: 'Dust in the hall' })).toHaveCount(0)
  await calm(request)
})
