// The bench: a rule runs over past signals, without any effect, and says what it
// would have found.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { kindWords, refusalWords } from '../i18n/words'
import { clock } from '../live'
import { At } from '../shell/times'
import type { Hit, Logic, Trial } from './rules'

const spans = [1, 7, 30, 90] as const
const ended = (trial: Trial | undefined): boolean => trial?.ended !== null && trial?.ended !== undefined

export function Trials(props: { station: string; rule: string; logic: Logic; tried: boolean; onDone: () => void }) {
  const { station, rule, logic, tried, onDone } = props
  const { t } = useTranslation()
  const [days, setDays] = useState<number>(30)
  const [id, setID] = useState('')
  const [fault, setFault] = useState('')
  const got = useQuery({
    queryKey: ['trial', id],
    enabled: id !== '',
    queryFn: ({ signal }) => ask<Trial>(`/rules/try/${id}`, { signal }),
    refetchInterval: (query) => (ended(query.state.data) ? false : 400),
    staleTime: 0,
  })
  const trial = got.data
  const state = trial?.state
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is done
  useEffect(() => {
    if (state === 'done' || state === 'limited') onDone()
  }, [state])
  const start = async () => {
    setFault('')
    const now = clock.now()
    try {
      const made = await ask<Trial>('/rules/try', {
        method: 'POST',
        body: {
          station,
          id: rule || undefined,
          rule: logic,
          from: new Date(now - days * 86_400_000).toISOString(),
          to: new Date(now).toISOString(),
        },
      })
      setID(made.id)
    } catch (why) {
      setFault(refusalWords(t, why))
    }
  }
  const running = id !== '' && !ended(trial)
  return (
    <section className="trial" aria-label={t('rules.bench')}>
      <h3 className="h3">
        {t('rules.bench')} {tried && <span className="plain">{t('rules.is_tried')}</span>}
      </h3>
      <div className="acts">
        <select
          className="input days"
          aria-label={t('rules.over')}
          value={days}
          onChange={(e) => setDays(Number(e.target.value))}
        >
          {spans.map((n) => (
            <option key={n} value={n}>
              {t('rules.last_days', { count: n })}
            </option>
          ))}
        </select>
        <button type="button" className="btn" disabled={running} onClick={() => void start()}>
          {t('rules.try')}
        </button>
        {running && (
          <>
            <progress aria-label={t('rules.progress')} max={1} value={trial?.progress ?? 0} />
            <button
              type="button"
              className="btn"
              onClick={() => void ask(`/rules/try/${id}`, { method: 'DELETE' }).then(() => got.refetch())}
            >
              {t('rules.cancel')}
            </button>
          </>
        )}
      </div>
      {(fault || got.error) && (
        <p className="fault" role="alert">
          {fault || refusalWords(t, got.error)}
        </p>
      )}
      {trial && (
        <p role="status" data-trial={trial.state}>
          {t(`rules.trial.${trial.state}`, { count: trial.found, read: trial.read, reason: trial.reason })}
        </p>
      )}
      <ol className="hits">
        {(trial?.hits ?? []).map((hit) => (
          <Found key={hit.trigger} hit={hit} />
        ))}
      </ol>
      {trial && trial.found > (trial.hits ?? []).length && (
        <p className="dim">{t('rules.only_first', { count: (trial.hits ?? []).length })}</p>
      )}
    </section>
  )
}

function Found({ hit }: { hit: Hit }) {
  const { t } = useTranslation()
  return (
    <li>
      <b>
        <At at={hit.at} date />
      </b>{' '}
      {hit.late && <span className="chip late">{t('rules.late')}</span>}
      <ul className="plain-list">
        {(hit.signals ?? []).map((s) => (
          <li key={s.id}>
            <At at={s.observed} date /> {kindWords(t, s.kind)} · <bdi>{s.point_name || s.point}</bdi>
            {s.area_name && (
              <>
                {' · '}
                <bdi>{s.area_name}</bdi>
              </>
            )}{' '}
            <span className="faint">{t('rules.signal_no', { id: s.id })}</span>
          </li>
        ))}
      </ul>
    </li>
  )
}
