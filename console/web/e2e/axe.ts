import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** The rules that a theme can break; the others need one look, in one theme. */
export const ofColours = ['color-contrast', 'link-in-text-block']

/**
 * Fails with the words of every fault of WCAG 2.2 AA on the page, or on the part of
 * it that the story is about; `only` names single rules.
 */
export async function clean(page: Page, what: string, { only, part }: { only?: string[]; part?: string } = {}) {
  // Legacy mode looks at this frame only, and there is no other; it spares a page for each look.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] })
  if (part) axe.include(part)
  if (only) axe.withRules(only)
  else axe.withTags(rules)
  const { violations } = await axe.analyze()
  const words = violations.map((v) =>
    [v.id, ...v.nodes.slice(0, 5).map((n) => `${n.html.slice(0, 300)} ${n.failureSummary}`)].join('\n  '),
  )
  expect(words, what).toEqual([])
}

/** Turns the page to a theme, as another window of the desk would. */
export const dressed = (page: Page, theme: 'dark' | 'light') =>
  page.evaluate(async (value) => {
    localStorage.setItem('guardroom.theme', value)
    dispatchEvent(new StorageEvent('storage', { key: 'guardroom.theme', newValue: value }))
    await new Promise((done) => setTimeout(done, 50)) // what fades from one colour to the other
    const fading = document.getAnimations().filter((one) => one instanceof CSSTransition)
    await Promise.allSettled(fading.map((one) => one.finished))
  }, theme)
