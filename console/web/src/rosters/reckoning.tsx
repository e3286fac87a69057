import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Choice, Field } from '../shell/field'
import type { Register } from './contract'
import { registerKey } from './register'
import type { RollProps } from './roll'
import { refusedWords } from './words'

/** How the station reckons weeks, nights and lateness. */
export default function Reckoning({ station, rolls, write }: RollProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const kept = rolls.register.calendar
  const [c, setC] = useState(kept.item)
  const [fault, setFault] = useState<unknown>(null)
  const [said, setSaid] = useState('')
  const set = (change: Partial<typeof c>) => setC((old) => ({ ...old, ...change }))
  const save = async (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    setSaid('')
    try {
      client.setQueryData(
        registerKey(station),
        await ask<Register>(`/rosters/${station}/calendar`, {
          method: 'PUT',
          body: { version: kept.version, item: c },
        }),
      )
      setSaid(t('shell.saved'))
    } catch (why) {
      setFault(why)
    }
  }
  const numbers = ['lead', 'grace', 'check_grace'] as const
  return (
    <form className="pad reckoning" onSubmit={(e) => void save(e)}>
      <fieldset className="roll-form" disabled={!write}>
        <Choice
          label={t('rosters.week_start')}
          value={c.week_start || 1}
          onChange={(e) => set({ week_start: Number(e.target.value) })}
        >
          {[1, 2, 3, 4, 5, 6, 7].map((d) => (
            <option key={d} value={d}>
              {t(`rosters.weekday.${d}`)}
            </option>
          ))}
        </Choice>
        {numbers.map((name) => (
          <Field key={name} label={t(`rosters.calendar_of.${name}`)} at={name} fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                type="number"
                min={0}
                max={240}
                value={c[name]}
                onChange={(e) => set({ [name]: Number(e.target.value) })}
              />
            )}
          </Field>
        ))}
        <Field label={t('rosters.night_from')} hint={t('rosters.night_hint')}>
          {(w) => (
            <input
              {...w}
              className="input"
              inputMode="numeric"
              pattern="([01]\d|2[0-3]):[0-5]\d"
              placeholder="06:00"
              value={c.night_from}
              onChange={(e) => set({ night_from: e.target.value })}
            />
          )}
        </Field>
        <Field label={t('rosters.night_to')}>
          {(w) => (
            <input
              {...w}
              className="input"
              inputMode="numeric"
              pattern="([01]\d|2[0-3]):[0-5]\d"
              placeholder="06:00"
              value={c.night_to}
              onChange={(e) => set({ night_to: e.target.value })}
            />
          )}
        </Field>
        <Field label={t('rosters.firearm')} hint={t('rosters.firearm_hint')}>
          {(w) => (
            <input
              {...w}
              className="input"
              maxLength={60}
              value={c.firearm}
              onChange={(e) => set({ firearm: e.target.value.trim() })}
            />
          )}
        </Field>
        <label className="check roll-wide">
          <input type="checkbox" checked={c.alarms} onChange={(e) => set({ alarms: e.target.checked })} />{' '}
          {t('rosters.attendance_alarms')}
        </label>
        <label className="check roll-wide">
          <input
            type="checkbox"
            checked={c.swaps_approved ?? false}
            onChange={(e) => set({ swaps_approved: e.target.checked })}
          />{' '}
          {t('rosters.swaps_approved')}
        </label>
      </fieldset>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusedWords(t, fault, rolls)}
        </p>
      )}
      <div className="acts">
        {write && (
          <button type="submit" className="btn pri">
            {t('shell.save')}
          </button>
        )}
        <span role="status">{said}</span>
      </div>
    </form>
  )
}
