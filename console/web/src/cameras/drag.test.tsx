import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { draggable, useDrag, useDrop, useOver } from './drag'

const drops: string[] = []
let clicks = 0
let anew: (round: number) => void

/** A wall of two places whose tiles are other elements each time they are drawn anew. */
function Wall() {
  const [round, setRound] = useState(0)
  anew = setRound
  const over = useOver()
  useDrop((what, place) => drops.push(`${what} on ${place} in round ${round}`))
  return (
    <div data-round={round}>
      {['gate', 'yard'].map((camera, n) => (
        <div key={`${camera} ${round}`} data-place={n} data-over={over === n || undefined}>
          <button type="button" {...draggable({ what: camera, words: camera })} onClick={() => clicks++}>
            {camera}
          </button>
        </div>
      ))}
      <output>{useDrag()?.words ?? 'nothing'}</output>
    </div>
  )
}

const to = (what: 'pointerDown' | 'pointerMove' | 'pointerUp' | 'pointerCancel', on: Element | Window, x: number) =>
  fireEvent[what](on, { button: 0, isPrimary: true, pointerId: 1, clientX: x, clientY: 0 })
const said = () => screen.getByRole('status').textContent
const place = (n: number) => document.querySelector(`[data-place="${n}"]`)

beforeEach(() => {
  // Places are 100 px wide.
  document.elementFromPoint = (x) => place(Math.floor(x / 100))
  drops.length = 0
  clicks = 0
  render(<Wall />)
  to('pointerDown', screen.getByText('gate'), 10)
})
afterEach(async () => {
  cleanup()
  vi.useRealTimers()
  await new Promise((done) => setTimeout(done)) // clicks count again
})

it('drops what was taken where the pointer is let go', () => {
  to('pointerMove', window, 150)
  expect(said()).toBe('gate')
  expect(place(1)?.hasAttribute('data-over')).toBe(true)
  to('pointerUp', window, 160)
  expect(drops).toEqual(['gate on 1 in round 0'])
  expect(said()).toBe('nothing')
})
it('goes on when everything is drawn anew, before it began and after', () => {
  act(() => anew(1))
  to('pointerMove', window, 150)
  act(() => anew(2))
  to('pointerUp', window, 150)
  expect(drops).toEqual(['gate on 1 in round 2'])
})
it('is one movement from press to release, too', () => {
  to('pointerUp', window, 150)
  expect(drops).toEqual(['gate on 1 in round 0'])
})
it('is a click when the pointer hardly moved', () => {
  to('pointerMove', window, 12)
  to('pointerUp', window, 12)
  fireEvent.click(screen.getByText('gate'))
  expect([drops.length, clicks]).toEqual([0, 1])
})
it('is no click when it comes back', () => {
  vi.useFakeTimers()
  to('pointerMove', window, 150)
  to('pointerUp', window, 10)
  fireEvent.click(screen.getByText('gate'))
  expect([drops.length, clicks]).toEqual([1, 0])
  vi.runAllTimers()
  fireEvent.click(screen.getByText('gate'))
  expect(clicks).toBe(1)
})
it.each(['pointerCancel', 'Escape', 'nowhere'])('is given up by %s', (by) => {
  to('pointerMove', window, 150)
  if (by === 'Escape') fireEvent.keyDown(window, { key: 'Escape' })
  else if (by === 'nowhere') to('pointerMove', window, 900)
  else to('pointerCancel', window, 150)
  to('pointerUp', window, by === 'nowhere' ? 900 : 150)
  expect(drops).toEqual([])
  expect(said()).toBe('nothing')
})
it('ends with the wall', () => {
  to('pointerMove', window, 150)
  cleanup()
  expect(document.documentElement.hasAttribute('data-dragging')).toBe(false)
})
