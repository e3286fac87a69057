import { useTranslation } from 'react-i18next'
import type { AlarmStep } from '../contract'
import { stateWords } from '../i18n/words'
import { At } from '../shell/times'

/** A step of a signal, a timer or a rule: nobody did it. */
const isNoPerson = (step: AlarmStep): boolean => !step.by || step.by === 'system'

/** What happened to an alarm: when, what, by whom, from where and why. */
export function History({ steps }: { steps: AlarmStep[] }) {
  const { t } = useTranslation()
  if (steps.length === 0) return <p className="empty">{t('alarms.no_history')}</p>
  return (
    <dl className="steps">
      {steps.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at one end
        <div key={`${step.at} ${i}`} style={{ display: 'contents' }}>
          <dt>
            <At at={step.at} />
          </dt>
          <dd>
            {t(`alarms.step.${step.what}`, { defaultValue: step.what })}
            <Turn from={step.from} to={step.to} />
            {!isNoPerson(step) && ` · ${step.by_name || step.by}`}
            {step.comment && <span className="dim"> “{step.comment}”</span>}
            {step.address && (
              <span className="faint">
                {' '}
                <bdi>{step.address}</bdi>
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Turn({ from, to }: { from: string; to: string }) {
  const { t } = useTranslation()
  if (!from || !to || from === to) return null
  return (
    <span className="faint">
      {' '}
      ({stateWords(t, `alarm_${from}`)} → {stateWords(t, `alarm_${to}`)})
    </span>
  )
}
