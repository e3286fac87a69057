import { expect, type Page } from '@playwright/test'
import { clean } from './axe'
import { signIn, test, tooWide } from './desk'
import { api, findStation, station } from './roster-desk'

// The duty board as a sergeant uses it: who is here, who stands, who relieves whom,
// and a check call with one key.

async function openBoard(page: Page, user = 'officer') {
  await signIn(page, user, '/devices')
  await findStation(page)
  await page.goto(`/duty?station=${station}`)
  await expect(page.locator('[data-post]').first()).toBeVisible({ timeout: 20_000 })
}

interface Duty {
  version: number
  presence: string
  starts: string
  ends: string
  relief: string
  assignment: { officer: string; date: string; shift: string; post: string }
}

interface Board {
  duties: Duty[]
  posts: { id: string; wanted: number; standing: string[] }[]
}

/** A post that the demo's own control room has manned, made to lack its officer again. */
async function lackingPost(page: Page): Promise<string> {
  let found: Duty | undefined
  await expect(async () => {
    const { duties, posts } = await api<Board>(page, `/duty/${station}`)
    const alone = (d: Duty) =>
      posts.some((p) => p.id === d.assignment.post && p.wanted === 1 && p.standing.length === 1)
    found = duties.find(
      (d) => d.presence === 'on_post' && d.relief !== '' && Date.parse(d.ends) > Date.now() + 120_000 && alone(d),
    )
    expect(found, 'somebody stands alone at a post, and the roster names the relief').toBeTruthy()
  }).toPass({ timeout: 30_000 })
  if (!found) throw new Error('no post is manned')
  const { officer, date, shift, post } = found.assignment
  await api(page, `/duty/${station}/attendance`, { officer, date, shift, version: found.version, do: 'clear' })
  await expect(page.locator(`[data-post="${post}"]`)).toHaveAttribute('data-short', '1')
  return post
}

test('an officer comes, stands, calls, and is relieved by name', async ({ page }) => {
  await openBoard(page)
  const id = await lackingPost(page)
  const row = page.locator(`[data-post="${id}"]`)
  await row.locator('th').click()
  await page.keyboard.press('p')
  await expect(row).toHaveAttribute('data-short', '0')
  const { duties } = await api<Board>(page, `/duty/${station}`)
  const one = duties.find((d) => d.assignment.post === id && d.presence === 'on_post')?.assignment.officer
  const standing = page.locator(`[data-duty="${one}"][data-presence="on_post"]`).first()
  await expect(standing).toBeVisible()

  const call = row.locator('[data-call]')
  if ((await call.count()) > 0) {
    await page.keyboard.press('o')
    await expect(call).toHaveAttribute('data-call', 'waiting')
    await expect(call).toContainText('in ')
  }
  // Nobody leaves a post unrelieved: the console says so in words.
  await standing.getByRole('button', { name: 'Release' }).click()
  await expect(page.getByRole('alert')).toContainText('Nobody leaves a post unrelieved')
  await row.locator('th').click()
  await page.keyboard.press('r')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Who relieves')
  await dialog.getByRole('button', { name: 'Relieve' }).click()
  await expect(page.locator(`[data-duty="${one}"][data-presence="relieved"]`)).toContainText('relieved by')
  await expect(row).toHaveAttribute('data-short', '0')
})

test('what one desk notes, the other sees at once', async ({ page, browser }) => {
  await openBoard(page)
  const other = await browser.newContext()
  const second = await other.newPage()
  await openBoard(second, 'supervisor')
  const id = await lackingPost(page)
  await page.locator(`[data-post="${id}"]`).getByRole('button', { name: 'On post' }).first().click()
  await expect(second.locator(`[data-post="${id}"]`)).toHaveAttribute('data-short', '0')
  await other.close()
})

test('somebody is sick before a shift: one press, and board, Daily Detail and officers know', async ({ page }) => {
  await openBoard(page, 'supervisor')
  const { duties } = await api<Board>(page, `/duty/${station}`)
  const soon = Date.now() + 600_000
  const sick = duties.find(
    (d) => d.presence === 'expected' && d.assignment.post !== '' && Date.parse(d.starts) > soon,
  )?.assignment
  if (!sick) throw new Error('the board shows nobody of the next shift')
  const detail = await page.context().newPage()
  await detail.goto(`/rosters/detail?station=${station}&date=${sick.date}`)
  const posted = detail.locator(`[data-post="${sick.post}"]`)
  await expect(posted).toBeVisible({ timeout: 20_000 })

  await page.locator(`[data-duty="${sick.officer}"]`).getByRole('button', { name: 'Away' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel('First day')).toHaveValue(sick.date)
  const answer = page.waitForResponse((r) => r.url().endsWith('/reliefs'))
  await dialog.getByRole('button', { name: 'Find who stands in' }).click()
  await expect(dialog.locator('[data-lost="1"]')).toContainText('Left empty')
  const { alternatives } = (await (await answer).json()) as { alternatives: { asked: string[] }[] }
  expect(alternatives.length).toBeGreaterThanOrEqual(3)
  await dialog
    .locator('[data-way]')
    .first()
    .getByRole('button', { name: /^Put in force/ })
    .click()
  await expect(dialog.locator('[data-away="done"]')).toContainText('In force', { timeout: 15_000 })
  const { officers } = await api<{ officers: { item: { id: string; name: string } }[] }>(page, `/rosters/${station}`)
  const relief = officers.find(({ item }) => item.id === alternatives[0]?.asked[0])?.item
  if (!relief) throw new Error('the first way asks nobody')
  await expect(page.locator(`[data-duty="${sick.officer}"][data-presence="expected"]`)).toHaveCount(0)
  await expect(page.locator(`[data-duty="${relief.id}"]`).first()).toContainText(relief.name)
  await expect(posted).toContainText(relief.name.split(' ').at(-1) ?? '')
  const { items } = await api<{ items: { to: string; subject: string }[] }>(page, `/deliveries?station=${station}`)
  expect(items.map((d) => d.to)).toContain(`officer:${relief.id}`)
})

test('whoever may not write sees the board and no buttons', async ({ page }) => {
  await openBoard(page, 'auditor')
  await expect(page.getByRole('button', { name: /^(Here|On post|OK|Relieve)/ })).toHaveCount(0)
})

test('the duty board has no fault that axe finds and fits its window in both directions', async ({ page }) => {
  await openBoard(page)
  for (const more of ['', '&dir=rtl', '&theme=light']) {
    if (more) await page.goto(`/duty?station=${station}${more}`)
    await expect(page.locator('[data-post]').first()).toBeVisible()
    await clean(page, `the duty board ${more}`)
    expect(await tooWide(page), more).toBe('')
  }
})
