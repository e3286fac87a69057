// What a fire panel's alarm asks for besides an answer: the sheet for the fire
// service, or a person at a panel that says nothing.
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { Age, useClockTime } from '../shell/times'
import { useSilentPanels } from './live'
import { burns } from './sheet-for'

export function FireAdvice({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  const clock = useClockTime()
  const silent = useSilentPanels().find((p) => p.id === `${alarm.gateway}/${alarm.device}`)
  return (
    <>
      {silent && (
        <div className="notice p2" role="status" data-silent={silent.id}>
          <span>
            <b>{t('fire.send_officer', { place: silent.location || silent.name })}</b>{' '}
            {t('fire.silent', { panel: silent.name, since: clock(silent.since) })} (<Age at={silent.since} />)
          </span>
        </div>
      )}
      {burns(alarm) && (
        <div className="notice">
          <Link className="btn sm" to="/fire/sheet/$alarm" params={{ alarm: alarm.id }} search={{}}>
            {t('fire.sheet')} <kbd>F</kbd>
          </Link>
        </div>
      )}
    </>
  )
}
