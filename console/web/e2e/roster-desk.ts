// What the tests of rosters share: asking the console, a station with officers, drafts of their own.
import { expect, type Page } from '@playwright/test'
import { signIn } from './desk'

export interface Cell {
  officer: string
  date: string
  version: number
  duties: { shift: string; post: string }[]
}

export interface Officer {
  id: string
  name: string
  unit: string
  rank: string
  held: { code: string }[]
  user: string
  badge: string
}

/** The station of the demo that has officers, once it is found. */
export let station = ''

/** Asks the console as whoever is signed in on the page. */
export async function api<T>(
  page: Page,
  path: string,
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
): Promise<T> {
  const answer = await page.request.fetch(`/api/v1${path}`, {
    method,
    ...(body !== undefined && { data: body }),
    headers: { origin: new URL(page.url()).origin },
    timeout: 60_000,
  })
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${(await answer.text()).slice(0, 400)}`).toBeTruthy()
  return (answer.status() === 204 ? undefined : await answer.json()) as T
}

/** Looks for it. */
export async function findStation(page: Page): Promise<string> {
  if (station) return station
  const { items } = await api<{ items: { id: string }[] }>(page, '/stations')
  for (const { id } of items) {
    const register = await api<{ officers: unknown[] }>(page, `/rosters/${id}`)
    if (station === '' && register.officers.length > 0) station = id
  }
  return station
}

export const officersOf = async (page: Page): Promise<{ version: number; item: Officer }[]> =>
  (await api<{ officers: { version: number; item: Officer }[] }>(page, `/rosters/${station}`)).officers

/** A draft of one week of its own, months ahead, so that no test finds what another left. */
let weeks = 20
export async function freshDraft(page: Page, days = 7): Promise<{ id: string; from: string }> {
  weeks += 6
  const from = new Date(Date.UTC(2027, 0, 4) + weeks * 7 * 86_400_000).toISOString().slice(0, 10)
  const until = new Date(Date.parse(from) + (days - 1) * 86_400_000).toISOString().slice(0, 10)
  const draft = await api<{ id: string }>(page, `/rosters/${station}/drafts`, {
    name: `Test ${from} ${Date.now()}`,
    from,
    until,
    copy: 'empty',
  })
  return { id: draft.id, from }
}

export const dropDraft = (page: Page, id: string) => api(page, `/rosters/${station}/drafts/${id}`, undefined, 'DELETE')

export async function openDraft(page: Page, days = 7) {
  await signIn(page, 'chief', '/devices')
  await findStation(page)
  const draft = await freshDraft(page, days)
  await page.goto(`/rosters?station=${station}&draft=${draft.id}`)
  const board = page.locator(`[data-board="${draft.id}"]`)
  await expect(board).toBeVisible({ timeout: 20_000 })
  await board.focus()
  return { ...draft, board }
}

export const cellAt = (page: Page, row: number, col: number) => page.locator(`#rc-${row}-${col}`)
export const saved = (page: Page, count: number) =>
  expect(page.locator('[data-told]')).toHaveText(count === 1 ? '1 cell saved' : `${count} cells saved`)
