import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Choice, Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { addDays } from './days'
import type { Rolls } from './register'
import { Span, useSpan } from './span'
import { refusedWords } from './words'

const wishes = ['free', 'work', 'avoid'] as const

/** Wishes for days off, for a duty, or against one; it is weighed, and no rule. */
export default function AskWish(props: {
  station: string
  rolls: Rolls
  officer: string
  today: string
  onClose: () => void
  onDone: () => void
}) {
  const { station, rolls, officer, today, onClose, onDone } = props
  const { t } = useTranslation()
  const [wish, setWish] = useState<(typeof wishes)[number]>('free')
  const [[from, until], setSpan] = useSpan(addDays(today, 14), addDays(today, 14))
  const [shifts, setShifts] = useState<string[]>([])
  const [note, setNote] = useState('')
  const types = [...rolls.types.values()].filter((type) => !type.gone)
  return (
    <FormDialog
      title={t('rosters.ask_wish')}
      submit={t('rosters.ask_send')}
      words={(_, fault) => refusedWords(t, fault)}
      own={['from', 'until', 'note', 'shifts']}
      off={wish === 'avoid' && shifts.length === 0}
      onClose={onClose}
      send={async () => {
        const item = {
          id: '',
          officer,
          wish,
          from,
          until,
          shifts: wish === 'free' ? [] : shifts,
          posts: [],
          weight: 0,
          decision: 'requested',
          note,
        }
        await ask(`/rosters/${station}/requests`, { method: 'POST', body: { version: 0, item } })
        onDone()
      }}
    >
      {(fault) => (
        <>
          <Choice
            label={t('rosters.wish_what')}
            value={wish}
            onChange={(e) => setWish(e.target.value as typeof wish)}
            data-autofocus
          >
            {wishes.map((one) => (
              <option key={one} value={one}>
                {t(`rosters.wish.${one}`)}
              </option>
            ))}
          </Choice>
          {wish !== 'free' && (
            <fieldset className="mine-shifts" aria-label={t('rosters.shifts')}>
              {types.map((type) => (
                <label key={type.code} className="check">
                  <input
                    type="checkbox"
                    checked={shifts.includes(type.code)}
                    onChange={(e) =>
                      setShifts(e.target.checked ? [...shifts, type.code] : shifts.filter((s) => s !== type.code))
                    }
                  />
                  {type.name || type.code}
                </label>
              ))}
            </fieldset>
          )}
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
