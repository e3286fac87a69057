import { expect } from '@playwright/test'
import { pointWith, signIn, simulateFault, test } from './desk'

test.describe('a door', () => {
  test('is unlocked, and the words say confirmed; locked again', async ({ page, request }) => {
    const door = await pointWith(request, /^access\//, 'unlocked')
    await signIn(page, 'officer')
    await page.locator('.doors').getByRole('button', { name: door.name }).first().click()
    const life = page.locator('.command-life')
    await page.locator('[data-verb="unlock"]').click()
    await expect(life.locator('[data-command="confirmed"]').first()).toContainText('Unlock: confirmed', {
      timeout: 10_000,
    })
    await page.locator('[data-verb="lock"]').click()
    await expect(life.locator('.receipt').first()).toContainText('Lock: confirmed', { timeout: 10_000 })
  })

  test('that refuses says why', async ({ page, request }) => {
    const door = await pointWith(request, /^access\//, 'unlocked')
    await signIn(page, 'officer')
    await simulateFault(request, door.device, 'refuse')
    try {
      await page.locator('.doors').getByRole('button', { name: door.name }).first().click()
      await page.locator('[data-verb="unlock"]').click()
      await expect(page.locator('.command-life .receipt').first()).toContainText('refused', { timeout: 8_000 })
    } finally {
      await simulateFault(request, door.device, 'none')
    }
  })

  test('that stays silent is unknown, and never done', async ({ page, request }) => {
    const door = await pointWith(request, /^access\//, 'unlocked')
    await signIn(page, 'officer')
    await simulateFault(request, door.device, 'silent')
    try {
      await page.locator('.doors').getByRole('button', { name: door.name }).first().click()
      await page.locator('[data-verb="unlock"]').click()
      const first = page.locator('.command-life .receipt').first()
      await expect(first).toContainText(/Nobody knows whether|does not answer|not confirmed/, { timeout: 30_000 })
      await expect(first).not.toHaveAttribute('data-command', 'confirmed')
    } finally {
      await simulateFault(request, door.device, 'none')
    }
  })

  test('behind a gateway that only looks says so, and offers no button', async ({ page }) => {
    await signIn(page, 'officer')
    const snapshot = await page.evaluate(async () => {
      const reader = (await fetch('/api/v1/live')).body?.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      while (!/event: snapshot\ndata: .*\n/.test(text)) text += (await reader?.read())?.value ?? ''
      await reader?.cancel()
      return text.match(/event: snapshot\ndata: (.*)\n/)?.[1] ?? ''
    })
    const looking = JSON.parse(snapshot) as { gateways: { read_only: boolean }[] }
    for (const gateway of looking.gateways) gateway.read_only = true
    await page.route('**/api/v1/live', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: `event: snapshot\ndata: ${JSON.stringify(looking)}\n\n`,
      }),
    )
    await page.route('**/api/v1/devices?*', async (route) => {
      const answer = await route.fetch()
      const list = (await answer.json()) as { items: { points: { verbs?: { allowed: boolean }[] }[] }[] }
      for (const device of list.items)
        for (const point of device.points) for (const verb of point.verbs ?? []) verb.allowed = false
      await route.fulfill({ json: list })
    })
    await page.goto('/control')
    await page.locator('.doors .tile').first().click()
    await expect(page.locator('.detail [data-off]')).toContainText('The gateway only looks here; it never commands.')
    await expect(page.locator('[data-verb]')).toHaveCount(0)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  })
})
