import i18next from 'i18next'
import { beforeAll, describe, expect, it } from 'vitest'
import first from '../i18n/en'
import { joined } from '../i18n/en/joined'
import later from '../i18n/en/later'
import { bandWords, limitWords } from './limits'

const en = joined(first, later)

beforeAll(() =>
  i18next.init({ lng: 'en', resources: { en: { translation: en } }, interpolation: { escapeValue: false } }),
)

const limit = { state: 'hot', kind: 'env.threshold', side: 'above', alarm: 40, clear: 38.5, own: false }

describe('a limit', () => {
  it('says where it alarms, where it is over, and how wide the band is', () =>
    expect(limitWords(i18next.t, { limits: [limit], unit: '°C' })).toBe(
      'alarm above 40 °C, over below 38.5 °C (dead band 1.5 °C)',
    ))
  it('says that the site has chosen it', () =>
    expect(limitWords(i18next.t, { limits: [{ ...limit, side: 'below', own: true }], unit: '%' })).toMatch(
      /alarm below 40 %.*set by the site/,
    ))
  it('is not invented', () => expect(limitWords(i18next.t, { limits: [], unit: '' })).toBe(''))
  it.each([
    [[], /no dead band/],
    [[limit], /the profile's/],
    [[{ ...limit, adjustable: { from: 20, to: 60 } }], /gateway may move/],
  ])('tells where it is kept', (limits, words) => expect(bandWords(i18next.t, { limits })).toMatch(words))
})
