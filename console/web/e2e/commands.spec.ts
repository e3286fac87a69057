import { expect, test } from '@playwright/test'
import { pointWith, signIn, simulateFault } from './desk'

test.describe('a door', () => {
  test('is unlocked, and the words say confirmed within three seconds; locked again', async ({ page, request }) => {
    const door = await pointWith(request, /^access\//, 'unlocked')
    await signIn(page, 'officer')
    await page.locator('.doors').getByRole('button', { name: door.name }).first().click()
    const life = page.locator('.command-life')
    await page.locator('[data-verb="unlock"]').click()
    await expect(life.locator('[data-command="confirmed"]').first()).toContainText('Unlock: confirmed', {
      timeout: 3_000,
    })
    await page.locator('[data-verb="lock"]').click()
    await expect(life.locator('.receipt').first()).toContainText('Lock: confirmed', { timeout: 3_000 })
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
})
