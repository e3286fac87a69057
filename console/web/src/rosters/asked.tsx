// What waits for this officer's answer, at the head of their page: recalls to come
// in, and swaps that colleagues offer.
import { useTranslation } from 'react-i18next'
import { At } from '../shell/times'
import { dayWords } from './days'
import { useExchanges } from './exchange-lists'
import type { Rolls } from './register'
import { Answers, SwapLines } from './swap-line'
import { refusedWords, shiftName } from './words'

export default function Asked({ station, rolls, me }: { station: string; rolls: Rolls; me: string }) {
  const { t } = useTranslation()
  const { swaps = [], recalls = [], turn, busy, fault } = useExchanges(station)
  const recalled = recalls.filter(({ item }) => item.officer === me && item.state === 'asked')
  const offered = swaps.filter(({ item }) => item.wants.officer === me && item.state === 'offered')
  return (
    <>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusedWords(t, fault, rolls)}
        </p>
      )}
      {recalled.length > 0 && (
        <section aria-label={t('rosters.recalls')}>
          <h2 className="h3">{t('rosters.recalls')}</h2>
          <ol className="mine-list">
            {recalled.map((one) => (
              <li key={one.item.id} data-recall={one.item.state}>
                <span>
                  <b>
                    {dayWords(one.item.date)}, {shiftName(rolls, one.item.shift)}
                  </b>
                  <span className="mine-post">
                    {[rolls.posts.get(one.item.post)?.name ?? one.item.post, one.item.reason]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                  <span className="dim mine-post">
                    {t('rosters.answer_by')} <At at={one.item.until} short />
                  </span>
                </span>
                <Answers busy={busy} onAnswer={(step) => void turn('recalls', one, step)} />
              </li>
            ))}
          </ol>
        </section>
      )}
      {offered.length > 0 && (
        <section aria-label={t('rosters.swaps_asked')}>
          <h2 className="h3">{t('rosters.swaps_asked')}</h2>
          <SwapLines
            list={offered}
            me={me}
            rolls={rolls}
            busy={busy}
            onTurn={(one, step) => void turn('swaps', one, step)}
          />
        </section>
      )}
    </>
  )
}
