import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Impairment } from '../fire/live'
import { clock } from '../live'
import { FormDialog } from '../shell/form-dialog'
import { useClockTime } from '../shell/times'
import { changedWords } from './words'

/** Minutes that are offered for an end. */
export const spans = [15, 30, 60, 120, 240, 480, 1440] as const

export function SpanInput(props: { value: number; onChange: (minutes: number) => void }) {
  const { t } = useTranslation()
  const at = useClockTime()
  return (
    <label className="field">
      {t('impairments.for')}
      <select className="input" value={props.value} onChange={(e) => props.onChange(Number(e.target.value))}>
        {spans.map((m) => (
          <option key={m} value={m}>
            {m < 60 ? t('time.min', { min: m }) : t('time.h_min', { h: m / 60, min: 0 })} ·{' '}
            {t('impairments.till', { at: at(clock.now() + m * 60_000) })}
          </option>
        ))}
      </select>
    </label>
  )
}

export const untilIn = (minutes: number): string => new Date(clock.now() + minutes * 60_000).toISOString()

/** Moves the end, with a reason. */
export function Prolong({ of: i, onClose }: { of: Impairment; onClose: () => void }) {
  const { t } = useTranslation()
  const [minutes, setMinutes] = useState(60)
  const [reason, setReason] = useState(i.reason)
  const body = { version: i.version, until: untilIn(minutes), reason }
  const send = () => ask(`/impairments/${i.id}/prolong`, { method: 'POST', body })
  return (
    <FormDialog
      title={t('impairments.prolong_of', { name: i.point_name })}
      submit={t('impairments.prolong')}
      send={send}
      onClose={onClose}
      words={changedWords}
    >
      <SpanInput value={minutes} onChange={setMinutes} />
      <label className="field">
        {t('impairments.head.reason')}
        <input className="input" required maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
      </label>
    </FormDialog>
  )
}
