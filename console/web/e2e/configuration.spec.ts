import { expect } from '@playwright/test'
import { clean } from './axe'
import { signIn, test } from './desk'

test('a gateway is sent a configuration: what it cannot read is said by line, what would be lost is asked', async ({
  page,
}) => {
  await signIn(page, 'admin', '/devices')
  await page.locator('[data-gateway="gw-2"] .rowlink').click()
  await page.getByRole('link', { name: 'Configuration…' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Configuration of')
  const text = page.getByRole('textbox', { name: 'New configuration, as YAML' })
  await text.fill('devices:\n  - {id: a, profile: fire/none, address: "127.0.0.1:1"}\nbroker: tcp://127.0.0.1:1\n')
  await expect(page.locator('[data-unwatched]')).toContainText('would no longer be watched')
  const send = page.getByRole('button', { name: 'Send to the gateway' })
  await expect(send).toBeDisabled()
  await page.getByLabel('They shall no longer be watched').check()
  await send.click()
  const faults = page.getByRole('alert')
  await expect(faults).toContainText('2 faults', { timeout: 20_000 })
  await expect(faults).toContainText('unknown profile')
  await faults.getByRole('button', { name: 'Line 3' }).press('Enter')
  expect(await text.evaluate((e: HTMLTextAreaElement) => e.value.slice(e.selectionStart, e.selectionEnd))).toBe(
    'broker: tcp://127.0.0.1:1',
  )
  await expect(page.locator('[data-config-state="refused"]')).toBeVisible()
  await expect(page.locator('[data-version]').first()).toContainText('Refused')
  await expect(page.locator('[data-good="0"]')).toContainText("The gateway's own file")
  // What somebody else sent in the meantime is not overwritten; nor can it be taken, so that the gateway stays as it is.
  const theirs = 'devices:\n  - {id: b, profile: fire/none, address: "127.0.0.1:1"}\n'
  const other = await page.request.get('/api/v1/gateways/gw-2/config')
  const { version } = (await other.json()) as { version: number }
  await page.request.post('/api/v1/gateways/gw-2/config', { data: { version, text: theirs } })
  await send.click()
  await expect(page.getByRole('alert')).toContainText('Somebody else', { timeout: 20_000 })
  await page.getByRole('button', { name: 'Show what was sent' }).click()
  await expect(text).toHaveValue(theirs)
  await clean(page, 'a gateway’s configuration')
})

test('a gateway that goes by its own file says so, and who may not configure sees no configuration', async ({
  page,
}) => {
  await signIn(page, 'admin', '/devices')
  const { items } = (await (await page.request.get('/api/v1/gateways')).json()) as { items: { id: string }[] }
  const own = items.find((g) => g.id !== 'gw-2')?.id ?? ''
  await page.goto(`/devices/configuration?gateway=${own}`)
  await expect(page.getByText('This gateway goes by its own file')).toBeVisible({ timeout: 20_000 })
  await expect(page.getByRole('button', { name: 'Send to the gateway' })).toBeDisabled()
  await signIn(page, 'officer', `/devices/configuration?gateway=${own}`)
  await expect(page.getByRole('textbox', { name: 'New configuration, as YAML' })).toHaveCount(0)
})
