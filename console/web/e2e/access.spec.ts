import { expect, type Page } from '@playwright/test'
import { clean, dressed, ofColours } from './axe'
import { calm, pointWith, signIn, simulate, test, tooWide } from './desk'

const pages: [string, string, string][] = [
  ['chief', '/control', '.control'],
  ['chief', '/control?doors=table', '.control .table'],
  ['chief', '/devices', '[data-device]'],
  ['chief', '/control?panel=alarms', '.panel-bar'],
  ['chief', '/control?show=shelved', '.control .shelf'],
  ['chief', '/control?group=area', '.control .row'],
  ['chief', '/shelf', '.shelf'],
  ['chief', '/alarms', '.filters'],
  ['chief', '/audit', '.table'],
  ['chief', '/rationale?station=nairobi', '[data-rationale]'],
  ['chief', '/rationale?station=nairobi&only=doors', '[data-door]'],
  ['chief', '/rules?station=nairobi', '[data-rule]'],
  ['chief', '/doors?station=nairobi&tab=postures&edit=heightened', '.posture-action'],
  ['chief', '/doors?station=nairobi&tab=rules', '[data-policy]'],
  ['chief', '/doors/gw-1%2Fdoors-2.door3?station=nairobi', '.door-time'],
  ['admin', '/audit?tab=kept', '[data-retention]'],
  ['chief', '/figures?station=nairobi', '[data-figure]'],
  ['admin', '/users', '[data-user]'],
  ['admin', '/users?tab=tokens', '.filters'],
  ['officer', '/audit', '.empty'],
]

test.beforeEach(async ({ request }) => calm(request))
test.afterAll(async ({ request }) => calm(request))

const windows = [
  { width: 1366, height: 768 },
  { width: 390, height: 844 },
]

/** What is wider than its window, at each size and in either direction of reading. */
async function widths(page: Page, what: string): Promise<string[]> {
  const wide: string[] = []
  for (const size of windows) {
    await page.setViewportSize(size)
    for (const dir of ['rtl', 'ltr']) {
      await page.evaluate((d) => document.documentElement.setAttribute('dir', d), dir)
      const found = await tooWide(page)
      if (found) wide.push(`${what}, ${size.width} px, ${dir}: ${found}`)
      if (!process.env.SHOTS) continue // to look at them
      const name = `${what.replace(/\W+/g, '-').slice(1)}-${size.width}${dir === 'rtl' ? '-rtl' : ''}`
      await page.screenshot({ path: `e2e/shots/${name}.png` })
    }
  }
  await page.setViewportSize({ width: 1600, height: 900 })
  return wide
}

/** Looks in the dark for every fault, in the light for those of colours. */
async function look(page: Page, what: string) {
  await clean(page, `${what}, dark`)
  await dressed(page, 'light')
  await clean(page, `${what}, light`, { only: ofColours })
  await dressed(page, 'dark')
}

test('no page has a fault that axe finds in either theme, nor is wider than its window', async ({ page, request }) => {
  test.setTimeout(600_000) // a walk through every page
  await page.setViewportSize({ width: 1600, height: 900 })
  const fire = await pointWith(request, /^fire\/honeywell/, 'fire', 1)
  const other = await pointWith(request, /^fire\/honeywell/, 'fire', 2)
  await page.goto('/')
  await expect(page.getByLabel('User name')).toBeVisible()
  await look(page, 'sign-in')
  for (const { device, point } of [fire, other]) await simulate(request, device, point, 'fire')
  const wide: string[] = []
  for (const [user, path, ready] of pages) {
    await signIn(page, user, path)
    await expect(page.locator(ready).first()).toBeVisible()
    await look(page, `${path} as ${user}`)
    wide.push(...(await widths(page, `${path} as ${user}`)))
  }
  expect(wide).toEqual([])
})

test('no form has a fault that axe finds in either theme', async ({ page, request }) => {
  test.setTimeout(300_000)
  await page.setViewportSize({ width: 1600, height: 900 })
  const fire = await pointWith(request, /^fire\//, 'fire', 3)
  await simulate(request, fire.device, fire.point, 'fire')
  await signIn(page, 'chief', '/control')
  const row = page.locator('[data-strip] .row').first()
  await expect(row).toBeVisible()
  await page.keyboard.press('h')
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(page, 'shelve a fire')
  await page.keyboard.press('Escape')
  await expect(async () => {
    await page.keyboard.press('a') // no earlier than it was seen
    await expect(row).toHaveAttribute('data-state', 'acknowledged', { timeout: 1_000 })
  }).toPass()
  await page.keyboard.press('c')
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(page, 'close')
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(page, 'help')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox', { name: 'Search or command' })).toBeVisible()
  await look(page, 'search')
  await page.keyboard.press('Escape')

  await signIn(page, 'admin', '/users')
  await page.getByRole('button', { name: 'Add a user' }).first().click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(page, 'add a user')
  await page.goto('/devices')
  await page.locator('[data-device] .rowlink').first().click()
  await look(page, 'a device')
  await page.getByRole('button', { name: 'Add a gateway' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(page, 'add a gateway')

  await signIn(page, 'supervisor', '/control')
  await page.locator('.doors .tile').first().click()
  await expect(page.locator('[data-verb="unlock"]')).toBeVisible()
  await look(page, 'a door')
})

test('the page turns round for right-to-left languages', async ({ page }) => {
  await signIn(page, 'supervisor', '/control?dir=rtl')
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  const rail = await page.locator('.rail').boundingBox()
  expect(rail?.x).toBeGreaterThan(1_000)
  expect(await tooWide(page)).toBe('')
})
