import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { Menu } from './menu'

afterEach(cleanup)

function open() {
  const chosen = vi.fn()
  const { container } = render(
    <>
      <Menu head="More">
        <button type="button" onClick={chosen}>
          Drop
        </button>
      </Menu>
      <p>Elsewhere</p>
    </>,
  )
  const menu = container.querySelector('details') as HTMLDetailsElement
  menu.open = true
  fireEvent(menu, new Event('toggle'))
  expect(menu.open).toBe(true)
  return { menu, chosen }
}

it('is closed by what is chosen, so that it does not stand behind a dialog', () => {
  const { menu, chosen } = open()
  fireEvent.click(screen.getByText('Drop'))
  expect(chosen).toHaveBeenCalledOnce()
  expect(menu.open).toBe(false)
})

it('is closed by Escape and by a press elsewhere', () => {
  const { menu } = open()
  fireEvent.keyDown(screen.getByText('Drop'), { key: 'Escape' })
  expect(menu.open).toBe(false)
  cleanup()
  const again = open()
  fireEvent.pointerDown(screen.getByText('Elsewhere'))
  expect(again.menu.open).toBe(false)
})
