import { expect, test } from '@playwright/test'
import { signIn } from './desk'

test('a wrong password is said in words, and the right one opens Control', async ({ page }) => {
  await page.goto('/control')
  await page.getByLabel('User name').fill('officer')
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('wrong')
  await page.getByLabel('Password', { exact: true }).fill('guardroom-demo')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Alarms', exact: true })).toBeVisible()
  await expect(page.locator('[data-banner="sound"]')).toHaveCount(0)
})

test('the rail shows only pages that the user may open, and a link to another says why', async ({ page }) => {
  await signIn(page, 'officer', '/audit')
  await expect(page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link')).toHaveCount(3)
  await expect(page.getByText('You need the right')).toBeVisible()
  await page.keyboard.press('2')
  await expect(page).toHaveURL(/\/devices/)
})

test('the clock is the station’s, not the browser’s', async ({ page }) => {
  await signIn(page, 'officer')
  const clock = page.getByRole('timer')
  await expect(clock).toContainText('UTC')
  const words = (await clock.textContent()) ?? ''
  const zone = await page.evaluate(async () => {
    const session = (await (await fetch('/api/v1/session')).json()) as { stations: { time_zone: string }[] }
    return session.stations[0]?.time_zone ?? 'UTC'
  })
  const now = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  const near = [now.format(Date.now()), now.format(Date.now() - 60_000)]
  expect(near.some((minute) => words.startsWith(minute))).toBeTruthy()
})

test('signing out leaves the desk', async ({ page }) => {
  await signIn(page, 'officer')
  await page.locator('.who').click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByLabel('User name')).toBeVisible()
})
