// The first figures of all, each with its target in words and how it stands.
import { useTranslation } from 'react-i18next'
import { type Figures, type Standing, standing } from './figures'

const number = new Intl.NumberFormat('en-u-nu-latn', { maximumFractionDigits: 2 })
const percent = new Intl.NumberFormat('en-u-nu-latn', { style: 'percent', maximumFractionDigits: 1 })

export const asNumber = (n: number): string => number.format(n)
export const asPercent = (n: number): string => percent.format(n)

export function Tiles({ f }: { f: Figures }) {
  const { t } = useTranslation()
  const tiles: { name: string; value: string; target: string; stands: Standing }[] = [
    {
      name: 'per_10',
      value: asNumber(f.rate.per_10),
      target: t('figures.targets.per_10', { value: f.targets.per_10, most: f.targets.per_10_most }),
      stands: standing(f.rate.per_10, f.targets.per_10, f.targets.per_10_most),
    },
    {
      name: 'peak_10',
      value: asNumber(f.rate.peak_10),
      target: t('figures.targets.at_most', { value: f.targets.peak_10 }),
      stands: standing(f.rate.peak_10, f.targets.peak_10),
    },
    {
      name: 'per_day',
      value: asNumber(Math.round(f.rate.per_day)),
      target: t('figures.targets.per_10', { value: 150, most: 300 }),
      stands: standing(f.rate.per_day, 150, 300),
    },
    {
      name: 'flood_share',
      value: asPercent(f.flood_share),
      target: t('figures.targets.under', { value: asPercent(f.targets.flood_share) }),
      stands: standing(f.flood_share, f.targets.flood_share, 0.05),
    },
    {
      name: 'top_ten',
      value: asPercent(f.top_ten_share),
      target: t('figures.targets.at_most', { value: asPercent(f.targets.top_ten) }),
      stands: standing(f.top_ten_share, f.targets.top_ten, 0.2),
    },
    {
      name: 'chattering',
      value: asNumber(f.chattering),
      target: t('figures.targets.none'),
      stands: standing(f.chattering, 0, 5),
    },
    {
      name: 'stale',
      value: asNumber(f.stale_worst),
      target: t('figures.targets.under', { value: f.targets.stale }),
      stands: standing(f.stale_worst, f.targets.stale - 1, 20),
    },
    {
      name: 'unreal',
      value: asPercent(f.unreal),
      target: t('figures.targets.at_most', { value: '5%' }),
      stands: standing(f.unreal, 0.05, 0.2),
    },
    {
      name: 'escalated',
      value: asNumber(f.escalated),
      target: t('figures.overdue', { count: f.overdue }),
      stands: standing(f.overdue, 0, 5),
    },
    {
      name: 'total',
      value: asNumber(f.rate.total),
      target: t('figures.fleeting', { count: f.fleeting }),
      stands: 'within',
    },
  ]
  return (
    <ul className="tiles">
      {tiles.map((tile) => (
        <li key={tile.name} className={`figure ${tile.stands}`} data-figure={tile.name}>
          <span className="what">{t(`figures.tile.${tile.name}`)}</span>
          <span className="value">
            <bdi>{tile.value}</bdi>
          </span>
          <span className="aim">
            {tile.target}
            {tile.stands !== 'within' && <b> · {t(`figures.stands.${tile.stands}`)}</b>}
          </span>
        </li>
      ))}
    </ul>
  )
}
