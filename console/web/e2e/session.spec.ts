import { expect } from '@playwright/test'
import { calm, pointWith, rowOf, signIn, signInByHand, simulate, test } from './desk'

const rail = 'nav.rail a'

test('a wrong password is said in words, and the right one opens Control', async ({ page }) => {
  await signInByHand(page, 'officer', '/control', 'not the password')
  await expect(page.getByRole('alert')).toContainText('User name or password is wrong.')
  await page.getByLabel('Password', { exact: true }).fill('guardroom-demo')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Alarms', exact: true })).toBeVisible()
  await expect(page.locator('[data-banner="sound"]')).toHaveCount(0)
})

test('the rail shows only pages that the user may open, and a link to another says why', async ({ page }) => {
  await signIn(page, 'officer', '/users')
  await expect(page.locator(`${rail}[aria-label="Control"]`)).toBeVisible()
  await expect(page.locator(`${rail}[aria-label="Users"]`)).toHaveCount(0)
  await expect(page.getByText('You need the right “manage users”. Ask the shift supervisor.')).toBeVisible()
  const answer = await page.request.get('/api/v1/users')
  expect(answer.status()).toBe(403)
  await page.keyboard.press('1')
  await expect(page).toHaveURL(/\/control/)
})

test('a planner sees alarms and doors, and has no button for them', async ({ page, request }) => {
  const fire = await pointWith(request, /^fire\/honeywell/, 'fire', 6)
  await calm(request)
  await signIn(page, 'planner')
  await simulate(request, fire.device, fire.point, 'fire')
  try {
    const row = rowOf(page, fire.name)
    await row.click()
    await expect(page.locator('.detail')).toContainText(fire.name)
    await expect(page.getByRole('button', { name: /^Ack/ })).toHaveCount(0)
    await page.waitForTimeout(450)
    await page.keyboard.press('a')
    await page.locator('.doors .tile').first().click()
    await expect(page.locator('.detail [data-now]')).toBeVisible()
    await expect(page.locator('[data-verb]')).toHaveCount(0)
    await expect(row).toHaveAttribute('data-state', 'unacknowledged')
  } finally {
    await calm(request)
  }
})

test('the clock is the station’s, and UTC at a desk of several; never the browser’s', async ({ page, request }) => {
  const shows = async (zone: string) => {
    const words = (await page.getByRole('timer').textContent()) ?? ''
    const now = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
    return [now.format(Date.now()), now.format(Date.now() - 60_000)].some((minute) => words.startsWith(minute))
  }
  await signIn(page, 'officer', '/control?station=nairobi')
  await expect(page.getByRole('timer')).toContainText('EAT')
  await expect(page.getByRole('timer')).toContainText('UTC')
  expect(await shows('Africa/Nairobi')).toBeTruthy()
  await page.getByLabel('Duty station').selectOption('*')
  await expect(page.getByRole('timer')).not.toContainText('EAT')
  expect(await shows('UTC')).toBeTruthy()
  const door = await pointWith(request, /^access\//, 'forced')
  try {
    await simulate(request, door.device, door.point, 'forced')
    await page.locator('[data-alarm]').first().click()
    await expect(page.locator('[data-clock-of="nairobi"]')).toContainText('EAT')
  } finally {
    await calm(request)
  }
})

test('signing out leaves the desk, in every tab', async ({ page }) => {
  await signInByHand(page, 'officer')
  await expect(page.locator('[data-live="true"]')).toBeVisible()
  const other = await page.context().newPage()
  await other.goto('/devices')
  await expect(other.locator('[data-live="true"]')).toBeVisible()
  await page.locator('.who').click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByLabel('User name')).toBeVisible()
  await expect(other.getByLabel('User name')).toBeVisible({ timeout: 8_000 }) // nobody touched it
})

test('a stream that is refused is tried again by itself, and soon', async ({ page }) => {
  let refused = 0
  await page.route('**/api/v1/live', (route) => {
    refused++
    return route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"unavailable"}' })
  })
  await page.context().clearCookies()
  await page.request.post('/api/v1/session', { data: { username: 'officer', password: 'guardroom-demo' } })
  await page.goto('/control')
  await expect.poll(() => refused, { timeout: 8_000 }).toBeGreaterThan(3)
  await expect(page.locator('[data-banner="no-contact"]')).toBeVisible({ timeout: 7_000 })
  await page.unroute('**/api/v1/live')
  await expect(page.locator('[data-live="true"]')).toBeVisible({ timeout: 8_000 })
  await expect(page.locator('[data-banner="no-contact"]')).toHaveCount(0)
})

test('a person is added, given a new password, renamed; the new password opens the desk once it is changed', async ({
  page,
}) => {
  const username = `e2e-${Date.now().toString(36)}`
  await signIn(page, 'admin', '/users')
  await page.getByRole('button', { name: 'Add a user' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('User name').fill(username)
  await dialog.getByLabel('Name', { exact: true }).fill('Eve Tester')
  await dialog.getByRole('button', { name: 'Add a user' }).click()
  await dialog.getByRole('button', { name: 'I have passed it on' }).click()
  const row = page.locator(`[data-user="${username}"]`)
  await row.getByRole('button').click()
  await dialog.getByRole('button', { name: 'Reset password' }).click()
  const secret = ((await dialog.locator('code.once').textContent()) ?? '').trim()
  await dialog.getByLabel('Name', { exact: true }).fill('Eve Renamed') // the reset made a new version: no conflict
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(row).toContainText('Eve Renamed')

  await page.context().clearCookies()
  await signInByHand(page, username, '/control', secret)
  await page.getByLabel('Current password', { exact: true }).fill('something else')
  await page.getByLabel('New password', { exact: true }).fill('a long new password 7')
  await page.getByLabel('New password again').fill('a long new password 7')
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByRole('alert')).toContainText('current password is not the present password')
  await page.getByLabel('Current password', { exact: true }).fill(secret)
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.locator('.who')).toContainText('Eve Renamed')
})

test('the frame stands before the program, and a program that does not come is said, not left blank', async ({
  page,
}) => {
  await page.route(/\/assets\/start-[^/]+\.js$/, () => {}) // never answered
  await page.goto('/control', { waitUntil: 'commit' })
  const slow = page.getByText('Guardroom is still loading')
  await expect(page.locator('.ahead .top svg')).toBeVisible()
  await expect(slow).toBeHidden()
  await expect(slow).toBeVisible({ timeout: 15_000 })
})

test('the first press of a page does what it was meant for, though the word that no sound is heard goes with it', async ({
  page,
}) => {
  await signIn(page, 'chief', '/devices')
  await page.goto('/rosters/registers?station=geneva')
  const banner = page.locator('[data-banner="sound"]')
  await expect(banner).toBeVisible()
  const button = page.getByRole('button', { name: 'Bring in a file…' })
  const box = await button.boundingBox()
  if (!box) throw new Error('the button is not in sight')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 3)
  await page.mouse.down()
  await expect(banner).toHaveCount(0)
  expect((await button.boundingBox())?.y).toBe(box.y)
  await page.mouse.up()
  await expect(page.getByRole('dialog')).toBeVisible()
  await expect(async () => expect((await page.locator('.banners').boundingBox())?.height ?? 0).toBe(0)).toPass()
})
