import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { inflateRawSync } from 'node:zlib'
import { type APIRequestContext, expect, type Locator, type Page } from '@playwright/test'
import { clean } from './axe'
import { calm, PASSWORD, signIn, simulate, simulateFault, test } from './desk'
import { plays, tile } from './pictures'

// What officers do with cameras: turn them, arrange them, look back, take along.

const sim = () => process.env.SIM_URL ?? 'http://127.0.0.1:8090'
const GATE = 'gw-1.C-03' // turns

/** Where the simulated camera looks. */
async function looksAt(request: APIRequestContext): Promise<string> {
  const answer = await request.get(`${sim()}/sim/v1/devices`)
  const { devices } = (await answer.json()) as { devices: { id: string; points: { state: string }[] }[] }
  return devices.find((d) => d.id === 'C-03')?.points[0]?.state ?? ''
}

/** The files of a ZIP by name. */
function unzipped(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  let at = zip.readUInt32LE(end + 16)
  for (let n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const [method, size, name, extra, comment] = [10, 20, 28, 30, 32].map((field) =>
      field === 20 ? zip.readUInt32LE(at + field) : zip.readUInt16LE(at + field),
    ) as [number, number, number, number, number]
    const head = zip.readUInt32LE(at + 42)
    const begin = head + 30 + zip.readUInt16LE(head + 26) + zip.readUInt16LE(head + 28)
    const packed = zip.subarray(begin, begin + size)
    files.set(zip.toString('utf8', at + 46, at + 46 + name), method === 0 ? packed : inflateRawSync(packed))
    at += 46 + name + extra + comment
  }
  return files
}

interface Saved {
  id: string
  name: string
  version: number
  cameras: { tile: number; camera: string }[]
}

const act = (page: Page, camera: string, name: string) => tile(page, camera).locator(`[data-act="${name}"]`)
const shown = (page: Page) =>
  page.locator('[data-place] > [data-tile-of]').evaluateAll((all) => all.map((e) => e.getAttribute('data-tile-of')))

test.beforeEach(async ({ request }) => calm(request))
test.afterAll(async ({ request }) => {
  await simulateFault(request, 'C-03', 'none')
  await calm(request)
})

test('a camera turns for one officer at a time, and for an alarm; what jumps is said to', async ({
  page,
  browser,
  request,
}) => {
  await signIn(page, 'officer', `/cameras?station=nairobi&tiles=1&show=${GATE}`)
  await plays(tile(page, GATE))
  await page.keyboard.press('t')
  const turn = page.locator(`[data-turn="${GATE}"]`)
  await turn.locator('[data-preset="road"]').click()
  await expect.poll(() => looksAt(request)).toBe('road')
  await expect(turn).toContainText('You have it until')
  await clean(page, 'turning a camera', { part: `[data-turn="${GATE}"]` })

  const second = await (await browser.newContext()).newPage()
  await signIn(second, 'supervisor', `/cameras?station=nairobi&tiles=1&show=${GATE}`)
  await act(second, GATE, 'turn').click()
  const theirs = second.locator(`[data-turn="${GATE}"]`)
  await expect(theirs).toContainText('Olive Officer turns it until')
  await theirs.locator('[data-preset="plate"]').click()
  await expect(theirs.getByRole('alert')).toContainText('Olive Officer turns this camera')
  expect(await looksAt(request)).toBe('road')
  await theirs.locator('[data-take-over]').click()
  await expect(theirs).toContainText('You have it until')
  await expect(turn).toContainText('Sam Supervisor turns it until')
  await theirs.getByRole('button', { name: 'Give back' }).click()
  await expect(turn).toContainText('Nobody turns it')
  await page.goto('about:blank') // one picture is enough from here on

  // A chief says where it turns for an alarm, and who may watch: by name, not by number.
  await signIn(second, 'chief', `/cameras?station=nairobi&tiles=1&show=${GATE}`)
  await act(second, GATE, 'settings').click()
  const form = second.getByRole('dialog')
  const deny = form.locator('[data-named^="May not watch"]')
  await deny.getByRole('combobox').selectOption({ label: 'Noor Nairobi · Officer' })
  await expect(deny.locator('[data-name]')).toContainText('Noor Nairobi')
  await deny.getByRole('button', { name: 'Take Noor Nairobi off the list' }).click()
  await expect(deny.locator('[data-name]')).toHaveCount(0)
  await form.locator('[data-alarm-preset]').selectOption('plate')
  // What it looks at is found by name as well.
  const points = form.locator('[data-points]')
  await points.getByRole('searchbox').fill('north')
  await points.locator('[data-add-point]').first().click()
  await expect(points.locator('[data-point]')).toHaveCount(1)
  await points.locator('[data-point] button').click()
  await expect(points.locator('[data-point]')).toHaveCount(0)
  await clean(second, 'the settings of a camera', { part: 'dialog' })
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form).toHaveCount(0)
  try {
    await simulate(request, 'doors-3', 'door1', 'forced')
    await expect.poll(() => looksAt(request), { timeout: 20_000 }).toBe('plate')
  } finally {
    await act(second, GATE, 'settings').click()
    await form.locator('[data-alarm-preset]').selectOption('')
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(form).toHaveCount(0)
  }

  const jumps = tile(second, GATE).locator('[data-jumps]')
  await simulateFault(request, 'C-03', 'b_frames')
  await expect(jumps).toContainText('Set B-frames to 0', { timeout: 30_000 })
  await simulateFault(request, 'C-03', 'none')
  await expect(jumps).toHaveCount(0, { timeout: 30_000 })
  await second.context().close()
})

/** Drags from one element to another, again where the page was not there to notice. */
async function drags(page: Page, from: Locator, to: Locator, want: (string | null)[]) {
  await expect(async () => {
    await from.dragTo(to, { timeout: 10_000 })
    await expect.poll(() => shown(page), { timeout: 3_000 }).toEqual(want)
  }).toPass({ timeout: 60_000 })
}

test('a wall is arranged by mouse and by keys, saved, shared, found again and deleted', async ({ page, request }) => {
  // Two pictures and two free places: what is shown here is where they stand.
  await signIn(page, 'chief', '/cameras?station=nairobi&tiles=4&show=gw-1.C-01,,gw-1.C-03,')
  await expect.poll(() => shown(page)).toEqual(['gw-1.C-01', 'gw-1.C-03'])
  const place = (n: number) => page.locator(`[data-place="${n}"]`)
  const head = (camera: string) => tile(page, camera).locator('.tile-head')
  await drags(page, head('gw-1.C-01'), place(3), ['gw-1.C-03', 'gw-1.C-01'])
  await expect(place(3).locator('> [data-tile-of]')).toHaveAttribute('data-tile-of', 'gw-1.C-01')
  await drags(page, page.locator('[data-camera-row="gw-1.C-08"]'), place(2), ['gw-1.C-08', 'gw-1.C-01'])
  await page.keyboard.press('4')
  await page.keyboard.press('Shift+ArrowLeft')
  await expect.poll(() => shown(page)).toEqual(['gw-1.C-01', 'gw-1.C-08'])

  const name = `Night ${Date.now()}`
  await page.locator('[data-wall-save-as]').click()
  const form = page.getByRole('dialog')
  await form.getByLabel('Name of the wall').fill(name)
  await form.getByLabel('For everybody at the station').check()
  await form.getByRole('button', { name: /Save/ }).click()
  await expect(page.getByLabel('Which wall')).toContainText(name)

  // An officer finds it, and cannot delete it.
  const officer = await request.post('/api/v1/session', { data: { username: 'officer', password: PASSWORD } })
  expect(officer.ok()).toBeTruthy()
  const walls = (await (await request.get('/api/v1/walls?station=nairobi')).json()) as { items: Saved[] }
  const wall = walls.items.find((one) => one.name === name)
  expect(wall?.cameras.map((one) => `${one.tile} ${one.camera}`)).toEqual(['2 gw-1.C-01', '3 gw-1.C-08'])
  expect((await request.delete(`/api/v1/walls/${wall?.id}?version=${wall?.version}`)).status()).toBe(403)

  // Found again, from right to left: an arrow goes where it points.
  await page.goto(`/cameras?station=nairobi&wall=${wall?.id}&dir=rtl`)
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  await expect.poll(() => shown(page)).toEqual(['gw-1.C-01', 'gw-1.C-08'])
  await place(2).locator('> [data-tile-of]').focus()
  await page.keyboard.press('ArrowLeft')
  await expect(place(3).locator('> [data-tile-of]')).toBeFocused()
  await page.screenshot({ path: 'e2e/shots/cameras-rtl.png' })
  await page.locator('[data-wall-remove]').click()
  await expect(page.getByLabel('Which wall')).not.toContainText(name)
})

test('a tile follows the alarm', async ({ page, request }) => {
  await signIn(page, 'officer', '/cameras?station=nairobi&tiles=1&show=gw-1.C-01')
  await page.locator('[data-follow]').click()
  await expect(page.locator('[data-place="0"]')).toContainText('There is none')
  await simulate(request, 'doors-1', 'door3', 'forced')
  const one = page.locator('[data-place="0"] > [data-tile-of="gw-1.C-02"]')
  await plays(one)
  await expect(one.locator('.follow-tag')).toContainText('Alarm:')
})

test('a still and a clip are taken along, with a sheet that says of what and a check sum that fits', async ({
  page,
  request,
}) => {
  await signIn(page, 'supervisor', '/cameras?station=nairobi&tiles=1&show=gw-1.C-01')
  await plays(tile(page, 'gw-1.C-01'))
  const still = page.waitForEvent('download')
  await act(page, 'gw-1.C-01', 'snapshot').click()
  const picture = await readFile(await (await still).path())
  expect((await still).suggestedFilename()).toMatch(/C-01.*\.(png|jpg)$/)
  expect(picture.length).toBeGreaterThan(10_000)

  // Some seconds back, and a clip of them.
  await page.keyboard.press('r')
  const past = tile(page, 'gw-1.C-01').locator('[data-playback]')
  await expect(past).toContainText('RECORDED')
  await page.keyboard.press('l')
  await act(page, 'gw-1.C-01', 'clip').click()
  const form = page.getByRole('dialog')
  const why = `Report ${Date.now()}`
  await form.getByLabel('Why').fill(why)
  await form.locator('[data-clip-ask]').click()
  const made = form.locator('[data-clip="ready"]').filter({ hasText: why })
  await expect(made).toBeVisible({ timeout: 30_000 })
  await clean(page, 'a clip to take along', { part: 'dialog' })
  const saved = page.waitForEvent('download')
  await made.getByRole('link', { name: 'Save file' }).click()
  const files = unzipped(await readFile(await (await saved).path()))
  const named = (kind: string) => [...files].find(([name]) => name.endsWith(kind))?.[1] ?? Buffer.alloc(0)
  const clip = named('.mp4')
  const text = named('.json').toString()
  expect(clip.toString('latin1', 4, 8)).toBe('ftyp')
  expect(text).toContain(createHash('sha256').update(clip).digest('hex'))
  for (const said of [why, 'Sam Supervisor', 'C-01']) expect(text).toContain(said)

  // Who may not, may not.
  const officer = await request.post('/api/v1/session', { data: { username: 'officer', password: PASSWORD } })
  expect(officer.ok()).toBeTruthy()
  const to = new Date(Date.now() - 2_000).toISOString()
  const from = new Date(Date.now() - 12_000).toISOString()
  const refused = await request.post('/api/v1/cameras/gw-1.C-01/exports', { data: { from, to, why } })
  expect(refused.status()).toBe(403)
  expect((await request.get('/api/v1/cameras/gw-1.C-01/exports')).status()).toBe(403)
})
