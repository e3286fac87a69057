import { expect, type Page } from '@playwright/test'
import { calm, PASSWORD, rowOf, signIn, simulate, test } from './desk'

// Stories of a night, each as a person can click it too. The fire's story is in
// fire.spec.ts, the lockdown's in doors.spec.ts, the empty watch and the cover
// grant in watch.spec.ts; what needs a program killed is a test of the programs.

const SEEN = 450 // ms: an alarm must have been seen before a key acts on it

test.beforeEach(async ({ request }) => calm(request))
test.afterAll(async ({ request }) => calm(request))

/** Selects the alarm of a point, and waits until a key may act on it. */
async function select(page: Page, name: string) {
  const row = rowOf(page, name)
  await row.click()
  await expect(row).toHaveAttribute('aria-selected', 'true')
  await page.waitForTimeout(SEEN)
  return row
}

test('a door is forced: called out on the plan, answered, not closed before the door is, closed with what it was', async ({
  page,
  request,
}) => {
  await signIn(page, 'supervisor', '/control?station=nairobi')
  const name = 'D-207 Server room'
  await simulate(request, 'doors-2', 'door1', 'forced')
  const row = await select(page, name)
  await expect(row).toContainText('Door forced')
  await expect(page.locator('[data-callout="gw-1/doors-2.door1"]')).toContainText(name)
  await page.keyboard.press('r')
  await expect(row).toHaveAttribute('data-state', 'acknowledged')
  await expect(row).toContainText('yours')
  await page.keyboard.press('c')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel('Nuisance')).toBeVisible() // the dialog may stand before its form is loaded
  await page.keyboard.press('1')
  await page.keyboard.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('the door is still open')
  await page.keyboard.press('Escape')

  await simulate(request, 'doors-2', 'door1', 'normal')
  await expect(row).toHaveCount(0)
  await page.locator('[data-segment="closing"]').click()
  await select(page, name)
  await page.keyboard.press('c')
  await expect(dialog.getByLabel('Nuisance')).toBeVisible()
  await page.keyboard.press('1')
  await page.keyboard.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(row).toHaveCount(0)
  await page.goto('/alarms')
  await page.locator('[data-alarm]').filter({ hasText: name }).first().getByRole('link').click()
  await expect(page.locator('.detail')).toContainText('Real')
})

test('two hundred alarms with a contact that chatters: grouped, all of them shown, the contact shelved as proposed', async ({
  page,
  request,
}) => {
  test.setTimeout(120_000) // a busy machine
  const name = 'D-031 Finance'
  await signIn(page, 'supervisor', '/control?station=nairobi')
  const detectors = Array.from({ length: 16 }, (_, i) => `L1D${i + 1}`)
  const zones = Array.from({ length: 12 }, (_, i) => `zone${i + 1}`)
  await Promise.all([
    ...detectors.map((point) => simulate(request, 'fire-1', point, 'fault')),
    ...zones.map((point) => simulate(request, 'fire-2', point, 'fault')),
  ])
  for (let i = 0; i < 175; i++) {
    await simulate(request, 'doors-2', 'door4', 'forced')
    await simulate(request, 'doors-2', 'door4', 'normal')
  }
  await simulate(request, 'doors-2', 'door4', 'forced')
  const flood = page.locator('[data-flood="nairobi"]')
  await expect(flood).toBeVisible()
  await expect
    .poll(
      async () => Number(/([\d,]+) since it began/.exec((await flood.textContent()) ?? '')?.[1]?.replace(',', '') ?? 0),
      { timeout: 20_000 },
    )
    .toBeGreaterThanOrEqual(200)
  const chattering = flood.locator('li').filter({ hasText: name })
  await expect(chattering).toContainText('propose to shelve “Door forced open”')
  const more = flood.getByRole('button', { name: /more group/ })
  if (await more.isVisible()) await more.click()
  await expect(flood.locator('li').filter({ hasText: 'look at the area first' }).first()).toBeVisible()
  // It proposes, and hides nothing: every alarm is still to be had.
  const open = async () => {
    const answer = await page.request.get('/api/v1/alarms?station=nairobi&limit=1000')
    return ((await answer.json()) as { items: { point: string }[] }).items.map((a) => a.point)
  }
  const points = [...detectors.map((p) => `gw-1/fire-1.${p}`), ...zones.map((p) => `gw-1/fire-2.${p}`)]
  await expect.poll(open, { timeout: 15_000 }).toEqual(expect.arrayContaining([...points, 'gw-1/doors-2.door4']))

  await chattering.getByRole('button', { name: 'Show' }).click()
  const row = rowOf(page, name)
  await expect(row).toHaveAttribute('aria-selected', 'true')
  await page.waitForTimeout(SEEN)
  await page.keyboard.press('h')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  await page.keyboard.type('Contact chatters; technician called')
  await page.keyboard.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(row).toHaveCount(0)
  await page.locator('[data-segment="shelved"]').click()
  await expect(page.locator('[data-shelf]').filter({ hasText: name })).toContainText('technician called')
  expect(await open()).toEqual(expect.arrayContaining(points))
})

/** Wall time at a station, some minutes from now. */
function wall(minutes: number, timeZone: string): string {
  const at = new Date(Date.now() + minutes * 60_000)
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
}

test('what is shelved is handed over: confirmed anew by who comes, or it comes back by itself', async ({
  page,
  request,
  browser,
}) => {
  test.setTimeout(120_000)
  const [kept, short] = ['Store heat 23/12', 'Plant smoke 24/13']
  await signIn(page, 'chief', '/control?station=nairobi')
  const policy = async () =>
    (await (await page.request.get('/api/v1/alarm-policy?station=nairobi')).json()) as {
      shifts: string[]
      shifts_version: number
    }
  const change = async (shifts: string[]) => {
    const data = { station: 'nairobi', version: (await policy()).shifts_version, shifts }
    const answer = await page.request.put('/api/v1/alarm-policy/shifts', { data })
    expect(answer.ok(), await answer.text()).toBeTruthy()
  }
  const was = (await policy()).shifts
  // What runs by the roster ends as soon as what the station has chosen for times without one.
  interface Type {
    version: number
    item: { code: string; parts: { start: string; end: string }[] }
  }
  const types = async () =>
    ((await (await page.request.get('/api/v1/rosters/nairobi')).json()) as { shift_types: Type[] }).shift_types
  const save = async (items: Type['item'][]) => {
    const seen = new Map((await types()).map((one) => [one.item.code, one.version]))
    const data = { items: items.map((item) => ({ version: seen.get(item.code), item })) }
    const answer = await page.request.post('/api/v1/rosters/nairobi/shift-types', { data })
    expect(answer.ok(), await answer.text()).toBeTruthy()
  }
  const shiftTypes = (await types()).map((one) => one.item)
  const now = wall(0, 'Africa/Nairobi')
  const runs = ({ start, end }: { start: string; end: string }) =>
    start < end ? start <= now && now < end : start <= now || now < end
  const incoming = await (await browser.newContext()).newPage()
  try {
    // The shift ends soon, and whoever comes is asked before that.
    const end = wall(10, 'Africa/Nairobi')
    await change([end])
    await save(
      shiftTypes.map((type) => ({ ...type, parts: type.parts.map((part) => (runs(part) ? { ...part, end } : part)) })),
    )
    for (const point of ['L1D12', 'L1D13']) await simulate(request, 'fire-1', point, 'fault')
    await select(page, kept)
    await page.keyboard.press('h')
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByLabel('Until the shift ends')).toBeChecked()
    await page.keyboard.type('Detector head is changed')
    await page.keyboard.press('Enter')
    await expect(rowOf(page, kept)).toHaveCount(0)
    await expect(rowOf(page, short)).toBeVisible()
    const until = new Date(Date.now() + 25_000).toISOString()
    const aside = await page.request.post('/api/v1/shelf', {
      data: { point: 'gw-1/fire-1.L1D13', kind: 'fire.fault', mode: 'shelved', reason: 'Dust', until },
    })
    expect(aside.status(), await aside.text()).toBe(201)
    await expect(rowOf(page, short)).toHaveCount(0)

    const answer = await incoming.request.post('/api/v1/session', {
      data: { username: 'supervisor', password: PASSWORD },
    })
    expect(answer.ok()).toBeTruthy()
    await incoming.goto('/watch?tab=handover&at=nairobi')
    const sheet = incoming.getByRole('article', { name: 'Handover sheet' })
    const listed = (name: string) => sheet.getByRole('row').filter({ hasText: name })
    await expect(listed(short)).toContainText('Dust', { timeout: 15_000 })
    await listed(kept).getByRole('button', { name: 'Confirm anew' }).click()
    await expect(listed(kept).getByRole('button', { name: 'Confirm anew' })).toHaveCount(0)
    const shelf = (await (await page.request.get('/api/v1/shelf?station=nairobi')).json()) as {
      items: { point_name: string; by_name: string; needs_confirm: boolean; until: string }[]
    }
    const confirmed = shelf.items.find((s) => s.point_name === kept)
    expect(confirmed).toMatchObject({ by_name: 'Sam Supervisor', needs_confirm: false })
    expect(Date.parse(confirmed?.until ?? '') - Date.now()).toBeGreaterThan(3_600_000) // the shift after
    // Nobody answers for the other one: it is back, and asks again.
    await expect(rowOf(page, short)).toHaveAttribute('data-state', 'unacknowledged', { timeout: 30_000 })
    await expect(rowOf(page, kept)).toHaveCount(0)
  } finally {
    await change(was)
    await save(shiftTypes)
    await incoming.context().close()
  }
})
