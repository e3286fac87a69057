import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import words from '../i18n/en'
import { joined } from '../i18n/en/joined'
import later from '../i18n/en/later'
import AskLeave from './ask-leave'

beforeAll(async () => {
  HTMLDialogElement.prototype.showModal = function show() {
    this.open = true
  }
  await i18next.use(initReactI18next).init({
    lng: 'en',
    resources: { en: { translation: joined(words, later) } },
    interpolation: { escapeValue: false },
  })
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

it('asks for leave in the words that were typed, and says so', async () => {
  const sent: unknown[] = []
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    sent.push(JSON.parse(String(init.body)))
    return Promise.resolve(new Response('{"version":1,"item":{}}', { status: 200 }))
  })
  const done = vi.fn()
  render(<AskLeave station="hq" officer="O1" today="2026-11-22" onClose={done} onDone={done} />)
  fireEvent.change(screen.getByLabelText('Note'), { target: { value: 'A wedding' } })
  fireEvent.click(screen.getByRole('button', { name: 'Ask' }))
  await waitFor(() => expect(done).toHaveBeenCalledTimes(2))
  expect(sent).toMatchObject([
    {
      version: 0,
      item: { officer: 'O1', kind: 'annual', from: '2026-12-06', decision: 'requested', note: 'A wedding' },
    },
  ])
})
