import { type Browser, expect, type Page } from '@playwright/test'
import { clean } from './axe'
import { calm, PASSWORD, pointWith, signIn, signInByHand, simulate, test } from './desk'

/** A person at a desk of their own. */
async function desk(browser: Browser, username: string, path = '/control'): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await signInByHand(page, username, path)
  await expect(page.locator('[data-live="true"]')).toBeVisible({ timeout: 20_000 })
  return page
}

test('who is on watch is shown, by name and desk, and no longer once they left', async ({ page, browser }) => {
  await signIn(page, 'division', '/watch')
  const other = await desk(browser, 'officer-nairobi', '/watch')
  await other.getByLabel('This desk is called').fill('Control room, left')
  await other.getByRole('button', { name: 'Save' }).click()
  const nairobi = page.locator('[data-station="nairobi"]')
  // Who sits where is asked for every ten seconds.
  await expect(nairobi.locator('[data-post]').filter({ hasText: 'Control room, left' })).toHaveCount(1, {
    timeout: 25_000,
  })
  await other.context().close() // without a word
  await expect(nairobi.locator('[data-post]').filter({ hasText: 'Control room, left' })).toHaveCount(0, {
    timeout: 25_000,
  })
  await clean(page, 'the watch')
})

test('an alarm with nobody on watch goes up the chain at once, and says so', async ({ browser, request }) => {
  const point = await pointWith(request, /^fire\/honeywell/, 'fire', 3)
  await calm(request)
  const page = await desk(browser, 'division', '/watch?at=nairobi') // sees everything, and answers nothing
  await expect(page.locator('[data-station="nairobi"] [data-post]')).toHaveCount(0, { timeout: 20_000 })
  await simulate(request, point.device, point.point, 'fire')
  try {
    const up = page.locator('[data-up]').filter({ hasText: point.name })
    await expect(up).toContainText('Nobody on watch', { timeout: 10_000 })
    await expect(up).toContainText(/Delivery|Duty chief|Division/)
    await page.locator('[data-tab="deliveries"]').click()
    const sent = page.locator('[data-delivery="sent"]').filter({ hasText: 'Response team' })
    await expect(sent.first()).toContainText(point.name, { timeout: 15_000 })
  } finally {
    await calm(request)
    await page.context().close()
  }
})

test('a cover grant gives rights live and takes them again', async ({ browser }) => {
  const supervisor = await desk(browser, 'supervisor', '/watch?tab=covers&at=nairobi')
  const geneva = await desk(browser, 'officer-geneva', '/control')
  await expect(geneva.locator('header.top select')).toHaveCount(0) // one station only
  const sees = async () => (await geneva.request.get('/api/v1/alarms?station=nairobi')).status()
  expect(await sees()).toBe(403)
  await supervisor.getByRole('button', { name: 'Grant cover' }).click()
  const form = supervisor.locator('[data-grant]')
  await expect(form.getByLabel('Covered by officers of')).toBeFocused()
  await form.getByLabel('Covered by officers of').selectOption('geneva')
  await expect(form.getByRole('button', { name: 'Grant cover' })).toBeDisabled() // until when is not said
  await form.getByRole('button', { name: 'Until', exact: true }).click()
  const tomorrow = new Date(Date.now() + 27 * 3_600_000) // in Nairobi
  await supervisor
    .getByRole('button', {
      name: tomorrow.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }),
    })
    .click()
  await supervisor.getByRole('button', { name: 'Done' }).click()
  await form.getByLabel('Daily from').fill('22:00')
  await form.getByLabel('Reason').fill('Two officers are ill')
  await form.getByRole('button', { name: 'Grant cover' }).click()
  await expect(form.getByRole('alert')).toBeVisible() // from, and no until
  await form.getByLabel('Daily from').fill('')
  await form.getByRole('button', { name: 'Grant cover' }).click()
  await expect(form).toHaveCount(0)
  await expect(geneva.locator('header.top select option', { hasText: 'Nairobi' })).toHaveCount(1, { timeout: 15_000 })
  expect(await sees()).toBe(200)
  const row = supervisor.locator('[data-cover="active"]').first()
  await expect(row).toContainText('Two officers are ill')
  await row.getByRole('button', { name: 'Revoke' }).click()
  await supervisor.getByRole('button', { name: 'Revoke now' }).click()
  await expect(geneva.locator('header.top select')).toHaveCount(0, { timeout: 15_000 })
  expect(await sees()).toBe(403)
  await geneva.context().close()
  await supervisor.context().close()
})

test('a sheet for the time when everything is down says who watches, whom to call and which plans there are', async ({
  page,
}) => {
  await signIn(page, 'supervisor', '/watch?at=nairobi')
  await expect(page.locator('[data-station="nairobi"] [data-post]').filter({ hasText: 'Sam' }).first()).toBeVisible()
  const written = page.waitForResponse((r) => r.request().method() === 'POST' && r.url().endsWith('/fallback'))
  await page.getByRole('button', { name: 'Write a new one' }).first().press('Enter')
  expect((await written).status()).toBe(200)
  const link = page.locator('.watch-pack a').first()
  await expect(link).toBeVisible()
  const answer = await page.request.get((await link.getAttribute('href')) ?? '')
  expect(answer.status()).toBe(200)
  await page.setContent(await answer.text())
  for (const title of [
    'On watch when this was written',
    'Whom to call, in this order',
    'Alarms that are not over',
    'On test, isolated, disabled',
    'Plans: the drawings to take from the drawer',
  ])
    await expect(page.getByRole('heading', { name: title })).toBeVisible()
  const table = (title: string) => page.locator(`h2:text-is("${title}") + table`)
  await expect(table('On watch when this was written')).toContainText('Sam Supervisor')
  await expect(table('Whom to call, in this order').locator('tbody tr').first()).toContainText('first')
  await expect(table('Plans: the drawings to take from the drawer').locator('tbody tr').first()).toContainText('yes')
  await page.emulateMedia({ media: 'print' })
  expect((await page.pdf({ preferCSSPageSize: true })).length).toBeGreaterThan(10_000)
})

test('the next officer takes the desk over; the stream goes on, and a wrong password changes nothing', async ({
  browser,
}) => {
  const page = await desk(browser, 'officer')
  let streams = 0
  page.on('request', (r) => {
    if (r.url().endsWith('/api/v1/live')) streams++
  })
  await page.locator('.who').click()
  await page.getByRole('button', { name: /Change officer/ }).click()
  const dialog = page.locator('[data-change-officer]')
  await dialog.getByLabel('User name').fill('supervisor')
  await dialog.getByLabel('Password', { exact: true }).fill('not the password')
  await page.keyboard.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('still signed in')
  await expect(page.locator('.who')).toContainText('Olive')
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
  await expect(page.locator('.who')).toContainText('Sam Supervisor')
  await expect(page.locator('[data-live="true"]')).toBeVisible()
  await page.waitForTimeout(2_500)
  expect(streams).toBe(0)
  await expect(page.locator('.who')).toContainText('Sam Supervisor')
  await page.context().close()
})

test('a handover takes two people', async ({ page, browser }) => {
  const notes = `Gate A sticks ${Date.now()}`
  await signIn(page, 'officer', '/watch?tab=handover&at=nairobi')
  const other = await desk(browser, 'supervisor', '/watch?tab=handover&at=nairobi')
  await page.locator('[data-notes]').fill(notes)
  await page.getByRole('button', { name: /Hand over as/ }).click()
  await expect(page.getByText('The incoming officer signs')).toBeVisible()
  await expect(other.getByText(notes)).toBeVisible({ timeout: 10_000 })
  await other.getByRole('button', { name: /Take over as/ }).click()
  await expect(other.locator('[data-handover="taken"]').first()).toContainText('Sam Supervisor')
  await clean(other, 'handovers')
  await other.context().close()
})
