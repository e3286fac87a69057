// Keys, by their place on the keyboard, so that they work on Arabic and Cyrillic
// layouts too. They are off while somebody types, and in dialogs.
import { useEffect, useRef, useSyncExternalStore } from 'react'

/** "KeyA", "Shift+KeyA", "Ctrl+KeyK", "Digit1", "ArrowDown", "F6", "?" → what to do; false lets the key through. */
export type Keymap = Record<string, (event: KeyboardEvent) => unknown>

const place = 'guardroom.letters'
const listeners = new Set<() => void>()
let letters = readLetters()

function readLetters(): boolean {
  try {
    return localStorage.getItem(place) !== 'off'
  } catch {
    return true
  }
}

/** Single-letter keys can be turned off (WCAG 2.1.4). */
export function setLetterKeys(on: boolean): void {
  letters = on
  try {
    localStorage.setItem(place, on ? 'on' : 'off')
  } catch {
    // Forgotten at the next visit, and nothing else.
  }
  for (const tell of listeners) tell()
}

export function useLetterKeys(): boolean {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    () => letters,
  )
}

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('dialog[open]')) return true
  if (target.isContentEditable) return true
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}

export function keyName(event: KeyboardEvent): string {
  if (event.key === '?') return '?'
  const mods = `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${event.shiftKey ? 'Shift+' : ''}`
  return mods + event.code
}

export function useKeys(map: Keymap): void {
  const latest = useRef(map)
  latest.current = map
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      const name = keyName(event)
      const act = latest.current[name]
      if (!act) return
      const always = name.startsWith('Ctrl+') || /^F\d/.test(name)
      if (!always && typing(event.target)) return
      if (!letters && /^(Shift\+)?(Key|Digit|Bracket)|^\?$/.test(name)) return
      // A held key must not act twice.
      if (event.repeat && !/Arrow|KeyJ|KeyK|Page/.test(name)) return
      if (act(event) !== false) event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

/** Moves the focus to the next panel of the page. */
export function nextPanel(back: boolean): void {
  const panels = [...document.querySelectorAll<HTMLElement>('[data-panel]')].filter((p) => p.offsetParent !== null)
  if (panels.length === 0) return
  const here = panels.findIndex((p) => p.contains(document.activeElement))
  const next = panels[(here + (back ? -1 : 1) + panels.length) % panels.length]
  const target = next?.querySelector<HTMLElement>('[data-focus], [tabindex="0"], button, a[href], input') ?? next
  target?.focus()
}
