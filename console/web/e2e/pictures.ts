import { expect, type Locator, type Page } from '@playwright/test'

// What the stories about cameras share.

/** How long a picture may take to come on a machine that does other things; the bench holds the marks. */
export const PICTURE = 30_000

export const tile = (page: Page, camera: string): Locator => page.locator(`[data-tile-of="${camera}"]`)

/** Waits until a picture plays. A machine that does other things may leave some out, and says "delayed". */
export const plays = (one: Locator) => expect(one).toHaveAttribute('data-look', /live|delayed/, { timeout: PICTURE })

/** How many frames a camera's picture has shown. */
export const frames = (page: Page, camera: string) =>
  page
    .locator(`[data-video="${camera}"]`)
    .evaluate((v) => (v as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)
