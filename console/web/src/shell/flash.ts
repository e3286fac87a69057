// The one beat of all flashing symbols: once a second, and once in two seconds
// for what is over, in phase on every window of the desk.

const HALF = 500 // ms

/** Turns the symbols for as long as the page is open. */
export function startFlash(): void {
  const turn = () => {
    const now = Date.now()
    const halves = Math.floor(now / HALF)
    const root = document.documentElement.classList
    root.toggle('flash-half', halves % 2 === 1)
    root.toggle('flash-slow-half', Math.floor(halves / 2) % 2 === 1)
    setTimeout(turn, HALF - (now % HALF) + 1)
  }
  turn()
}
