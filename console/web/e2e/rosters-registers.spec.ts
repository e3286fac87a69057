import { expect } from '@playwright/test'
import { signIn, test } from './desk'
import { api, findStation, officersOf, openDraft, station } from './roster-desk'

// What rosters stand on: registers, rules, and the station's own spreadsheets.

test('registers are edited and brought in row by row', async ({ page }) => {
  await signIn(page, 'chief', '/devices')
  await findStation(page)
  await page.goto(`/rosters/registers?station=${station}&tab=posts`)
  await page.locator('[data-roll] .rowlink').first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Check call every (min)').fill('45')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(page.locator('[data-roll]').first()).toContainText('45 minutes')
  await page.goto(`/rosters/registers?station=${station}`)
  await page.getByRole('button', { name: 'Bring in a file…' }).click()
  await page.getByLabel(/^File/).setInputFiles({
    name: 'officers.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      'badge,name,rank,unit\n91001,Ada Byron,sergeant,Guard force A\n91002,Grace Hopper,admiral,Guard force B\n',
    ),
  })
  await expect(page.locator('[data-import="read"]')).toContainText('New: 1')
  await expect(page.locator('.import-table')).toContainText('admiral')
  await page.getByRole('button', { name: /^Keep 1/ }).click()
  await expect(page.locator('[data-import="saved"]')).toBeVisible()
})

test('a pack of rules says what it changes, is taken, and taken back in one press', async ({ page }) => {
  await signIn(page, 'chief', '/devices')
  await findStation(page)
  const rules = async () => {
    const { rules: kept } = await api<{ rules: { item: { id: string } }[] }>(page, `/rosters/${station}`)
    return new Map(kept.map(({ item }) => [item.id, JSON.stringify(item)]))
  }
  const before = await rules()
  await page.goto(`/rosters/registers?station=${station}&tab=rules`)
  await page.getByRole('button', { name: 'Packs of rules…' }).click()
  const dialog = page.getByRole('dialog')
  const pack = dialog.getByLabel('Pack', { exact: true })
  await pack.selectOption({ index: 0 })
  await expect(dialog.getByRole('status')).toContainText('New: ')
  await dialog.getByRole('button', { name: /^Take / }).click()
  await expect(dialog).toHaveCount(0)
  await expect(page.locator('[data-taken]')).toContainText('are in force')
  expect(await rules()).not.toEqual(before)
  await page.getByRole('button', { name: 'Take it back' }).click()
  await expect(page.locator('[data-taken]')).toHaveCount(0)
  const after = await rules()
  for (const [id, rule] of before) expect(after.get(id)).toBe(rule)
  for (const [id, rule] of after) if (!before.has(id)) expect(JSON.parse(rule).off).toBe(true)
})

test("a month from the station's own spreadsheet: codes explained once, a draft of its own, and taken back", async ({
  page,
}) => {
  const { id } = await openDraft(page)
  const names = (await officersOf(page)).map(({ item }) => item.name)
  const once = names.filter((name) => names.indexOf(name) === names.lastIndexOf(name))
  const file = `Planning mars 2031\n\nNom complet;1;2;3\n${once[0]};Q7;Q7;off\n${once[1]};;CO9;Q7\nNobody at all;Q7;;\n`
  const read = async () => {
    await page.goto(`/rosters?station=${station}&draft=${id}`)
    await page.locator('summary', { hasText: 'More' }).click()
    await page.getByRole('button', { name: 'Bring in a file' }).click()
    await page.getByLabel('Into').selectOption('')
    await page
      .locator('input[type="file"]')
      .setInputFiles({ name: 'mars.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
    await expect(page.locator('[data-import="read"]')).toContainText('1 Mar – 3 Mar 2031')
  }
  await read()
  await page.getByLabel('What Q7 means').selectOption('shift:D')
  await expect(page.locator('.import-said')).toContainText('New: 3')
  await page.getByLabel('What CO9 means').selectOption('leave:annual')
  await expect(page.locator('.import-said')).toContainText('1 spell of leave is new')
  await expect(page.locator('.import-table')).toContainText('Nobody at all')
  await page.getByRole('button', { name: /^Keep 4 · leave 1 with a fault/ }).click()
  await expect(page.locator('[data-import="saved"]')).toBeVisible()
  await page.getByRole('button', { name: 'Take it back' }).click()
  await expect(page.locator('[data-import="undone"]')).toContainText('as it was before')
  await read()
  await expect(page.locator('.import-said')).toContainText('New: 3') // what was said is known
})
