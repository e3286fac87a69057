// The fire service: called, arrived, handed over, and the two clocks of 90
// seconds that come before.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ageWords, refusalWords } from '../i18n/words'
import { useEachSecond } from '../live'
import { At } from '../shell/times'
import { useAct } from './act'
import type { Evacuation } from './live'

const steps = ['called', 'arrived', 'handed_over'] as const
const LIMIT = 90

export function ServiceSteps({ of: e, writes, off }: { of: Evacuation; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const { act, busy, fault, stale } = useAct()
  const [note, setNote] = useState('')
  const say = async (step: (typeof steps)[number], undo: boolean) => {
    const body = { version: e.service.version, step, note: undo ? '' : note, undo }
    if (await act(`/fire/evacuations/${e.id}/service`, body)) setNote('')
  }
  return (
    <section className="panel" aria-label={t('fire.service')} data-panel>
      <div className="ph">
        <h2>{t('fire.service')}</h2>
        <span className="grow" />
        <TwoClocks of={e} />
      </div>
      <ul className="rows">
        {steps.map((step) => {
          const done = e.service[step]
          return (
            <li key={step} className="board-row" data-service={step} data-done={done !== null}>
              <div className="what">
                <b>{t(`fire.step.${step}`)}</b>
                {done ? (
                  <span>
                    <At at={done.at} /> {done.by_name} {done.note && `· ${done.note}`}
                  </span>
                ) : (
                  <span className="dim">{t('fire.not_yet')}</span>
                )}
              </div>
              {writes && (
                <div className="do">
                  {done ? (
                    <button
                      type="button"
                      className="btn sm ghost"
                      disabled={off || busy}
                      aria-label={t('fire.undo_step', { step: t(`fire.step.${step}`) })}
                      onClick={() => void say(step, true)}
                    >
                      {t('fire.undo')}
                    </button>
                  ) : (
                    <button
                      type="button"
                      className={step === 'called' ? 'btn sm danger' : 'btn sm'}
                      disabled={off || busy}
                      onClick={() => void say(step, false)}
                    >
                      {t(`fire.step_do.${step}`)}
                    </button>
                  )}
                </div>
              )}
            </li>
          )
        })}
      </ul>
      {writes && (
        <div className="line pad no-print">
          <input
            className="input"
            aria-label={t('fire.service_note')}
            placeholder={t('fire.service_note')}
            value={note}
            maxLength={1000}
            onChange={(event) => setNote(event.target.value)}
          />
        </div>
      )}
      {fault !== null && (
        <div className="fault" role="alert">
          {stale ? t('fire.service_changed') : refusalWords(t, fault)}
        </div>
      )}
    </section>
  )
}

function TwoClocks({ of: e }: { of: Evacuation }) {
  const { t } = useTranslation()
  const detected = Date.parse(e.detected_at ?? '')
  const received = Date.parse(e.received_at ?? e.started_at)
  const called = e.service.called ? Date.parse(e.service.called.at) : undefined
  const wait = useEachSecond((now) => Math.max(0, Math.round(((called ?? now) - received) / 1000)))
  const way = Number.isNaN(detected) ? undefined : Math.max(0, Math.round((received - detected) / 1000))
  return (
    <span className="clocks">
      {way !== undefined && (
        <span className={way > LIMIT ? 'late' : undefined}>{t('fire.clock_way', { time: ageWords(t, way) })}</span>
      )}
      {(e.running || called !== undefined) && (
        <span className={wait > LIMIT ? 'late' : undefined}>
          {called === undefined
            ? t('fire.clock_not_called', { time: ageWords(t, wait) })
            : t('fire.clock_called', { time: ageWords(t, wait) })}
          {wait > LIMIT && ` · ${t('fire.over_90')}`}
        </span>
      )}
    </span>
  )
}
