import { type APIRequestContext, expect, type Page } from '@playwright/test'
import { clean } from './axe'
import { calm, rowOf, signIn, simulate, simulateFault, test, tooWide } from './desk'

// The story of a fire: a pre-alarm is looked into, two detectors confirm the
// fire, the warden board, the sheet for the fire service.

/** Ends every board and every investigation that a test left. */
async function tidy(page: Page) {
  const request = page.request
  for (const what of ['evacuations', 'investigations']) {
    const answer = await request.get(`/api/v1/fire/${what}?open=true`)
    for (const one of ((await answer.json()) as { items: { id: string; version: number }[] }).items) {
      const data =
        what === 'evacuations'
          ? { version: one.version, summary: 'The test is over.' }
          : { version: one.version, outcome: 'false', reason: 'The test is over.' }
      await request.post(`/api/v1/fire/${what}/${one.id}/${what === 'evacuations' ? 'close' : 'decide'}`, { data })
    }
  }
  const open = await request.get('/api/v1/impairments?open=true')
  for (const one of ((await open.json()) as { items: { id: string; version: number; source: string }[] }).items)
    if (one.source === 'person')
      await request.post(`/api/v1/impairments/${one.id}/end`, { data: { version: one.version } })
}

async function quiet(page: Page, request: APIRequestContext) {
  await signIn(page, 'supervisor', '/fire')
  await tidy(page)
  await calm(request)
}

test.beforeEach(async ({ page, request }) => quiet(page, request))
test.afterAll(async ({ browser, request }) => {
  const page = await browser.newPage()
  await quiet(page, request)
  await page.close()
})

test('a pre-alarm is looked into on every desk, and somebody says what it was', async ({ page, request, browser }) => {
  await signIn(page, 'officer', '/control')
  await simulate(request, 'fire-1', 'L1D3', 'prealarm')
  const line = page.locator('[data-fire="investigation"]')
  await expect(line).toContainText('Lobby smoke 1/03')
  await expect(line).toContainText(/2:\d\d left/)
  await line.getByRole('link').click()
  const card = page.locator('[data-investigation]')
  await expect(card).toContainText('Lobby')
  await card.getByLabel('Officer who looks').fill('Patrol 2, Amina')
  await page.keyboard.press('Enter')
  await expect(card).toContainText('Patrol 2, Amina')
  const other = await browser.newPage()
  await signIn(other, 'supervisor', '/fire')
  const there = other.locator('[data-investigation]')
  await expect(there).toContainText('Patrol 2, Amina')
  await there.getByLabel('Why more time is needed').fill('Stairs are long')
  await other.keyboard.press('Enter')
  await expect(card).toContainText('extended by Sam Supervisor: Stairs are long')
  await expect(there.getByLabel('Why more time is needed')).toHaveCount(0)
  await clean(other, 'an investigation')
  await card.getByLabel('What it was').fill('Toast')
  await card.getByRole('button', { name: 'No fire', exact: true }).click()
  await expect(card).toHaveCount(0)
  await expect(there).toHaveCount(0)
  await page.getByRole('button', { name: 'Past', exact: true }).click()
  await expect(page.locator('.table').first()).toContainText('Toast')
  await other.close()
})

test('two detectors and a confirmed fire: board, sheet, fire service', async ({ page, request, browser }) => {
  test.setTimeout(300_000)
  await signIn(page, 'officer', '/control')
  await simulate(request, 'fire-1', 'L1D1', 'prealarm')
  await expect(page.locator('[data-fire="investigation"]')).toBeVisible()
  await simulate(request, 'fire-1', 'L1D1', 'fire')
  await expect(page.locator('[data-fire="investigation"]')).toHaveCount(0) // the panel has decided
  await simulate(request, 'fire-1', 'L1D2', 'fire')
  const proposal = page.locator('[data-fire="proposal"]')
  await expect(proposal).toContainText('Confirmed fire')
  await expect(rowOf(page, 'Kitchen heat 7/02')).toContainText('Confirmed fire')

  await page.goto('/fire')
  const zone = page.locator('[data-zone="7"]').first()
  await expect(zone).toHaveAttribute('data-zone-state', 'fire')
  await expect(zone.locator('tr').first()).toContainText('Kitchen smoke 7/01') // first-up first
  await expect(zone.locator('tr').first()).toContainText('First')
  await clean(page, 'the fire page')

  await page.locator('.fire-work').getByRole('link', { name: 'Start the warden board' }).click()
  await expect(page.getByRole('dialog')).toContainText('Kitchen')
  await clean(page, 'the start of a board')
  await page.getByRole('button', { name: 'Evacuate: start the board' }).click()
  await expect(page).toHaveURL(/\/fire\/evacuation\//)
  const floor = page.locator('[data-floor="Level 0"]')
  await expect(floor).toBeVisible()

  const second = await browser.newPage()
  await signIn(second, 'supervisor', new URL(page.url()).pathname)
  const there = second.locator('[data-floor="Level 0"]')
  await expect(there).toBeVisible()
  await floor.getByLabel('Warden of Level 0').fill('B. Mwangi')
  await floor.getByRole('button', { name: 'Swept', exact: true }).focus()
  await page.keyboard.press('1')
  await expect(there).toHaveAttribute('data-floor-state', 'swept')
  await expect(there).toContainText('Olive Officer')
  await there.getByRole('button', { name: 'Undo' }).click()
  await expect(floor).toHaveAttribute('data-floor-state', 'open')
  await expect(page.locator('[data-what="floor_undone"]')).toContainText('was Swept B. Mwangi')

  await page.getByLabel('Name', { exact: true }).fill('J. Doe')
  await page.getByLabel('Last seen, or waiting at').fill('Conference S-021')
  await page.keyboard.press('Enter')
  await expect(second.locator('[data-person="J. Doe"]')).toContainText('Missing')
  await page.getByLabel('Count at Car park north').fill('37')
  await page.keyboard.press('Enter')
  await expect(second.locator('[data-assembly="Car park north"]')).toContainText('37 people')
  await page.getByLabel(/Note for the next step/).fill('999, reference 4711')
  await page.getByRole('button', { name: 'Called now' }).click()
  await expect(second.locator('[data-service="called"]')).toContainText('999, reference 4711')
  await clean(page, 'a warden board')
  for (const size of [
    { width: 1920, height: 1080 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(size)
    for (const dir of ['ltr', 'rtl']) {
      await page.evaluate((d) => document.documentElement.setAttribute('dir', d), dir)
      expect(await tooWide(page), `board ${size.width} ${dir}`).toBe('')
      await page.screenshot({ path: `e2e/shots/board-${size.width}-${dir}.png` })
    }
  }
  await page.setViewportSize({ width: 1920, height: 1080 })
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'ltr'))

  await page.getByRole('link', { name: 'Sheet for the fire service' }).click()
  const sheet = page.locator('[data-sheet]')
  await expect(sheet).toContainText('Confirmed fire')
  for (const words of [
    'DEMO',
    'Block S',
    'Kitchen',
    'J. Doe',
    'Car park north',
    '37',
    '4711',
    'D-207',
    'extension 6120',
  ])
    await expect(sheet).toContainText(words)
  await clean(page, 'the sheet')
  await page.screenshot({ path: 'e2e/shots/sheet.png', fullPage: true })
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as a file' }).click()
  expect((await saved).suggestedFilename()).toMatch(/^fire-\d+\.html$/)

  await second.getByRole('button', { name: 'Close the board' }).click()
  await expect(second.getByRole('dialog')).toContainText('people not safe 1')
  await second.getByLabel('Summary').fill('Kitchen fire, put out; J. Doe still missing.')
  await second.getByRole('dialog').getByRole('button', { name: 'Close the board' }).click()
  await expect(second.locator('.board-head')).toContainText('closed')
  await second.close()
})

test('a fire line that is lost sends an officer to the panel', async ({ page, request }) => {
  test.setTimeout(120_000)
  await signIn(page, 'officer', '/control')
  try {
    await simulateFault(request, 'fire-2', 'silent')
    const line = page.locator('[data-fire="silent"]')
    await expect(line).toContainText('Block M fire panel', { timeout: 60_000 })
    await expect(line).toContainText('Send an officer to the panel: Block M, Gatehouse')
    await page.goto('/fire')
    const panel = page.locator('[data-fire-panel="gw-1/fire-2"]')
    await expect(panel).toContainText('Send an officer to the panel: Block M, Gatehouse')
    await expect(panel.locator('[data-zone-state="normal"]')).toHaveCount(0) // unknown is not normal
    await expect(panel.locator('[data-zone-state="unknown"]')).toHaveCount(12)
    await clean(page, 'a lost fire line')
    await page.screenshot({ path: 'e2e/shots/fire-lost.png' })
  } finally {
    await simulateFault(request, 'fire-2', 'none')
  }
  await expect(page.locator('[data-zone-state="unknown"]')).toHaveCount(0, { timeout: 60_000 })
})

test('a point that the panel disables is in the register, and a fire watch goes round', async ({ page, request }) => {
  await signIn(page, 'supervisor', '/control')
  await simulate(request, 'fire-1', 'L1D10', 'disabled')
  const line = page.locator('[data-fire="impaired"]')
  await expect(line).toContainText('1 fire point disabled')
  await expect(line).toContainText('next round due')
  await line.getByRole('link').click()
  const row = page.locator('[data-entry="gw-1/fire-1.L1D10"]')
  await expect(row).toContainText('nobody has entered a reason')
  await row.getByRole('button', { name: 'Round done' }).click()
  await expect(row).toContainText('Sam Supervisor')
  await clean(page, 'the registers')
  await simulate(request, 'fire-1', 'L1D10', 'normal')
  await expect(row).toHaveCount(0)
  await expect(page.locator('.empty')).toContainText('Nothing is on test')
})

test('a fire on test shows in full and is marked; the entry ends by hand', async ({ page, request }) => {
  await signIn(page, 'supervisor', '/registers')
  await page.getByRole('button', { name: 'Enter a point' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Find points').fill('Plant smoke')
  await dialog.getByLabel(/Plant smoke/).check()
  await dialog.getByLabel('Reason').fill('Detector exchange')
  await clean(page, 'entering a point')
  await dialog.getByRole('button', { name: 'Enter', exact: true }).click()
  const row = page.locator('[data-entry="gw-1/fire-1.L1D13"]')
  await expect(row).toContainText('Detector exchange')
  await simulate(request, 'fire-1', 'L1D13', 'fire')
  await page.goto('/fire')
  const zone = page.locator('[data-zone="24"]').first()
  await expect(zone).toHaveAttribute('data-zone-state', 'fire')
  await expect(zone).toContainText('ON TEST')
  await simulate(request, 'fire-1', 'L1D13', 'normal')
  await page.goto('/registers')
  await row.getByRole('button', { name: 'Prolong' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('Part missing')
  await page.getByRole('dialog').getByRole('button', { name: 'Prolong', exact: true }).click()
  await expect(row).toContainText('Part missing')
  await row.getByRole('button', { name: 'Back in service' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Back in service', exact: true }).click()
  await expect(row).toHaveCount(0)
  await page.getByRole('button', { name: 'Past', exact: true }).click()
  await expect(row.first()).toContainText('ended by')
})
