import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { calm, pointWith, signIn, simulate, tooWide } from './desk'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** The rules that a theme can break; the others are looked at once, in the dark. */
const ofColours = ['color-contrast', 'link-in-text-block']

async function clean(page: Page, what: string, theme: string) {
  // Legacy mode looks at this frame only, and there is no other; it spares a page for each look.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] })
  if (theme === 'light') axe.withRules(ofColours)
  else axe.withTags(rules)
  const { violations } = await axe.analyze()
  const words = violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join('\n  ')}`)
  expect(words, what).toEqual([])
}

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

for (const theme of ['dark', 'light']) {
  test(`no page has a fault that axe finds, ${theme}`, async ({ page, request }) => {
    test.setTimeout(420_000) // a walk through every page, beside the Go tests
    await page.setViewportSize({ width: 1600, height: 900 })
    const fire = await pointWith(request, /^fire\//, 'fire', 3)
    await page.goto(`/?theme=${theme}`)
    await expect(page.getByLabel('User name')).toBeVisible()
    await clean(page, `sign-in, ${theme}`, theme)
    await simulate(request, fire.device, fire.point, 'fire')
    for (const [user, path, ready] of pages) {
      await signIn(page, user, `${path}${path.includes('?') ? '&' : '?'}theme=${theme}`)
      await expect(page.locator(ready).first()).toBeVisible()
      await clean(page, `${path} as ${user}, ${theme}`, theme)
    }
    await signIn(page, 'chief', `/control?theme=${theme}`)
    for (const [key, what] of [
      ['h', 'shelve a fire'],
      ['c', 'close'],
    ] as const) {
      await expect(page.locator('[data-strip] .row').first()).toBeVisible()
      if (key === 'c') {
        await page.waitForTimeout(450)
        await page.keyboard.press('a')
        await expect(page.locator('[data-strip] .row').first()).toHaveAttribute('data-state', 'acknowledged')
      }
      await page.keyboard.press(key)
      await expect(page.getByRole('dialog')).toBeVisible()
      await clean(page, `${what}, ${theme}`, theme)
      await page.keyboard.press('Escape')
    }
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog')).toBeVisible()
    await clean(page, `help, ${theme}`, theme)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('combobox', { name: 'Search or command' })).toBeVisible()
    await clean(page, `search, ${theme}`, theme)
    await page.keyboard.press('Escape')

    await signIn(page, 'admin', `/users?theme=${theme}`)
    await page.getByRole('button', { name: 'Add a user' }).first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await clean(page, `add a user, ${theme}`, theme)
    await page.goto(`/devices?theme=${theme}`)
    await page.locator('[data-device] .rowlink').first().click()
    await clean(page, `a device, ${theme}`, theme)
    await page.getByRole('button', { name: 'Add a gateway' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await clean(page, `add a gateway, ${theme}`, theme)

    await signIn(page, 'supervisor', `/control?theme=${theme}`)
    await page.locator('.doors .tile').first().click()
    await expect(page.locator('[data-verb="unlock"]')).toBeVisible()
    await clean(page, `a door, ${theme}`, theme)
  })
}

const windows = [
  { width: 1920, height: 1080 },
  { width: 1366, height: 768 },
  { width: 390, height: 844 },
]

test('no page is wider than its window, in either direction of reading', async ({ page, request }) => {
  test.setTimeout(300_000)
  const first = await pointWith(request, /^fire\/honeywell/, 'fire', 1)
  const second = await pointWith(request, /^fire\/honeywell/, 'fire', 2)
  await simulate(request, first.device, first.point, 'fire')
  await simulate(request, second.device, second.point, 'fire')
  const wide: string[] = []
  for (const [user, path, ready] of pages) {
    await signIn(page, user, path)
    await expect(page.locator(ready).first()).toBeVisible()
    for (const size of windows) {
      await page.setViewportSize(size)
      for (const dir of ['ltr', 'rtl']) {
        await page.evaluate((d) => document.documentElement.setAttribute('dir', d), dir)
        const what = await tooWide(page)
        if (what) wide.push(`${path} as ${user}, ${size.width} px, ${dir}: ${what}`)
        if (!process.env.SHOTS) continue // to look at them
        const name = `${path.replace(/\W+/g, '-').slice(1)}-${user}-${size.width}${dir === 'rtl' ? '-rtl' : ''}`
        await page.screenshot({ path: `e2e/shots/${name}.png` })
      }
    }
  }
  expect(wide).toEqual([])
})

test('the page turns round for right-to-left languages', async ({ page }) => {
  await signIn(page, 'supervisor', '/control?dir=rtl')
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  const rail = await page.locator('.rail').boundingBox()
  expect(rail?.x).toBeGreaterThan(1_000)
  expect(await tooWide(page)).toBe('')
})
