import { expect } from '@playwright/test'
import { calm, signIn, simulate, test } from './desk'

test.afterAll(async ({ request }) => calm(request))

test('a rule is tried over the past before it is switched on', async ({ page, request }) => {
  for (const _ of [1, 2, 3]) {
    await simulate(request, 'doors-1', 'door4', 'denied')
    await simulate(request, 'doors-1', 'door4', 'normal')
  }
  await signIn(page, 'chief', '/rules?station=nairobi')
  await page.getByRole('button', { name: 'New rule' }).click()
  const name = `Refusals ${Date.now()}`
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { name })).toBeVisible()
  await page.getByRole('button', { name: 'Switch on' }).click()
  await expect(page.getByText('Nobody has tried this rule over the past as it stands.')).toBeVisible()
  await page.getByRole('button', { name: 'Try', exact: true }).click()
  const row = page.getByRole('row').filter({ hasText: name })
  await expect(row).toContainText(/Found \d+/, { timeout: 30_000 })
  await page.getByRole('button', { name: 'Switch on' }).click()
  await expect(row).toContainText('On')
  await page.getByRole('button', { name: 'Remove' }).click()
  await expect(row).toHaveCount(0)
})
