import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field } from '../shell/field'

/** Two days that a form asks for. */
export const useSpan = (from: string, until: string) => useState<[from: string, until: string]>([from, until])

/** The first and the last day of something, side by side; the last is never before the first. */
export function Span(props: {
  from: string
  until: string
  fault: unknown
  onChange: (span: [from: string, until: string]) => void
}) {
  const { from, until, fault, onChange } = props
  const { t } = useTranslation()
  const begin = (day: string) => {
    if (until < day) onChange([day, day])
    else onChange([day, until])
  }
  return (
    <div className="rosters-two">
      <Field label={t('rosters.first_day')} at="from" fault={fault}>
        {(w) => (
          <input {...w} className="input" type="date" required value={from} onChange={(e) => begin(e.target.value)} />
        )}
      </Field>
      <Field label={t('rosters.last_day')} at="until" fault={fault}>
        {(w) => (
          <input
            {...w}
            className="input"
            type="date"
            required
            min={from}
            value={until}
            onChange={(e) => onChange([from, e.target.value])}
          />
        )}
      </Field>
    </div>
  )
}
