// Dark for the desk, light for print and bright offices; one set of names.

export type Theme = 'dark' | 'light'

const place = 'guardroom.theme'
const listeners = new Set<() => void>()
let current: Theme = 'dark'

export function applyTheme(): void {
  const wish = new URLSearchParams(location.search).get('theme') ?? stored()
  wear(wish === 'light' ? 'light' : 'dark')
  // The windows of a desk turn together.
  addEventListener('storage', ({ key, newValue }) => {
    if (key === place && newValue) wear(newValue === 'light' ? 'light' : 'dark')
  })
}

export function setTheme(next: Theme): void {
  wear(next)
  try {
    localStorage.setItem(place, next)
  } catch {
    // A browser without storage forgets the choice, and nothing else.
  }
}

function wear(theme: Theme): void {
  current = theme
  document.documentElement.dataset.theme = theme
  for (const tell of listeners) tell()
}

/** The theme that is worn, for those who draw by it. */
export const theme = {
  get current(): Theme {
    return current
  },
  subscribe(tell: () => void): () => void {
    listeners.add(tell)
    return () => listeners.delete(tell)
  },
}

function stored(): string | null {
  try {
    return localStorage.getItem(place)
  } catch {
    return null
  }
}
