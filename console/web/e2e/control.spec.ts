import { type APIRequestContext, expect, type Page } from '@playwright/test'
import { calm, PASSWORD, pointWith, rowOf, signIn, simulate, test } from './desk'

const SEEN = 450 // ms: an alarm must have been seen before a key acts on it

/** Selects the alarm of a point, and waits until a key may act on it. */
async function select(page: Page, name: string) {
  const row = rowOf(page, name)
  await row.click()
  await expect(row).toHaveAttribute('aria-selected', 'true')
  await page.waitForTimeout(SEEN)
  return row
}

const detector = (request: APIRequestContext, nth: number) => pointWith(request, /^fire\/honeywell/, 'fault', nth)

async function count(page: Page, segment: string): Promise<number> {
  const words = await page.locator(`[data-segment="${segment}"]`).textContent()
  return Number(/(\d+)/.exec(words ?? '')?.[1] ?? Number.NaN)
}

test.beforeEach(async ({ request }) => calm(request))
test.afterAll(async ({ request }) => calm(request))

test('R acknowledges, owns and opens with one key; who has it is on the row; T gives it back', async ({
  page,
  request,
}) => {
  await signIn(page, 'supervisor')
  const fault = await detector(request, 2)
  await simulate(request, fault.device, fault.point, 'fault')
  const row = await select(page, fault.name)
  const mine = await count(page, 'mine')
  await page.keyboard.press('r')
  await expect(row).toHaveAttribute('data-state', 'acknowledged')
  await expect(row).toContainText('yours')
  await expect(page.locator('.detail')).toContainText('You have it since')
  expect(await page.evaluate(() => document.activeElement?.closest('.detail') !== null)).toBeTruthy()
  await expect.poll(() => count(page, 'mine')).toBe(mine + 1)
  await page.keyboard.press('t')
  await expect(row).not.toContainText('yours')
  await expect.poll(() => count(page, 'mine')).toBe(mine)
})

test('an alarm that a colleague has is taken over by name, and does not flash meanwhile', async ({
  browser,
  request,
}) => {
  const [one, two] = await Promise.all([browser.newContext(), browser.newContext()])
  try {
    const first = await one.newPage()
    const second = await two.newPage()
    for (const [page, username] of [
      [first, 'supervisor'],
      [second, 'chief'],
    ] as const) {
      await page.request.post('/api/v1/session', { data: { username, password: PASSWORD } })
      await page.goto('/control')
      await expect(page.locator('[data-live="true"]')).toBeVisible()
    }
    const fault = await detector(request, 3)
    await simulate(request, fault.device, fault.point, 'fault')
    await select(first, fault.name)
    await first.keyboard.press('t')
    const row = await select(second, fault.name)
    await expect(row).toHaveClass(/handled/)
    await expect(row.locator('svg.flash')).toHaveCount(0)
    await expect(row).toContainText('Sam Supervisor has it')
    await second.keyboard.press('t')
    const dialog = second.getByRole('dialog')
    await expect(dialog).toContainText('Sam Supervisor has had this alarm since')
    await second.keyboard.press('Enter')
    await expect(row).toContainText('yours')
    await expect(rowOf(first, fault.name)).not.toContainText('yours')
    await second.locator('.detail .steps').scrollIntoViewIfNeeded()
    await expect(second.locator('.detail .steps')).toContainText('Taken over')
  } finally {
    await Promise.all([one.close(), two.close()])
  }
})

test('H shelves with a reason, the alarm leaves the list, is counted, and comes back when restored', async ({
  page,
  request,
}) => {
  await signIn(page, 'supervisor')
  const fault = await detector(request, 4)
  await simulate(request, fault.device, fault.point, 'fault')
  await select(page, fault.name)
  const before = await count(page, 'shelved')
  await page.keyboard.press('h')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel('Until the shift ends')).toBeChecked()
  await page.keyboard.press('Enter')
  await expect(dialog).toContainText('Give a reason first.')
  await page.keyboard.type('Cleaning until noon')
  await dialog.getByText('15 minutes').click()
  await page.keyboard.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(rowOf(page, fault.name)).toHaveCount(0)
  await expect.poll(() => count(page, 'shelved')).toBe(before + 1)

  await page.locator('[data-segment="shelved"]').click()
  const shelf = page.locator('[data-shelf]').filter({ hasText: fault.name })
  await expect(shelf).toContainText('Cleaning until noon')
  await page.reload()
  await expect(shelf).toContainText('Cleaning until noon')
  await shelf.getByRole('button', { name: 'Restore' }).click()
  await page.keyboard.type('Cleaners are gone')
  await page.keyboard.press('Enter')
  await expect(shelf).toHaveCount(0)
  await page.locator('[data-segment="active"]').click()
  await expect(rowOf(page, fault.name)).toHaveAttribute('data-state', 'unacknowledged')
})

test('a fire cannot be shelved, and the screen says so', async ({ page, request }) => {
  await signIn(page, 'supervisor')
  const fire = await pointWith(request, /^fire\/honeywell/, 'fire', 6)
  await simulate(request, fire.device, fire.point, 'fire')
  await select(page, fire.name)
  await expect(page.locator('.detail [data-do="respond"]')).toBeVisible()
  await expect(page.locator('.detail [data-do="shelve"]')).toHaveCount(0)
  await expect(page.locator('.detail')).toContainText('cannot be shelved')
  await page.keyboard.press('h')
  await expect(page.getByRole('dialog')).toContainText('cannot be shelved')
  await page.keyboard.press('Escape')
  for (const segment of ['mine', 'closing', 'shelved']) {
    await page.locator(`[data-segment="${segment}"]`).click()
    await expect(page.locator('[data-strip] [data-alarm]').filter({ hasText: fire.name })).toBeVisible()
  }
})

test('closing is refused in words while the condition holds; afterwards it asks what it was', async ({
  page,
  request,
}) => {
  await signIn(page, 'supervisor')
  const fire = await pointWith(request, /^fire\/honeywell/, 'fire', 7)
  await simulate(request, fire.device, fire.point, 'fire')
  const row = await select(page, fire.name)
  await page.keyboard.press('r')
  await expect(row).toHaveAttribute('data-state', 'acknowledged')
  await page.keyboard.press('c')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel('Nuisance')).toBeVisible() // the dialog may stand before its form is loaded
  await page.keyboard.press('2')
  await expect(dialog.getByLabel('Nuisance')).toBeChecked()
  await page.keyboard.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('the condition still holds')
  await page.keyboard.press('Escape')

  await simulate(request, fire.device, fire.point, 'normal')
  await expect(row).toHaveCount(0)
  await page.locator('[data-segment="closing"]').click()
  await expect(row).toBeVisible()
  await select(page, fire.name)
  await page.keyboard.press('c')
  await expect(dialog).toBeVisible()
  await page.keyboard.press('6')
  await page.keyboard.press('Enter')
  await expect(dialog).toContainText('What was it? (needed)')
  await dialog.getByRole('textbox').fill('Toaster in the kitchen')
  await page.keyboard.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(row).toHaveCount(0)
  await page.goto('/alarms')
  await page.locator('[data-alarm]').filter({ hasText: fire.name }).first().getByRole('link').click()
  await expect(page.locator('.detail')).toContainText('Toaster in the kitchen')
})

test('what is on the screen and of low priority is acknowledged together, each with its outcome', async ({
  page,
  request,
}) => {
  await signIn(page, 'supervisor')
  const faults = [await detector(request, 8), await detector(request, 9)]
  for (const fault of faults) await simulate(request, fault.device, fault.point, 'fault')
  for (const fault of faults) await expect(rowOf(page, fault.name)).toBeVisible()
  await page.getByRole('button', { name: /Ack. visible/ }).click()
  const dialog = page.getByRole('dialog')
  for (const fault of faults) await expect(dialog).toContainText(fault.name)
  await page.keyboard.press('Enter')
  await expect(dialog.locator('[data-outcome="done"]')).not.toHaveCount(0)
  await expect(dialog).toContainText('All acknowledged.')
  await page.keyboard.press('Enter')
  for (const fault of faults) await expect(rowOf(page, fault.name)).toHaveAttribute('data-state', 'acknowledged')
})

test('lists are changed by key, and alarms are grouped by area', async ({ page, request }) => {
  await signIn(page, 'supervisor')
  const fault = await detector(request, 10)
  await simulate(request, fault.device, fault.point, 'fault')
  await expect(rowOf(page, fault.name)).toBeVisible()
  await page.keyboard.press(']')
  await expect(page.locator('[data-segment="unacknowledged"]')).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('[')
  await expect(page.locator('[data-segment="active"]')).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('g')
  await expect(page.locator('.al .band').first()).not.toContainText('Not acknowledged ·')
  await expect(rowOf(page, fault.name)).toBeVisible()
  await expect(page).toHaveURL(/group=area/)
})

test('a panel in a window of its own follows the selection, and its end is said', async ({
  page,
  context,
  request,
}) => {
  await signIn(page, 'supervisor')
  const faults = [await detector(request, 11), await detector(request, 12)]
  for (const fault of faults) await simulate(request, fault.device, fault.point, 'fault')
  for (const fault of faults) await expect(rowOf(page, fault.name)).toBeVisible()
  await select(page, faults[0]?.name ?? '')
  const opened = context.waitForEvent('page')
  await page.locator('.detail').getByRole('button', { name: 'Detail in a window of its own' }).click()
  const detail = await opened
  await expect(detail.locator('.panel-bar')).toContainText('Detail')
  await expect(detail.locator('.detail-head')).toContainText(faults[0]?.name ?? '')
  await expect(page.locator('.detail')).toHaveCount(0) // it stands in the other window
  await select(page, faults[1]?.name ?? '')
  await expect(detail.locator('.detail-head')).toContainText(faults[1]?.name ?? '')
  await detail.close()
  await expect(page.locator('[data-window-gone="detail"]')).toBeVisible({ timeout: 10_000 })
  await expect(page.locator('.detail-head')).toContainText(faults[1]?.name ?? '')
})

test('the palette finds commands, pages, alarms and points, and does what it says', async ({ page, request }) => {
  await signIn(page, 'supervisor')
  const fault = await detector(request, 13)
  await simulate(request, fault.device, fault.point, 'fault')
  await select(page, fault.name)
  const find = async (words: string) => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search or command' }).fill(words)
  }
  await find('shelve')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toContainText('For how long')
  await page.keyboard.press('Escape')
  await find(fault.name)
  await expect(page.locator('[data-hit]').filter({ hasText: 'Alarm' }).first()).toBeVisible()
  await expect(page.locator('[data-hit]').filter({ hasText: 'Point' }).first()).toBeVisible()
  await page.keyboard.press('Escape')
  await find('suppressed, out of service')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/shelf/)
  await find('no such thing at all')
  await expect(page.getByText('Nothing fits.')).toBeVisible()
  await page.keyboard.press('Escape')
})

test('the keys with single letters can be turned off', async ({ page, request }) => {
  await signIn(page, 'supervisor')
  const fault = await detector(request, 14)
  await simulate(request, fault.device, fault.point, 'fault')
  await page.keyboard.press('?')
  await page.getByRole('dialog').getByLabel('Keys with a single letter or digit work').uncheck()
  await page.keyboard.press('Escape')
  const row = await select(page, fault.name)
  await page.keyboard.press('a')
  await page.keyboard.press('h')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(row).toHaveAttribute('data-state', 'unacknowledged')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search or command' }).fill('turn letter keys on')
  await page.keyboard.press('Enter')
  await page.waitForTimeout(SEEN)
  await page.keyboard.press('a')
  await expect(row).toHaveAttribute('data-state', 'acknowledged')
})

test('the list and an alarm are printed whole, light, with who and when', async ({ page, request }) => {
  await signIn(page, 'supervisor')
  await page.evaluate(() => Object.assign(window, { print: () => Object.assign(window, { printed: true }) }))
  const fault = await detector(request, 15)
  await simulate(request, fault.device, fault.point, 'fault')
  await select(page, fault.name)
  await page.getByRole('button', { name: 'Print the list' }).click()
  await page.emulateMedia({ media: 'print' })
  await expect(page.locator('.print-sheet')).toContainText(fault.name)
  await expect(page.locator('.print-sheet')).toContainText('printed by Sam Supervisor')
  await expect(page.locator('.print-sheet')).toContainText('DEMO')
  expect(
    await page.evaluate(() => getComputedStyle(document.querySelector('.print-sheet') as Element).backgroundColor),
  ).toBe('rgb(255, 255, 255)')
  await page.evaluate(() => dispatchEvent(new Event('afterprint')))
  await expect(page.locator('.print-sheet')).toHaveCount(0)
  await page.emulateMedia({ media: 'screen' })
  await page.locator('.detail').getByRole('button', { name: 'Print the alarm' }).click()
  await page.emulateMedia({ media: 'print' })
  await expect(page.locator('.print-sheet')).toContainText('Raised')
  await page.emulateMedia({ media: 'screen' })
})
