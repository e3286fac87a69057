import i18next from 'i18next'
import { beforeAll, expect, it } from 'vitest'
import words from '../i18n/en'
import { joined } from '../i18n/en/joined'
import later from '../i18n/en/later'
import { delayWords } from './picture'

beforeAll(async () => {
  await i18next.init({
    lng: 'en',
    resources: { en: { translation: joined(words, later) } },
    interpolation: { escapeValue: false },
  })
})

it.each<[number | undefined, boolean, string]>([
  [740, false, 'Shows the past: 700 ms behind'],
  [2_310, true, 'Shows the past: 2.3 s behind · pictures are left out to catch up'],
  [90, true, 'Pictures are left out, so that what is shown is not old'],
  [undefined, true, 'Pictures are left out, so that what is shown is not old'],
])('%s ms behind, pictures left out: %s', (age, short, want) => {
  expect(delayWords(i18next.t, { age, short })).toBe(want)
})
