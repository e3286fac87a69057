import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { pointWith, signIn, simulate } from './desk'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

async function clean(page: Page, what: string) {
  const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze()
  const words = violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join('\n  ')}`)
  expect(words, what).toEqual([])
}

const pages: [string, string, string][] = [
  ['chief', '/control', '.control'],
  ['chief', '/control?doors=table', '.control .table'],
  ['chief', '/devices', '[data-device]'],
  ['chief', '/alarms', '.filters'],
  ['chief', '/audit', '.table'],
  ['admin', '/users', '[data-user]'],
  ['admin', '/users?tab=tokens', '.filters'],
  ['officer', '/audit', '.empty'],
]

for (const theme of ['dark', 'light']) {
  test(`no page has a fault that axe finds, ${theme}`, async ({ page, request }) => {
    test.setTimeout(180_000)
    const fire = await pointWith(request, /^fire\//, 'fire', 3)
    await page.goto(`/?theme=${theme}`)
    await clean(page, `sign-in, ${theme}`)
    await simulate(request, fire.device, fire.point, 'fire')
    for (const [user, path, ready] of pages) {
      await page.context().clearCookies()
      await signIn(page, user, `${path}${path.includes('?') ? '&' : '?'}theme=${theme}`)
      await expect(page.locator(ready).first()).toBeVisible()
      await clean(page, `${path} as ${user}, ${theme}`)
    }
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog')).toBeVisible()
    await clean(page, `help, ${theme}`)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('combobox', { name: 'Search or command' })).toBeVisible()
    await clean(page, `search, ${theme}`)
    await page.keyboard.press('Escape')

    await page.context().clearCookies()
    await signIn(page, 'admin', `/users?theme=${theme}`)
    await page.getByRole('button', { name: 'Add a user' }).first().click()
    await clean(page, `add a user, ${theme}`)
    await page.keyboard.press('Escape')
    await page.goto(`/devices?theme=${theme}`)
    await page.locator('[data-device] .rowlink').first().click()
    await clean(page, `a device, ${theme}`)
    await page.getByRole('button', { name: 'Add a gateway' }).click()
    await clean(page, `add a gateway, ${theme}`)

    await page.context().clearCookies()
    await signIn(page, 'supervisor', `/control?theme=${theme}`)
    await page.locator('.doors .tile').first().click()
    await expect(page.locator('[data-verb="unlock"]')).toBeVisible()
    await clean(page, `a door, ${theme}`)
    await simulate(request, fire.device, fire.point, 'normal')
  })
}

test('the page turns round for right-to-left languages', async ({ page }) => {
  await signIn(page, 'supervisor', '/control?dir=rtl')
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  const rail = await page.locator('.rail').boundingBox()
  expect(rail?.x).toBeGreaterThan(1_000)
  await page.screenshot({ path: 'e2e/shots/control-rtl.png' })
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(wide).toBeLessThanOrEqual(0)
})
