import { expect } from '@playwright/test'
import { clean } from './axe'
import { calm, signIn, simulate, test } from './desk'

// Cardholders: a list from the pass office is checked, then taken whole or not
// at all; a card at a door has a face.

const csv = (...lines: string[]) => ({
  name: 'pass-office.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(['ref,name,class,expires,status,card', ...lines].join('\n')),
})

test.beforeEach(async ({ request }) => calm(request))
test.afterAll(async ({ request }) => calm(request))

test('a list with faults says where they are and changes nothing; a whole list is taken', async ({ page }) => {
  await signIn(page, 'chief', '/people?station=geneva')
  await page.getByRole('button', { name: 'Import a list' }).click()
  const dialog = page.getByRole('dialog')
  const take = dialog.getByRole('button', { name: 'Import', exact: true })
  const choose = (...lines: string[]) => dialog.locator('[data-file="list"]').setInputFiles(csv(...lines))
  await choose(
    'GE-1,Ada Blanc,staff,2031-12-31,active,7700001',
    'GE-2,Bea Roux,wizard,2031-12-31,active,7700002',
    'GE-3,Cem Kaya,staff,31.12.2031,active,7700003',
  )
  await expect(take).toBeDisabled()
  await dialog.getByRole('button', { name: 'Check the list' }).click()
  const report = dialog.locator('[data-report="faults"]')
  await expect(report).toContainText('2 faults. Nothing was changed.')
  await expect(report.locator('tbody tr').nth(0)).toContainText(/3\s*class\s*must be one of staff/)
  await expect(report.locator('tbody tr').nth(1)).toContainText(/4\s*expires\s*must be a date/)
  await expect(take).toBeDisabled()
  await clean(page, 'a list with faults')

  await choose('GE-1,Ada Blanc,staff,2031-12-31,active,7700001', 'GE-2,Bea Roux,media,2031-12-31,lost,7700002')
  await dialog.getByRole('button', { name: 'Check the list' }).click()
  await expect(dialog.locator('[data-report="clean"]')).toContainText('The list is in order.')
  await take.click()
  await expect(dialog.locator('[data-report="applied"]')).toContainText('Imported:')
  await expect(take).toBeDisabled()
  await page.keyboard.press('Escape')
  await expect(page.locator('[data-person]')).toHaveCount(2)
  await expect(page.locator('[data-person="GE-2"]')).toContainText('Reported lost')
  await clean(page, 'the cardholders')
})

test('a card at a door shows whose it is', async ({ page, request }) => {
  await signIn(page, 'officer', '/doors/gw-1%2Fdoors-2.door2?station=nairobi')
  await simulate(request, 'doors-2', 'door2', 'denied')
  const passages = page.locator('.passages')
  const denied = passages.locator('[data-passage="access.denied"]').first()
  await expect(denied).toContainText('Lena Fischer')
  await expect(denied).toContainText('Reported stolen')
  await simulate(request, 'doors-2', 'door2', 'granted')
  const granted = passages.locator('[data-passage="access.granted"]').first()
  await expect(granted).toContainText('Amina Wanjiru')
  await expect(granted.getByRole('img', { name: 'Face of Amina Wanjiru' })).toBeVisible()
  await clean(page, 'the page of a door')
})
