import { expect } from '@playwright/test'
import { signIn, test } from './desk'

const list = '/doors?tab=postures&station=nairobi'

test('a posture is written, changed, taken back and removed; what is wrong is said where it is', async ({ page }) => {
  await signIn(page, 'chief', list)
  const title = `March ${Date.now()}`
  await page.getByRole('button', { name: 'New posture' }).click()
  const form = page.getByRole('form', { name: 'New posture' })
  await form.getByLabel('Title').fill(title)
  await form.getByLabel('What it means').fill('A march passes the gates.')
  await form.locator('[data-add="set-doors"]').click()
  await form.getByLabel('Action 1: Doors, what').selectOption('block')
  await form.getByLabel('Action 1: Doors, which doors').selectOption('some')
  await expect(form).toContainText('Choose at least one door.')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator(`[data-definition]`).filter({ hasText: title })).toHaveCount(0) // no door: not "every door"
  await form.getByLabel('Visitors pavilion').check()
  await expect(form).toContainText('Escape doors are never blocked; these are left out: Visitors pavilion.')
  await form.locator('[data-add="clear-announcement"]').click()
  await form.getByLabel('Action 1: Announcement').fill('   ')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.locator('[data-phase="clear"]').getByRole('alert')).toBeVisible()
  await form.getByLabel('Action 1: Announcement').fill('The gates are open again.')
  await form.getByRole('button', { name: 'Save' }).click()
  const row = page.locator('[data-definition]').filter({ hasText: title })
  await expect(row).toContainText('1 actions when it is set, 1 when it ends')
  await page.getByLabel('Title').fill(`${title}, changed`)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('[data-kept="saved"]')).toBeVisible()
  await expect(row).toContainText('changed')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.locator('[data-kept="undone"]')).toBeVisible()
  await expect(row).not.toContainText('changed')
  await page.getByRole('button', { name: 'Remove this posture' }).click()
  await expect(row).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(row).toHaveCount(1)
  await row.getByRole('button', { name: `Change the posture ${title}` }).click()
  await page.getByRole('button', { name: 'Remove this posture' }).click()
  await expect(row).toHaveCount(0)
})

test('an officer sees the postures and cannot write them', async ({ page }) => {
  await signIn(page, 'officer', `${list}&edit=heightened`)
  await expect(page.locator('[data-definition="heightened"]')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Change', exact: true })).toHaveCount(0)
  await expect(page.getByRole('form')).toHaveCount(0)
})

test('the rules for doors are changed and taken back', async ({ page }) => {
  await signIn(page, 'chief', '/doors?tab=rules&station=nairobi')
  const form = page.locator('[data-policy]')
  const within = form.getByLabel('The reason of a lockdown is given within (s)')
  const was = await within.inputValue()
  await within.fill('10')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('[data-kept]')).toHaveCount(0) // the field says why
  await within.fill('600')
  await form.getByLabel('Unlock', { exact: true }).check()
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('[data-kept="saved"]')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.locator('[data-kept="undone"]')).toBeVisible()
  await expect(within).toHaveValue(was)
  await expect(form.getByLabel('Unlock', { exact: true })).not.toBeChecked()
})
