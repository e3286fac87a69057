import { expect } from '@playwright/test'
import { clean } from './axe'
import { PASSWORD, signIn, test, tooWide } from './desk'
import {
  api,
  type Cell,
  cellAt,
  dropDraft,
  findStation,
  freshDraft,
  type Officer,
  officersOf,
  openDraft,
  saved,
  station,
} from './roster-desk'

// Rosters as a chief makes them: by the keyboard, with others at work in the same
// draft, with the planner, up to what officers are told.

test('the keyboard makes a roster: set, range, clear, copy, fill, undo, redo, and all of it is kept', async ({
  page,
}) => {
  const { board, id } = await openDraft(page)
  await page.keyboard.press('d')
  await expect(cellAt(page, 0, 0)).toHaveText('D')
  await saved(page, 1)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowRight')
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('n')
  await saved(page, 4)
  for (const [row, col] of [
    [0, 1],
    [0, 2],
    [1, 1],
    [1, 2],
  ] as const)
    await expect(cellAt(page, row, col)).toHaveText('N')
  await page.keyboard.press('Control+z')
  await expect(cellAt(page, 1, 2)).toHaveText('')
  await page.keyboard.press('Control+Shift+z')
  await expect(cellAt(page, 1, 2)).toHaveText('N')

  await page.keyboard.press('Control+Home')
  await page.keyboard.press('Control+c')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Control+v')
  await expect(cellAt(page, 2, 0)).toHaveText('D')
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Control+d')
  await expect(cellAt(page, 4, 0)).toHaveText('D')
  await page.keyboard.press('Delete')
  await expect(cellAt(page, 2, 0)).toHaveText('')
  await expect(cellAt(page, 4, 0)).toHaveText('')

  // Cells here and there are picked with Ctrl: all of them are set, none of them is cut, and one is pasted into all.
  await cellAt(page, 2, 5).click()
  await cellAt(page, 4, 6).click({ modifiers: ['Control'] })
  await page.keyboard.press('e')
  await expect(cellAt(page, 2, 5)).toHaveText('E')
  await expect(cellAt(page, 4, 6)).toHaveText('E')
  await page.keyboard.press('Control+x')
  await expect(page.locator('#roster-spot')).toContainText('One range at a time')
  await expect(cellAt(page, 2, 5)).toHaveText('E')
  // A range is cut and stands elsewhere; undo takes both steps back.
  await cellAt(page, 2, 5).click()
  await cellAt(page, 4, 6).click({ modifiers: ['Shift'] })
  await page.keyboard.press('Control+x')
  await expect(cellAt(page, 4, 6)).toHaveText('')
  await cellAt(page, 5, 0).click()
  await page.keyboard.press('Control+v')
  await expect(cellAt(page, 7, 1)).toHaveText('E')
  await page.keyboard.press('Control+z')
  await expect(cellAt(page, 7, 1)).toHaveText('')
  await page.keyboard.press('Control+z')
  await expect(cellAt(page, 4, 6)).toHaveText('E')
  await page.keyboard.press('Delete')
  await cellAt(page, 2, 5).click()
  await cellAt(page, 4, 6).click({ modifiers: ['Shift'] })
  await page.keyboard.press('Delete')
  await expect(cellAt(page, 2, 5)).toHaveText('')

  // A cell is picked up and put down without a drag.
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('m')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(cellAt(page, 0, 0)).toHaveText('')
  await expect(cellAt(page, 1, 0)).toHaveText('D')
  // And with one.
  const from = await cellAt(page, 1, 0).boundingBox()
  const to = await cellAt(page, 3, 3).boundingBox()
  if (!from || !to) throw new Error('cells out of sight')
  await page.mouse.click(from.x + 10, from.y + 10)
  await page.mouse.move(from.x + 10, from.y + 10)
  await page.mouse.down()
  await page.mouse.move(to.x + 10, to.y + 10, { steps: 6 })
  await page.mouse.up()
  await expect(cellAt(page, 3, 3)).toHaveText('D')

  // And by presses alone: a button picks it up, a press puts it down.
  await page.locator('.rosters-foot').getByRole('button', { name: 'move' }).click()
  await cellAt(page, 4, 4).click()
  await expect(cellAt(page, 4, 4)).toHaveText('D')
  await page.keyboard.press('Control+z')
  await expect(cellAt(page, 3, 3)).toHaveText('D')
  await cellAt(page, 3, 3).click()

  // What is typed as text is read, and what cannot be read says why in place.
  await page.keyboard.press('Enter')
  const text = page.locator('.rb-editor input')
  await text.fill('D@nowhere')
  await text.press('Enter')
  await expect(page.locator('.rb-editor [role=alert]')).toContainText('no post of this station')
  await text.fill('E+SB')
  await text.press('Enter')
  await expect(cellAt(page, 3, 3)).toHaveText('E+SB')

  await expect(page.locator('[data-told]')).not.toHaveText('Saving…')
  await page.reload()
  await expect(cellAt(page, 3, 3)).toHaveText('E+SB', { timeout: 20_000 })
  await expect(cellAt(page, 0, 1)).toHaveText('N')
  await expect(board).toBeVisible()

  // On paper everybody is there, and the dates are on each sheet.
  const everybody = Number(await board.getAttribute('aria-rowcount')) - 1
  expect(everybody).toBeGreaterThan(100)
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
  await expect(page.locator('.rb-paper tbody tr:not(.rb-paper-cover)')).toHaveCount(everybody)
  await page.evaluate(() => window.dispatchEvent(new Event('afterprint')))
  await expect(page.locator('.rb-paper')).toHaveCount(0)

  // The page's own search finds whom the board does not draw.
  await board.focus()
  await page.keyboard.press('Control+f')
  const last = (await officersOf(page)).find(({ item }) => item.unit === 'Screening')?.item
  await page.keyboard.type(last?.badge ?? '')
  await page.keyboard.press('Enter')
  await expect(page.locator('.rb [role=rowheader]', { hasText: last?.name })).toHaveCount(1)

  await dropDraft(page, id)
})

test('two editors: the one sees what the other does, and nothing is overwritten in silence', async ({
  page,
  browser,
}) => {
  // Set before the page asks for anything: a request that is under way as a route is set may pass it by.
  let quicker: (() => Promise<void>) | undefined
  await page.route('**/edits', async (route) => {
    const write = route.request().method() === 'POST' ? quicker : undefined
    if (write) quicker = undefined
    await write?.()
    await route.continue()
  })
  const { id, from } = await openDraft(page)
  const other = await browser.newContext()
  const planner = await other.newPage()
  const answer = await planner.request.post('/api/v1/session', { data: { username: 'planner', password: PASSWORD } })
  expect(answer.ok()).toBeTruthy()
  const name = await cellAt(page, 0, 0).evaluate((e) => e.parentElement?.querySelector('[role=rowheader]')?.textContent)
  const officer = (await officersOf(page)).find(({ item }) => name?.startsWith(item.name))?.item
  if (!officer) throw new Error(`nobody is called ${name}`)
  const write = (date: string, version: number, shift: string) =>
    planner.request.post(`/api/v1/rosters/${station}/drafts/${id}/edits`, {
      data: { cells: [{ officer: officer.id, date, version, duties: [{ shift, post: '' }] }] },
    })
  expect((await write(from, 0, 'E')).ok()).toBeTruthy()
  await expect(cellAt(page, 0, 0)).toHaveText('E')
  await expect(page.locator('[data-told="by_other"]')).toContainText('changed 1 cell')

  // Both write the next day: the planner is quicker, before this page has heard of it.
  const day = new Date(Date.parse(from) + 86_400_000).toISOString().slice(0, 10)
  quicker = async () => {
    const written = await write(day, 0, 'N')
    expect(written.ok(), await written.text()).toBeTruthy()
  }
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('d')
  const callout = page.getByRole('alertdialog', { name: 'Two editors met in this cell' })
  await expect(callout).toContainText('Night')
  await expect(callout).toContainText('Day')
  await expect(cellAt(page, 0, 1)).toHaveText('N')
  await callout.getByRole('button', { name: 'Write mine' }).click()
  await expect(cellAt(page, 0, 1)).toHaveText('D')
  await expect(callout).toHaveCount(0)
  await saved(page, 1)
  const kept = await api<{ cells: Cell[] }>(page, `/rosters/${station}/drafts/${id}`)
  expect(kept.cells.find((c) => c.officer === officer.id && c.date === day)?.duties[0]?.shift).toBe('D')
  await other.close()
  await dropDraft(page, id)
})

test('a problem is named with its officer and rule, and one press mends it', async ({ page }) => {
  const { id } = await openDraft(page)
  await page.keyboard.press('n')
  await saved(page, 1)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('d') // no day after a night
  await page
    .locator('.problems')
    .getByRole('button', { name: /^Must [1-9]/ })
    .click()
  const problem = page.locator('[data-problem="succession"], [data-problem="daily_rest"]').first()
  await expect(problem).toContainText('Must')
  await problem.locator('.problem-head').click()
  await expect(cellAt(page, 0, 1)).toHaveClass(/must/)
  await problem.locator('[data-fix]').first().click()
  await expect(problem).toHaveCount(0)
  await expect(cellAt(page, 0, 1)).not.toHaveClass(/must/)
  await dropDraft(page, id)
})

test('an empty place names everybody who could take it, and is filled', async ({ page }) => {
  const { id } = await openDraft(page)
  await page.getByRole('button', { name: 'Posts', exact: true }).click()
  const cell = page.locator('#pb-0-0')
  await expect(cell).toHaveText(/−1/)
  await cell.click()
  const could = page.locator('[data-candidates="could"] li, [data-candidates="could_by_exception"] li')
  await could.first().getByRole('button', { name: 'Assign' }).click()
  await expect(cell).not.toHaveText(/−1/)
  await expect(page.locator('.place-here li').first()).not.toHaveText('Nobody')
  await page.getByRole('grid', { name: 'Roster: posts by days' }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page.locator('.place .pairs')).toContainText('0 of 1')
  await dropDraft(page, id)
})

test('the planner fills a draft; exceptions are approved by name; publishing says whom it tells', async ({ page }) => {
  test.setTimeout(150_000)
  const { id, from } = await openDraft(page, 7)
  await page.keyboard.press('p')
  const planner = page.locator('[data-planning]')
  await planner.getByLabel('Search for').selectOption('10')
  await planner.getByRole('button', { name: 'Start' }).click()
  await expect(planner).toHaveAttribute('data-planning', 'running')
  await expect(planner.locator('.plan-curve svg')).toBeVisible({ timeout: 15_000 })
  await expect(planner).toHaveAttribute('data-planning', 'ready', { timeout: 60_000 })
  await planner.getByRole('button', { name: /^Keep/ }).click()
  await expect(planner.locator('[role=status]').first()).toContainText('The plan is in the draft', { timeout: 30_000 })
  await expect(page.locator('.rb .rc.rt').first()).toBeVisible()

  await page.getByRole('button', { name: 'Publish…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Publish' })
  await expect(dialog.locator('[data-publish]')).toHaveAttribute('data-publish', /against|ready/, { timeout: 30_000 })
  if ((await dialog.locator('[data-against="unapproved"]').count()) > 0) {
    await expect(dialog.getByRole('button', { name: /^Publish and tell/ })).toBeDisabled()
    await dialog.locator('[data-against="unapproved"]').getByRole('button', { name: 'Show them' }).click()
    await page
      .locator('.problems')
      .getByRole('button', { name: /^Approve \d/ })
      .click()
    await page.getByLabel('Reason').fill('Recruitment is under way')
    await page.getByRole('button', { name: /^Approve (it|all)/ }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0, { timeout: 30_000 })
    await page.getByRole('button', { name: 'Publish…' }).click()
  }
  await expect(dialog.locator('[data-publish]')).toHaveAttribute('data-publish', 'ready', { timeout: 30_000 })
  await expect(dialog).toContainText('The whole station')
  await dialog.getByRole('button', { name: /^Publish and tell/ }).click()
  await expect(dialog.locator('[data-publish="done"]')).toContainText('is in force', { timeout: 30_000 })
  await dialog.getByRole('button', { name: 'Close' }).first().click()
  await expect(page.locator('[data-board="in-force"]')).toBeVisible({ timeout: 20_000 })
  await page.getByRole('button', { name: 'History' }).click()
  await expect(page.locator('[data-publication]').first()).toContainText('officers told')
  expect(id && from).toBeTruthy()
})

test('somebody is sick: ways by how many people they touch, and one press puts one in force', async ({ page }) => {
  await signIn(page, 'supervisor', '/devices')
  await findStation(page)
  const soon = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)
  const roster = await api<{ cells: Cell[] }>(page, `/rosters/${station}/roster?from=${soon}&until=${soon}`)
  const one = roster.cells.find((c) => c.duties.some((d) => d.shift === 'D' && d.post !== ''))
  if (!one) throw new Error(`nobody has a day shift on ${soon}`)
  await page.goto(`/rosters?station=${station}`)
  await page.getByRole('button', { name: 'Somebody is away…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Officer').selectOption(one.officer)
  await dialog.getByLabel('First day').fill(soon)
  await dialog.getByLabel('Last day').fill(soon)
  await dialog.getByRole('button', { name: 'Find who stands in' }).click()
  await expect(dialog.locator('[data-way]').first()).toBeVisible({ timeout: 15_000 })
  await dialog
    .locator('[data-way]')
    .first()
    .getByRole('button', { name: /^Put in force/ })
    .click()
  await expect(dialog.locator('[data-away="done"]')).toContainText('In force', { timeout: 15_000 })
  const after = await api<{ cells: Cell[] }>(page, `/rosters/${station}/roster?from=${soon}&until=${soon}`)
  expect(after.cells.find((c) => c.officer === one.officer)?.duties ?? []).toEqual([])
})

test('the Daily Detail prints on one landscape page', async ({ page }) => {
  await signIn(page, 'officer', '/devices')
  await findStation(page)
  await page.goto(`/rosters/detail?station=${station}`)
  await expect(page.locator('.detail-bar').first()).toBeVisible({ timeout: 20_000 })
  await expect(page.locator('[data-post]')).not.toHaveCount(0)
  const paper = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
  expect(paper.match(/\/Type\s*\/Page[^s]/g)?.length).toBe(1)
  expect(paper).toMatch(/\/MediaBox\s*\[\s*0 0 841/)
})

test('an officer sees the own shifts on a phone and asks for leave; the chief grants it', async ({ page }) => {
  await signIn(page, 'officer', '/devices')
  await findStation(page)
  const me = await api<{ user: { id: string } }>(page, '/session')
  await page.goto(`/rosters/mine?station=${station}`)
  await signIn(page, 'chief', '/devices')
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  const { cells } = await api<{ cells: Cell[] }>(page, `/rosters/${station}/roster?from=${soon}&until=${soon}`)
  const onDuty = cells.find((c) => c.duties.some((d) => d.shift === 'N'))
  const officers = await officersOf(page)
  await api(page, `/rosters/${station}/officers`, {
    items: officers
      .filter(({ item }) => item.user === me.user.id || item.id === onDuty?.officer)
      .map(({ version, item }) => ({
        version,
        item: { ...item, user: item.id === onDuty?.officer ? me.user.id : '' },
      })),
  })
  await page.setViewportSize({ width: 390, height: 844 })
  await signIn(page, 'officer', `/rosters/mine?station=${station}`)
  await expect(page.locator('[data-next]')).toBeVisible()
  expect(await tooWide(page)).toBe('')
  await clean(page, 'my roster')
  await page.getByRole('button', { name: 'Ask for leave' }).click()
  const note = `A wedding ${Date.now()}`
  await page.getByLabel('Note').fill(note)
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(page.getByRole('region', { name: 'My leave' }).getByText('Asked for').first()).toBeVisible()
  await page.setViewportSize({ width: 1600, height: 900 })
  await signIn(page, 'chief', `/rosters/registers?station=${station}&tab=absences`)
  const row = page.locator('[data-absence="requested"]', { hasText: note })
  await row.getByRole('button', { name: 'Grant' }).click()
  await expect(page.locator('[data-absence="approved"]', { hasText: note })).toBeVisible()
})

test('a week kept under a name is put into other days, after it is said what that does', async ({ page }) => {
  const { id } = await openDraft(page, 14)
  await page.keyboard.press('d')
  await saved(page, 1)
  await page.getByRole('button', { name: 'Copy weeks…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Copy weeks' })
  const name = `Week ${id.slice(-6)}`
  await dialog.getByLabel(/under the name$/).fill(name)
  await dialog.getByRole('button', { name: 'Keep' }).click()
  await expect(dialog.locator(`[data-template="${name}"]`)).toContainText('7 days; cells: 1')
  await dialog.getByLabel('Copy from').selectOption({ label: `${name} (7 days)` })
  await expect(dialog.locator('[data-would="1"]')).toHaveText('Empty cells filled: 1')
  await dialog.getByRole('button', { name: 'Put in' }).click()
  await expect(cellAt(page, 0, 7)).toHaveText('D')
  await expect(dialog.locator('[data-would="0"]')).toContainText('Nothing to put in')
  await dialog.getByRole('button', { name: 'Undo' }).click()
  await expect(cellAt(page, 0, 7)).toHaveText('')
  await dialog.locator(`[data-template="${name}"]`).getByRole('button', { name: 'Remove' }).click()
  await expect(dialog.locator(`[data-template="${name}"]`)).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Close' }).click()
  await dropDraft(page, id)
})

test('a swap that takes an exception goes from officer to officer to the chief, who decides by name', async ({
  page,
}) => {
  // A week of their own: the one has an evening, the other offers them the next morning.
  const whoIs = async (user: string) => {
    await signIn(page, user, '/devices')
    return (await api<{ officer: Officer }>(page, `/rosters/${station}/mine`)).officer.id
  }
  await signIn(page, 'chief', '/devices')
  await findStation(page)
  const [olive, gil] = [await whoIs('officer'), await whoIs('officer-geneva')]
  await signIn(page, 'chief', '/devices')
  const { id, from } = await freshDraft(page)
  const day = (n: number) => new Date(Date.parse(from) + n * 86_400_000).toISOString().slice(0, 10)
  const path = `/rosters/${station}/drafts/${id}`
  await api(page, `${path}/edits`, {
    cells: [
      { officer: olive, date: day(0), version: 0, duties: [{ shift: 'E', post: '' }] },
      { officer: gil, date: day(1), version: 0, duties: [{ shift: 'D', post: '' }] },
    ],
  })
  const { problems } = await api<{ problems: { key: string; level: string }[] }>(page, path)
  const exceptions = problems.filter((v) => v.level === 'exception').map((v) => v.key)
  await api(page, `${path}/approvals`, { violations: exceptions, reason: 'An empty week' })
  const ready = await api<{ draft: { version: number }; number: number }>(page, `${path}/publication`)
  await api(page, `${path}/publication`, { version: ready.draft.version, number: ready.number })

  await signIn(page, 'officer-geneva', '/devices')
  await api(page, `/rosters/${station}/swaps`, {
    gives: { officer: gil, date: day(1) },
    wants: { officer: olive, date: day(1) },
    note: 'My sister marries',
  })
  await page.setViewportSize({ width: 390, height: 844 })
  await signIn(page, 'officer', `/rosters/mine?station=${station}`)
  const offered = page.getByRole('region', { name: 'Swaps offered to you' }).locator('[data-swap="offered"]').first()
  await expect(offered).toContainText('My sister marries')
  await expect(offered).toContainText('rests 8 h, needs 11 h')
  expect(await tooWide(page)).toBe('')
  await offered.getByRole('button', { name: 'Accept' }).click()
  await expect(page.locator('[data-swap="accepted"]').first()).toContainText('Waits for the chief')

  await page.setViewportSize({ width: 1920, height: 1080 })
  await signIn(page, 'chief', `/rosters?station=${station}`)
  await page.locator('[data-waiting]').click()
  await page.locator('[data-swap="accepted"]').first().getByRole('button', { name: 'Approve' }).click()
  await expect(page.locator('[data-swap="approved"]').first()).toContainText('Approved by Chris Chief, in force')
  const after = await api<{ cells: Cell[] }>(page, `/rosters/${station}/roster?from=${day(1)}&until=${day(1)}`)
  expect(after.cells.map((c) => c.officer)).toEqual([olive])
})

test('whoever may only read sees the roster and no way to change it', async ({ page }) => {
  await signIn(page, 'officer', '/devices')
  await findStation(page)
  await page.goto(`/rosters?station=${station}`)
  await expect(page.locator('[data-board="in-force"]')).toBeVisible({ timeout: 20_000 })
  await expect(page.getByRole('button', { name: /Publish|Plan|Copy weeks/ })).toHaveCount(0)
  await page.locator('.rb').focus()
  await page.keyboard.press('d')
  await expect(page.locator('.rc.waits')).toHaveCount(0)
  await page.goto(`/rosters/registers?station=${station}`)
  await expect(page.locator('[data-roll]').first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Add', exact: true })).toHaveCount(0)
})

test('no page of the rosters has a fault that axe finds, nor is wider than its window', async ({ page }) => {
  test.setTimeout(180_000)
  const { id } = await openDraft(page)
  await page.keyboard.press('n')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('d')
  await saved(page, 1)
  await clean(page, 'the board')
  await page.getByRole('button', { name: 'Posts', exact: true }).click()
  await page.locator('#pb-0-0').click()
  await expect(page.locator('[data-candidates]').first()).toBeVisible()
  await clean(page, 'posts and a place')
  await page.getByRole('button', { name: 'Planner' }).click()
  await clean(page, 'the planner')
  for (const [path, ready] of [
    [`/rosters?station=${station}&theme=light`, '.rb'],
    [`/rosters?station=${station}&dir=rtl`, '.rb'],
    [`/rosters/detail?station=${station}`, '.detail-bar'],
    [`/rosters/registers?station=${station}`, '[data-roll]'],
    [`/rosters/registers?station=${station}&tab=rules`, '[data-roll]'],
    [`/rosters/registers?station=${station}&tab=absences`, '[data-absence]'],
    [`/rosters/registers?station=${station}&tab=calendar`, '.reckoning'],
  ] as const) {
    await page.goto(path)
    await expect(page.locator(ready).first()).toBeVisible({ timeout: 20_000 })
    await clean(page, path)
    expect(await tooWide(page), path).toBe('')
  }
  await dropDraft(page, id)
})
