import { expect } from '@playwright/test'
import { signIn, test } from './desk'

test('a response is written in place, and the officer beside the alarm reads it', async ({ page }) => {
  await signIn(page, 'chief', '/rationale?station=nairobi&q=Loading dock 1')
  const row = page.locator('[data-rationale="gw-1/doors-2.door3 door.forced"]')
  await row.locator('.rowlink').click()
  const form = page.getByRole('form', { name: 'Edit' })
  const words = `Close the dock, ${Date.now()}`
  await form.getByLabel(/^What to do/).fill(words)
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(row).toContainText(words)
  await page.getByRole('button', { name: 'Changes' }).click()
  await expect(page.locator('.table')).toContainText(words)
})

test('life safety keeps its priority, and says why', async ({ page }) => {
  await signIn(page, 'chief', '/rationale?station=nairobi&kind=fire.alarm')
  await page.locator('[data-rationale] .rowlink').first().click()
  await expect(page.getByLabel('Priority', { exact: true })).toBeDisabled()
  await expect(page.getByText('Life safety keeps its priority and is never delayed.')).toBeVisible()
})

test('a table with a fault changes nothing and names the row', async ({ page }) => {
  await signIn(page, 'chief', '/rationale?station=nairobi')
  await page.getByRole('button', { name: 'Import…' }).click()
  const table = (priority: string) => ({
    name: 'table.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      `point,kind,priority\ngw-1/doors-1.door4,door.held,4\ngw-1/doors-1.door4,door.forced,${priority}\n`,
    ),
  })
  await page.getByLabel('File').setInputFiles(table('soon'))
  await expect(page.locator('[data-import="faults"]')).toContainText('1 row cannot be taken')
  await expect(page.getByRole('button', { name: 'Change them' })).toBeDisabled()
  await page.getByLabel('File').setInputFiles(table('2'))
  await expect(page.locator('[data-import="ready"]')).toBeVisible()
})

test('an officer reads the rationalisation and cannot change it', async ({ page }) => {
  await signIn(page, 'officer', '/rationale?station=nairobi&q=Server room')
  await expect(page.getByRole('button', { name: 'Import…' })).toHaveCount(0)
  await page.locator('[data-rationale] .rowlink').first().click()
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)
})

test('a door stands open longer at hours of its own, and the change is taken back', async ({ page }) => {
  await signIn(page, 'chief', '/rationale?station=nairobi&only=doors')
  const row = page.locator('[data-door="gw-1/doors-2.door4"]')
  await row.locator('.rowlink').click()
  const form = page.getByRole('form', { name: /How long .* may stand open/ })
  await form.getByRole('button', { name: 'Add hours' }).click()
  await form.getByLabel('Hours 1 from').fill('noon')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByRole('alert')).toContainText('From: a time such as 06:00.')
  await form.getByLabel('Hours 1 from').fill('1200')
  await form.getByLabel('Hours 1 to').fill('14:00')
  await form.getByRole('button', { name: 'Sat' }).click()
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('[data-kept="saved"]')).toBeVisible()
  await expect(row).toContainText('Mon–Sat 12:00–14:00 180 s')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.locator('[data-kept="undone"]')).toBeVisible()
  await expect(row).not.toContainText('12:00')
})
