// The form under a row, or for many rows: only what is typed is changed.
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords } from '../i18n/words'
import { bandWords, limitWords } from './limits'
import { type Draft, type Field, fields, long, numeric, type Rationale, settingOf, shown } from './rationale'

export function Editor(props: {
  station: string
  rows: Rationale[]
  readOnly?: boolean
  onDone: () => void
  onCancel: () => void
}) {
  const { station, rows, readOnly = false, onDone, onCancel } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const [draft, setDraft] = useState<Draft>({})
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const one = rows.length === 1 ? rows[0] : undefined
  const safety = rows.some((r) => r.life_safety)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const made = rows.map((r) => settingOf(draft, { point: r.point, kind: r.kind, version: r.version }))
    const wrong = made.find((m) => m.wrong)?.wrong
    if (wrong) return setFault(t('rationale.no_number', { field: t(`rationale.${wrong}`) }))
    setBusy(true)
    setFault('')
    try {
      await ask('/rationale', { method: 'POST', body: { station, items: made.map((m) => m.setting) }, timeout: 20_000 })
      await client.invalidateQueries({ queryKey: ['rationale'] })
      onDone()
    } catch (why) {
      setFault(refusalWords(t, why))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className="rationale-form"
      onSubmit={(e) => void save(e)}
      aria-label={one ? t('rationale.edit') : t('rationale.set_many', { count: rows.length })}
    >
      {!one && <p className="dim">{t('rationale.many_why', { count: rows.length })}</p>}
      <div className="grid">
        {fields.map((name) => (
          <Input
            key={name}
            name={name}
            value={draft[name] ?? (one ? shown(one, name) : '')}
            own={one?.own?.includes(name) ?? false}
            disabled={readOnly || (safety && (name === 'priority' || name.endsWith('_ms')))}
            onChange={(text) => setDraft({ ...draft, [name]: text })}
          />
        ))}
      </div>
      {safety && <p className="dim">{t('rationale.safety_why')}</p>}
      {one && (
        <p className="faint">
          {limitWords(t, one) && <b>{limitWords(t, one)}. </b>}
          {bandWords(t, one)}
        </p>
      )}
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      <div className="acts">
        {!readOnly && (
          <button type="submit" className="btn sm pri" disabled={busy || Object.keys(draft).length === 0}>
            {busy ? t('rationale.saving') : t('rationale.save')}
          </button>
        )}
        <button type="button" className="btn sm" onClick={onCancel}>
          {t('shell.close')}
        </button>
      </div>
    </form>
  )
}

function Input(props: {
  name: Field
  value: string
  own: boolean
  disabled: boolean
  onChange: (text: string) => void
}) {
  const { name, value, own, disabled, onChange } = props
  const { t } = useTranslation()
  const id = useId()
  return (
    <div className={long.includes(name) ? 'field long' : 'field'}>
      <label htmlFor={id}>
        {t(`rationale.${name}`)} {own && <span className="chip">{t('rationale.own')}</span>}
      </label>
      {name === 'priority' ? (
        <select id={id} className="input" value={value} disabled={disabled} onChange={(e) => onChange(e.target.value)}>
          {['', '1', '2', '3', '4'].map((p) => (
            <option key={p} value={p}>
              {p || t('rationale.not_set')}
            </option>
          ))}
        </select>
      ) : long.includes(name) ? (
        <textarea
          id={id}
          className="input"
          rows={2}
          maxLength={2000}
          value={value}
          disabled={disabled}
          onChange={(e) => onChange(e.target.value)}
        />
      ) : (
        <input
          id={id}
          className="input"
          inputMode={numeric.includes(name) ? 'decimal' : 'text'}
          value={value}
          disabled={disabled}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </div>
  )
}
