import { expect } from '@playwright/test'
import { signIn, test } from './desk'

test('keeping less asks twice, keeping more can be taken back', async ({ page }) => {
  await signIn(page, 'admin', '/audit?tab=kept')
  const days = page.getByLabel('Signals of the journal (days)')
  const was = Number(await days.inputValue())
  await days.fill(String(was - 10))
  await expect(page.locator('[data-shorter]')).toContainText('will be dropped')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('[data-kept]')).toHaveCount(0) // not before the box is ticked
  await days.fill(String(was + 10))
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('[data-kept="saved"]')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(days).toHaveValue(String(was))
})

test('a legal hold is placed and released, each with a reason; an auditor only reads', async ({ page }) => {
  await signIn(page, 'admin', '/audit?tab=kept&station=nairobi')
  const reason = `Inquiry ${Date.now()}`
  const body = { station: 'nairobi', from: '2026-01-05T00:00:00Z', until: '2026-01-06T00:00:00Z' }
  const wrong = await page.request.post('/api/v1/retention/holds', { data: { ...body, until: body.from, reason } })
  expect(wrong.status()).toBe(422)
  await page.getByRole('button', { name: 'Place a legal hold' }).click()
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Place a legal hold' })).toBeDisabled()
  await page.keyboard.press('Escape')
  const placed = await page.request.post('/api/v1/retention/holds', { data: { ...body, reason } })
  expect(placed.ok(), await placed.text()).toBeTruthy()
  await page.reload()
  const row = page.locator('[data-hold-of="nairobi"]').filter({ hasText: reason })
  await expect(row).toContainText('Stands')
  await signIn(page, 'auditor', '/audit?tab=kept&station=nairobi')
  await expect(row).toContainText('Stands')
  await expect(page.getByRole('button', { name: /Release|Place a legal hold/ })).toHaveCount(0)
  await signIn(page, 'admin', '/audit?tab=kept&station=nairobi')
  await row.getByRole('button', { name: /Release/ }).click()
  await page.getByLabel('Why it may end').fill('The inquiry is closed')
  await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click()
  await expect(row).toContainText('The inquiry is closed')
  await expect(row).toHaveAttribute('data-released', 'true')
})
