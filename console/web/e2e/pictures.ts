import AxeBuilder from '@axe-core/playwright'
import { expect, type Locator, type Page } from '@playwright/test'

// What the stories about cameras share.

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** How long a picture may take to come on a machine that does other things; the bench holds the marks. */
export const PICTURE = 30_000

/** Finds nothing that keeps somebody out, in the part of the page that the story is about. */
export async function clean(page: Page, what: string, part: string) {
  const axe = new AxeBuilder({ page })
    .include(part)
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .withTags(rules)
  const { violations } = await axe.analyze()
  const words = violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join('\n  ')}`)
  expect(words, what).toEqual([])
}

export const tile = (page: Page, camera: string): Locator => page.locator(`[data-tile-of="${camera}"]`)

/** Waits until a picture plays. A machine that does other things may leave some out, and says "delayed". */
export const plays = (one: Locator) => expect(one).toHaveAttribute('data-look', /live|delayed/, { timeout: PICTURE })

/** How many frames a camera's picture has shown. */
export const frames = (page: Page, camera: string) =>
  page
    .locator(`[data-video="${camera}"]`)
    .evaluate((v) => (v as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)
