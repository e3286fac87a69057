import { expect } from '@playwright/test'
import { calm, pointWith, rowOf, signIn, simulate, test } from './desk'
import { layWire } from './wire'

const SEEN = 450 // ms: an alarm must have been seen before a key acknowledges it

test.describe('alarms', () => {
  test.beforeEach(async ({ page, request }) => {
    await calm(request)
    await signIn(page, 'supervisor')
  })
  test.afterAll(async ({ request }) => calm(request))

  test('a fire is on the screen and due to sound within two seconds, A acknowledges it, normal closes it', async ({
    page,
    request,
  }) => {
    const fire = await pointWith(request, /^fire\/siemens/, 'fire')
    await page.evaluate(() => Object.assign(window.__guardroom, { soundDue: null }))
    const before = Date.now()
    await simulate(request, fire.device, fire.point, 'fire')
    const row = rowOf(page, fire.name).filter({ hasText: 'Fire alarm' })
    await expect(row).toBeVisible({ timeout: 4_000 })
    const due = await page.evaluate(() => window.__guardroom.soundDue)
    expect(due?.priority).toBe(1)
    expect((due?.at ?? 0) - before).toBeLessThan(4_000)
    await expect(page.locator('[data-strip]')).toContainText(fire.name)
    await expect(row).toHaveAttribute('data-state', 'unacknowledged')
    await expect(page.locator('[data-count="1"]')).toContainText(/[1-9]/)

    await row.click() // its panel may be in alarm beside it, and stand above
    await expect(row).toHaveAttribute('aria-selected', 'true')
    await page.waitForTimeout(SEEN)
    await page.keyboard.press('a')
    await expect(row).toHaveAttribute('data-state', 'acknowledged')
    await expect(row).toContainText(/Sam Supervisor.* \d\d:\d\d/) // who, and when

    await simulate(request, fire.device, fire.point, 'normal')
    await expect(row).toHaveCount(0, { timeout: 15_000 })
  })

  test('a second detector does not merge into the first: confirmed fire, first-up pinned, heard anew', async ({
    page,
    request,
  }) => {
    const first = await pointWith(request, /^fire\/honeywell/, 'fire', 1)
    const second = await pointWith(request, /^fire\/honeywell/, 'fire', 2)
    await simulate(request, first.device, first.point, 'fire')
    const one = rowOf(page, first.name)
    await expect(one).toBeVisible()
    await one.click()
    await page.waitForTimeout(SEEN)
    await page.keyboard.press('a') // from now on the first one is silent
    await expect(one).toHaveAttribute('data-state', 'acknowledged')
    const heard = await page.evaluate(() => window.__guardroom.soundCount)
    await simulate(request, second.device, second.point, 'fire')
    const row = rowOf(page, second.name)
    await expect(row).toBeVisible()
    await expect(row).toContainText('Confirmed fire')
    await expect(page.locator('.first-up')).toContainText(first.name)
    const due = await page.evaluate(() => window.__guardroom)
    expect(due.soundCount).toBeGreaterThan(heard)
    expect(due.soundDue?.alarm).toBe(await row.getAttribute('data-alarm'))
  })

  test('the summary of a panel is no second detector', async ({ page, request }) => {
    await simulate(request, 'fire-2', 'zone3', 'fire')
    await expect(rowOf(page, 'Garage west')).toBeVisible()
    await expect(page.locator('[data-strip="2"]')).toBeVisible() // the zone and its panel
    await expect(page.locator('.first-up')).toHaveCount(0)
    await expect(page.getByText('Confirmed fire')).toHaveCount(0)
  })

  test('an alarm that clears before somebody acknowledged it stays and is counted', async ({ page, request }) => {
    const fire = await pointWith(request, /^fire\/siemens/, 'fire', 1)
    await simulate(request, fire.device, fire.point, 'fire')
    await expect(rowOf(page, fire.name)).toBeVisible()
    await simulate(request, fire.device, fire.point, 'normal')
    await expect(rowOf(page, fire.name)).toHaveAttribute('data-state', 'returned')
    await expect(rowOf(page, fire.name)).toContainText('normal again')
    await expect(page.getByRole('button', { name: /^Unacknowledged [1-9]/ })).toBeVisible() // the strip is counted too
    await expect(page.locator('[data-count="1"]')).toContainText(/[1-9]/)
  })

  test('a page that is loaded anew stands where it was', async ({ page, request }) => {
    const mine = await pointWith(request, /^fire\/honeywell/, 'fire', 4)
    const other = await pointWith(request, /^fire\/honeywell/, 'supervisory', 5)
    await simulate(request, mine.device, mine.point, 'fire')
    await simulate(request, other.device, other.point, 'supervisory')
    await rowOf(page, mine.name).click()
    await page.waitForTimeout(SEEN)
    await page.keyboard.press('Shift+A')
    await page.getByRole('dialog').getByRole('textbox').fill('Seen by patrol 4')
    await page.keyboard.press('Enter')
    await expect(rowOf(page, mine.name)).toHaveAttribute('data-state', 'acknowledged')
    await rowOf(page, other.name).click()
    const table = page.getByRole('region', { name: 'Doors' }).getByRole('button', { name: 'Table', exact: true })
    await table.click()
    await page.reload()
    await expect(rowOf(page, mine.name)).toHaveAttribute('data-state', 'acknowledged')
    await expect(rowOf(page, mine.name)).toContainText('Sam Supervisor')
    await expect(rowOf(page, other.name)).toHaveAttribute('aria-selected', 'true')
    await expect(rowOf(page, other.name)).toHaveAttribute('data-state', 'unacknowledged')
    await expect(table).toHaveAttribute('aria-pressed', 'true')
    await rowOf(page, mine.name).click()
    await expect(page.locator('.detail')).toContainText('Seen by patrol 4')
  })

  test('no contact is said within six seconds, actions are off, and it recovers by itself', async ({
    page,
    request,
    baseURL,
  }) => {
    const wire = await layWire(baseURL ?? '')
    try {
      const fire = await pointWith(request, /^fire\/siemens/, 'fire', 2)
      await page.goto(`${wire.url}/control`) // cookies know no ports: still signed in
      await expect(page.locator('[data-live="true"]')).toBeVisible()
      await page.keyboard.press('F6') // a gesture, as any officer's
      await simulate(request, fire.device, fire.point, 'fire')
      const row = rowOf(page, fire.name)
      await row.click()
      await expect(row.getByRole('button', { name: /Ack/ })).toBeEnabled()
      wire.cut()
      const banner = page.locator('[data-banner="no-contact"]')
      await expect(banner).toBeVisible({ timeout: 8_000 })
      await expect(banner).toContainText('No contact since')
      await expect(row.getByRole('button', { name: /Ack/ })).toBeDisabled()
      await expect(row).toBeVisible()
      // What happens meanwhile is there when the contact is back.
      const other = await pointWith(request, /^fire\/siemens/, 'fire', 4)
      await simulate(request, other.device, other.point, 'fire')
      wire.mend()
      await expect(banner).toHaveCount(0, { timeout: 15_000 })
      await expect(row.getByRole('button', { name: /Ack/ })).toBeEnabled()
      await expect(rowOf(page, other.name)).toBeVisible()
    } finally {
      wire.close()
    }
  })
})
