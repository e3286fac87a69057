import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Choice, Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { leaveKinds } from './contract'
import { addDays } from './days'
import { Span, useSpan } from './span'
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
  const [[from, until], setSpan] = useSpan(addDays(today, 14), addDays(today, 14))
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
          <Choice
            label={t('rosters.kind_of_leave')}
            at="kind"
            fault={fault}
            value={kind}
            onChange={(e) => setKind(e.target.value)}
            data-autofocus
          >
            {leaveKinds.map((k) => (
              <option key={k} value={k}>
                {leaveWords(t, k)}
              </option>
            ))}
          </Choice>
          <Span from={from} until={until} fault={fault} onChange={setSpan} />
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
