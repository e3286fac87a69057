import { expect } from '@playwright/test'
import { calm, signIn, test } from './desk'

test.afterAll(async ({ request }) => calm(request))

test('figures stand beside their aims, each chart beside a table', async ({ page }) => {
  await signIn(page, 'supervisor', '/figures?station=nairobi')
  await expect(page.locator('[data-figure="per_10"]')).toContainText('aim 1, at most 2')
  await page.getByRole('button', { name: 'Table' }).click()
  await expect(page.getByRole('columnheader', { name: 'Priority 4' })).toBeVisible()
  const file = await page.request.get(
    `/api/v1/figures/file?station=nairobi&format=csv&month=${new Date().toISOString().slice(0, 7)}`,
  )
  expect(file.ok()).toBeTruthy()
  expect(await file.text()).toContain('alarms per 10 min')
})

test('nobody without the right reads figures', async ({ page }) => {
  await signIn(page, 'planner', '/figures')
  await expect(page.getByText(/You need the right/)).toBeVisible()
})
