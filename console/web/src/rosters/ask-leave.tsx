import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { leaveKinds } from './contract'
import { addDays } from './days'
import { leaveWords, refusedWords } from './words'

/** Asks for leave; whoever plans decides. */
export default function AskLeave(props: {
  station: string
  officer: string
  today: string
  onClose: () => void
  onDone: () => void
}) {
  const { station, officer, today, onClose, onDone } = props
  const { t } = useTranslation()
  const [kind, setKind] = useState('annual')
  const [from, setFrom] = useState(addDays(today, 14))
  const [until, setUntil] = useState(addDays(today, 14))
  const [note, setNote] = useState('')
  return (
    <FormDialog
      title={t('rosters.ask_leave')}
      submit={t('rosters.ask_send')}
      words={(_, fault) => refusedWords(t, fault)}
      own={['from', 'until', 'note', 'kind']}
      onClose={onClose}
      send={async () => {
        await ask(`/rosters/${station}/leave`, {
          method: 'POST',
          body: { version: 0, item: { id: '', officer, kind, from, until, decision: 'requested', note } },
        })
        onDone()
      }}
    >
      {(fault) => (
        <>
          <Field label={t('rosters.kind_of_leave')} at="kind" fault={fault}>
            {(w) => (
              <select {...w} className="input" value={kind} onChange={(e) => setKind(e.target.value)} data-autofocus>
                {leaveKinds.map((k) => (
                  <option key={k} value={k}>
                    {leaveWords(t, k)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <div className="rosters-two">
            <Field label={t('rosters.first_day')} at="from" fault={fault}>
              {(w) => (
                <input
                  {...w}
                  className="input"
                  type="date"
                  required
                  value={from}
                  onChange={(e) => {
                    setFrom(e.target.value)
                    if (until < e.target.value) setUntil(e.target.value)
                  }}
                />
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
                  onChange={(e) => setUntil(e.target.value)}
                />
              )}
            </Field>
          </div>
          <Field label={t('rosters.note')} at="note" fault={fault}>
            {(w) => (
              <input {...w} className="input" maxLength={500} value={note} onChange={(e) => setNote(e.target.value)} />
            )}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
