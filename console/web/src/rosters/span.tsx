import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Entry } from '../shell/field'

/** Two days that a form asks for. */
export const useSpan = (from: string, until: string) => useState<[from: string, until: string]>([from, until])

/** The first and the last day of something, side by side; the last is never before the first. */
export function Span(props: {
  from: string
  until: string
  fault: unknown
  onChange: (span: [from: string, until: string]) => void
  /** What the two are called, and in a refusal; "First day" and "Last day", from and until, without it. */
  called?: [{ label: string; at: string }, { label: string; at: string }]
  least?: string
  most?: string
}) {
  const { from, until, fault, onChange, called, least, most } = props
  const { t } = useTranslation()
  const [first, last] = called ?? [
    { label: t('rosters.first_day'), at: 'from' },
    { label: t('rosters.last_day'), at: 'until' },
  ]
  const begin = (day: string) => {
    if (until < day) onChange([day, day])
    else onChange([day, until])
  }
  return (
    <div className="rosters-two">
      <Entry
        {...first}
        fault={fault}
        type="date"
        required
        min={least}
        max={most}
        value={from}
        onChange={(e) => begin(e.target.value)}
      />
      <Entry
        {...last}
        fault={fault}
        type="date"
        required
        min={from}
        max={most}
        value={until}
        onChange={(e) => onChange([from, e.target.value])}
      />
    </div>
  )
}
