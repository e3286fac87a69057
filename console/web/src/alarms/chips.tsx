import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'

/** What else must be known of an alarm at a glance. */
export function Chips({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  return (
    <>
      {alarm.count > 1 && (
        <span className="chip" role="img" aria-label={t('alarms.times', { count: alarm.count })}>
          <bdi>×{alarm.count}</bdi>
        </span>
      )}
      {alarm.confirmed && <span className="chip hot">{t('alarms.confirmed_fire')}</span>}
      {alarm.escalation && (
        <span className="chip up" title={t('alarms.escalated_why')} data-level={alarm.escalation.level}>
          {t('alarms.escalated', { level: alarm.escalation.level, to: escalatedTo(t, alarm.escalation.to) })}
        </span>
      )}
      {alarm.escalation?.nobody && (
        <span className="chip up" title={t('alarms.escalated_nobody')} data-nobody>
          {t('alarms.nobody_on_watch')}
        </span>
      )}
      {alarm.on_test && (
        <span className="chip test" title={t('alarms.on_test_why')}>
          {t('alarms.on_test')}
        </span>
      )}
      {alarm.chattering && (
        <span className="chip late" title={t('alarms.chattering_why')} data-chattering>
          {t('alarms.chattering')}
        </span>
      )}
      {alarm.late && (
        <span className="chip late" title={t('alarms.late_why')}>
          {t('alarms.late')}
        </span>
      )}
      {alarm.suppressed_children > 0 && (
        <span className="chip" title={t('alarms.children_why')}>
          {t('alarms.children', { count: alarm.suppressed_children })}
        </span>
      )}
      {alarm.detail?.drill && <span className="chip demo">{t('alarms.drill')}</span>}
      {alarm.demo && <span className="chip demo">{t('shell.demo')}</span>}
    </>
  )
}

export function escalatedTo(t: (key: string, options?: { defaultValue: string }) => string, to: string): string {
  return t(`alarms.escalated_to.${to}`, { defaultValue: to })
}
