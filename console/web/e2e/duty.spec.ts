import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { signIn, tooWide } from './desk'

// The duty board as a sergeant uses it: who is here, who stands, who relieves whom,
// and a check call with one key.

let station = ''

async function openBoard(page: Page, user = 'officer') {
  await signIn(page, user, '/devices')
  if (station === '') {
    const { items } = (await (await page.request.get('/api/v1/stations')).json()) as { items: { id: string }[] }
    for (const { id } of items) {
      const answer = await page.request.get(`/api/v1/rosters/${id}`)
      const { officers } = (await answer.json()) as { officers: unknown[] }
      if (station === '' && officers.length > 0) station = id
    }
  }
  await page.goto(`/duty?station=${station}`)
  await expect(page.locator('[data-post]').first()).toBeVisible({ timeout: 20_000 })
}

/** The first post that lacks somebody whom the roster names for now. */
async function lackingPost(page: Page): Promise<string> {
  const id = await page
    .locator('[data-post]', { has: page.getByRole('button', { name: 'On post' }) })
    .first()
    .getAttribute('data-post')
  if (!id) throw new Error('no post lacks anybody')
  return id
}

test('an officer comes, stands, calls, and is relieved by name', async ({ page }) => {
  await openBoard(page)
  const id = await lackingPost(page)
  const row = page.locator(`[data-post="${id}"]`)
  await row.locator('th').click()
  await page.keyboard.press('p')
  await expect(row).toHaveAttribute('data-short', '0')
  const standing = page.locator('[data-duty][data-presence="on_post"]').first()
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
  await expect(page.locator('[data-presence="relieved"]').first()).toContainText('relieved by')
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

test('whoever may not write sees the board and no buttons', async ({ page }) => {
  await openBoard(page, 'auditor')
  await expect(page.getByRole('button', { name: /^(Here|On post|OK|Relieve)/ })).toHaveCount(0)
})

test('the duty board has no fault that axe finds and fits its window in both directions', async ({ page }) => {
  for (const more of ['', '&dir=rtl', '&theme=light']) {
    await openBoard(page)
    await page.goto(`/duty?station=${station}${more}`)
    await expect(page.locator('[data-post]').first()).toBeVisible()
    const { violations } = await new AxeBuilder({ page })
      .setLegacyMode(true)
      .options({ resultTypes: ['violations'] })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze()
    expect(
      violations.map(
        (v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 300)} ${n.failureSummary}`)}`,
      ),
      more,
    ).toEqual([])
    expect(await tooWide(page), more).toBe('')
  }
})
