// What an alarm means and what to do: its rationalisation, beside the alarm.
import './rationale.css'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { ageWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { limitWords } from './limits'
import type { Rationale } from './rationale'

/** The rationalisation of the alarm's point and kind; it says so when there is none. */
export function RationaleCard({ alarm }: { alarm: { point: string; kind: string; station: string } }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const got = useQuery({
    queryKey: ['rationale', alarm.point, alarm.kind],
    queryFn: ({ signal }) =>
      ask<Rationale>('/rationale/of', { query: { point: alarm.point, kind: alarm.kind }, signal }),
    staleTime: 60_000,
  })
  if (got.error) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (!got.data) return <Loading />
  const r = got.data
  const facts: [string, string][] = [
    ['cause', r.cause],
    ['consequence', r.consequence],
    ['respond_within', r.respond_within ? ageWords(t, r.respond_within) : ''],
    ['finish_within', r.finish_within ? ageWords(t, r.finish_within) : ''],
    ['cameras', (r.cameras ?? []).join(', ')],
    ['procedure', r.procedure],
    ['delays', delayWords(t, r)],
    ['limits', limitWords(t, r)],
  ]
  return (
    <section className="rationale-card" aria-label={t('rationale.card')}>
      <h3 className="h3">{t('rationale.response')}</h3>
      {r.response ? (
        <p className="response">{r.response}</p>
      ) : (
        <p className="dim">
          {t('rationale.no_response')}{' '}
          {may('alarms.rationalise', alarm.station) && (
            <Link to="/rationale" search={{ point: alarm.point }}>
              {t('rationale.write_one')}
            </Link>
          )}
        </p>
      )}
      <dl className="pairs">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{t(`rationale.${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  )
}

/** How long a condition must last before it shows and before it clears; empty where it is at once. */
function delayWords(t: TFunction, r: Rationale): string {
  const s = (ms: number) => ms / 1000
  return [
    r.on_delay_ms > 0 && t('rationale.shows_after', { s: s(r.on_delay_ms) }),
    r.off_delay_ms > 0 && t('rationale.clears_after', { s: s(r.off_delay_ms) }),
  ]
    .filter(Boolean)
    .join(', ')
}
