import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import i18next from 'i18next'
import { useState } from 'react'
import { initReactI18next } from 'react-i18next'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import words from '../i18n/en'
import { joined } from '../i18n/en/joined'
import later from '../i18n/en/later'
import { Points } from './points'

let points: string[] = []

function Form() {
  const [chosen, setChosen] = useState(['gw-1/doors-1.door9'])
  points = chosen
  return <Points camera={{ station: 'hq' }} points={chosen} onPoints={setChosen} />
}

beforeAll(async () => {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    resources: { en: { translation: joined(words, later) } },
    interpolation: { escapeValue: false },
  })
})
beforeEach(async () => {
  const devices = [
    {
      id: 'gw-1/doors-1',
      name: 'Doors',
      location: 'Gatehouse',
      points: [{ id: 'gw-1/doors-1.door1', name: 'Main gate' }],
    },
    {
      id: 'gw-1/fence',
      name: 'Fence',
      location: 'Yard',
      points: [
        { id: 'gw-1/fence.z1', name: 'Zone 1', location: 'Yard north' },
        { id: 'gw-1/fence.z2', name: 'Zone 2', location: 'Yard south' },
      ],
    },
  ]
  vi.stubGlobal('fetch', (path: string) => {
    expect(String(path)).toContain('station=hq')
    return Promise.resolve(new Response(JSON.stringify({ items: devices }), { status: 200 }))
  })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Form />
    </QueryClientProvider>,
  )
  find('yard')
  await screen.findByText('2 points fit')
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const find = (text: string) => fireEvent.change(screen.getByRole('searchbox'), { target: { value: text } })

it('finds points by name and place, and adds and removes them by name', async () => {
  fireEvent.click(screen.getByText('Zone 2'))
  expect(points).toEqual(['gw-1/doors-1.door9', 'gw-1/fence.z2'])
  expect(screen.getByText('Zone 2 · Yard south')).toBeDefined()
  expect(screen.getByText('1 point fits')).toBeDefined() // what is chosen is not offered again
  fireEvent.click(screen.getByRole('button', { name: 'Take Zone 2 · Yard south off the list' }))
  await waitFor(() => expect(points).toEqual(['gw-1/doors-1.door9']))
})
it('takes the one that fits by Enter, and none while several do', () => {
  const enter = () => fireEvent.keyDown(screen.getByRole('searchbox'), { key: 'Enter' })
  enter()
  expect(points).toHaveLength(1)
  find('gatehouse main')
  enter()
  expect(points).toEqual(['gw-1/doors-1.door9', 'gw-1/doors-1.door1'])
})
it('keeps a point that the station has no longer, by its number', () => {
  expect(screen.getByText('gw-1/doors-1.door9')).toBeDefined()
})
