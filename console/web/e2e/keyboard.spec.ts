import { expect, type Page, test } from '@playwright/test'
import { calm, PASSWORD, pointWith, rowOf, simulate } from './desk'

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
  await expect(page.locator('.command-life .receipt').first()).toContainText('Unlock: confirmed', { timeout: 5_000 })
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
