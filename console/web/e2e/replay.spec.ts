import { expect } from '@playwright/test'
import { clean } from './axe'
import { calm, pointWith, rowOf, signIn, simulate, test } from './desk'

test('the past cannot be mistaken for now: an alarm stands, is played back, and is not there before', async ({
  page,
  request,
}) => {
  const fire = await pointWith(request, /^fire\/honeywell/, 'fire', 3)
  await calm(request)
  const before = Date.now() - 1000
  await simulate(request, fire.device, fire.point, 'fire')
  await signIn(page, 'chief')
  await expect(rowOf(page, fire.name)).toBeVisible()
  try {
    // From an alarm it leads to that alarm's station, also at a desk that sees all of them.
    await rowOf(page, fire.name).first().click()
    await page.getByRole('link', { name: /Replay from 2 min before/ }).click()
    await expect(page.locator('.replay-when')).toContainText('Nairobi')
    const instant = (at: number) => `/replay?station=nairobi&at=${new Date(at).toISOString()}`
    await page.goto(instant(Date.now()))
    await expect(page.getByText('REPLAY — NOT LIVE')).toBeVisible()
    await expect(page.locator('[data-then]').filter({ hasText: fire.name })).toBeVisible()
    await expect(page.getByRole('button', { name: /^Ack/ })).toHaveCount(0)

    // Before it was raised it does not stand; played on, it comes.
    await page.goto(instant(before))
    await expect(page.locator('.replay:not([data-waiting])')).toBeVisible()
    await expect(page.locator('[data-then]').filter({ hasText: fire.name })).toHaveCount(0)
    await page.keyboard.press('Space')
    await expect(page.locator('[data-then]').filter({ hasText: fire.name })).toBeVisible({ timeout: 30_000 })
    await page.keyboard.press('Space')

    // The keys move by seconds and minutes.
    const at = async () => Date.parse((await page.locator('[data-replay]').getAttribute('data-replay')) ?? '')
    const here = await at()
    await page.keyboard.press('Shift+ArrowLeft')
    await expect.poll(async () => here - (await at())).toBeGreaterThanOrEqual(59_000)
    await page.keyboard.press('ArrowRight')
    await expect.poll(async () => here - (await at())).toBeLessThan(59_900)
  } finally {
    await simulate(request, fire.device, fire.point, 'normal')
  }
})

test('search finds a signal by its words, and leads to its point and to that instant', async ({ page, request }) => {
  const fire = await pointWith(request, /^fire\/honeywell/, 'fire', 4)
  await calm(request)
  await simulate(request, fire.device, fire.point, 'fire')
  await simulate(request, fire.device, fire.point, 'normal')
  await signIn(page, 'chief', '/search?station=nairobi')
  await page.getByRole('searchbox').fill('fire alarm')
  await page.keyboard.press('Enter')
  const found = page.locator('[data-found="signal"]').first()
  await expect(found).toBeVisible()
  await expect(page.getByRole('link', { name: 'CSV' })).toHaveAttribute('href', /view=text.*q=fire/)
  await found.getByRole('button').first().click()
  await expect(page).toHaveURL(/view=point/)
  await page.locator('[data-found="signal"]').first().getByRole('link').click()
  await expect(page.getByText('REPLAY — NOT LIVE')).toBeVisible()
})

test('axe finds nothing on the replay and the search', async ({ page }) => {
  for (const path of ['/replay?station=nairobi', '/search?station=nairobi&q=door&dir=rtl']) {
    await signIn(page, 'chief', path)
    await expect(page.locator('.replay:not([data-waiting]), .table.found, .empty').first()).toBeVisible()
    await clean(page, path)
  }
})
