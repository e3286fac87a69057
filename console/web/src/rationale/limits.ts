// The limits of a value with their dead bands, in words.
import type { TFunction } from 'i18next'
import type { Rationale } from './rationale'

const number = (n: number): string => new Intl.NumberFormat('en-u-nu-latn', { maximumFractionDigits: 3 }).format(n)

/** "above 40 °C, over below 38 °C": where the value alarms, and where it is over; empty for a point without a limit. */
export function limitWords(t: TFunction, r: Pick<Rationale, 'limits' | 'unit'>): string {
  return (r.limits ?? [])
    .map((l) => {
      const words = t(`rationale.limit_${l.side === 'below' ? 'below' : 'above'}`, {
        alarm: number(l.alarm),
        clear: number(l.clear),
        band: number(Math.abs(l.alarm - l.clear)),
        unit: r.unit ?? '',
      })
      return l.own ? `${words} (${t('rationale.limit_own')})` : words
    })
    .join('; ')
}

/** Where the dead band of a point is kept, and whether the site may move it. */
export const bandWords = (t: TFunction, r: Pick<Rationale, 'limits'>): string =>
  (r.limits ?? []).length === 0
    ? t('rationale.band_none')
    : (r.limits ?? []).some((l) => l.adjustable)
      ? t('rationale.band_movable')
      : t('rationale.band_fixed')
