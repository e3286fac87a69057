// How long one door may stand open: by its class, by a time of its own, and at
// hours of the week.
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Choice, Field, faultOf, Outcome } from '../shell/field'
import type { DoorTimes } from './door-times'
import { dayName, type Span, wallTime, week, wrongIn } from './hours'
import type { DoorTime } from './rationale'

const classes = ['inside', 'entrance', 'dock', 'unsupervised'] as const
const MOST = 20 // stretches of hours
const blank: Span = { days: [1, 2, 3, 4, 5], from: '06:00', to: '09:00', held_after: 180 }

export function DoorTimeForm(props: { door: DoorTime; times: DoorTimes; write: boolean; onClose?: () => void }) {
  const { door, times, write, onClose } = props
  const { t, i18n } = useTranslation()
  const [draft, setDraft] = useState(door)
  const [shown, setShown] = useState(false) // what is wrong is said when it is to be saved
  const told = times.of(door.point)
  const at = faultOf(told.fault)?.field
  const set = (change: Partial<DoorTime>) => setDraft({ ...draft, ...change })
  const hours = draft.hours ?? []
  const watched = draft.class !== '' && draft.class !== 'unsupervised'
  const same = JSON.stringify(draft) === JSON.stringify(door)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setShown(true)
    if (!hours.some(wrongIn)) void times.save(draft)
  }
  const seconds = (name: 'held_after' | 'warn', max: number) => (
    <Field
      label={t(`rationale.${name}`)}
      at={name}
      fault={told.fault}
      hint={name === 'held_after' ? t('rationale.held_hint') : t('rationale.warn_hint')}
    >
      {(wiring) => (
        <input
          {...wiring}
          className="input"
          type="number"
          min={name === 'warn' ? 0 : 5}
          max={max}
          placeholder={name === 'warn' ? '10' : t('rationale.of_class')}
          disabled={!watched}
          value={draft[name] || ''}
          onChange={(e) => set({ [name]: Number(e.target.value) })}
        />
      )}
    </Field>
  )
  return (
    <form
      className="door-time"
      noValidate={false}
      onSubmit={send}
      aria-label={t('rationale.times_of', { name: door.name })}
    >
      <fieldset disabled={!write} className="plain">
        <div className="door-time-grid">
          <Choice
            label={t('rationale.class')}
            at="class"
            fault={told.fault}
            required
            value={draft.class}
            onChange={(e) => set({ class: e.target.value as DoorTime['class'] })}
          >
            {draft.class === '' && <option value="">{t('rationale.unclassed')}</option>}
            {classes.map((c) => (
              <option key={c} value={c}>
                {t(`rationale.classes.${c}`)}
              </option>
            ))}
          </Choice>
          {seconds('held_after', 3_600)}
          {seconds('warn', 3_600)}
        </div>
        <div className="door-hours" role="group" aria-label={t('rationale.hours_of', { name: door.name })}>
          <span>{t('rationale.hours')}</span>
          {hours.length === 0 && <span className="faint">{t('rationale.hours_none')}</span>}
          {hours.map((span, i) => (
            <Hours
              // biome-ignore lint/suspicious/noArrayIndexKey: a stretch is its place in the list
              key={i}
              n={i + 1}
              span={span}
              locale={i18n.language}
              wrong={shown ? wrongIn(span) : undefined}
              fault={at === `hours.${i}` ? (faultOf(told.fault)?.reason ?? '') : ''}
              onChange={(next) => set({ hours: hours.with(i, next) })}
              onRemove={() => set({ hours: hours.toSpliced(i, 1) })}
            />
          ))}
          {write && watched && hours.length < MOST && (
            <button type="button" className="btn sm" onClick={() => set({ hours: [...hours, hours.at(-1) ?? blank] })}>
              {t('rationale.add_hours')}
            </button>
          )}
        </div>
      </fieldset>
      <Outcome kept={told} own={(field) => /^(class|held_after|warn|hours\.\d+)$/.test(field)} />
      <div className="acts">
        {write && (
          <button type="submit" className="btn sm pri" disabled={told.busy || same || draft.class === ''}>
            {t('rationale.save')}
          </button>
        )}
        {onClose && (
          <button type="button" className="btn sm" onClick={onClose}>
            {t('shell.close')}
          </button>
        )}
      </div>
    </form>
  )
}

function Hours(props: {
  n: number
  span: Span
  locale: string
  wrong: ReturnType<typeof wrongIn>
  fault: string
  onChange: (span: Span) => void
  onRemove: () => void
}) {
  const { n, span, locale, wrong, fault, onChange, onRemove } = props
  const { t } = useTranslation()
  const days = span.days ?? []
  const time = (name: 'from' | 'to') => (
    <input
      className="input time"
      dir="ltr"
      inputMode="numeric"
      size={5}
      maxLength={5}
      aria-label={t(`rationale.hours_${name}`, { n })}
      aria-invalid={wrong === name}
      placeholder="06:00"
      value={span[name]}
      onChange={(e) => onChange({ ...span, [name]: e.target.value })}
      onBlur={(e) => onChange({ ...span, [name]: wallTime(e.target.value) })}
    />
  )
  return (
    <div className="door-span">
      <span className="days" role="group" aria-label={t('rationale.hours_days', { n })}>
        {week.map((day) => (
          <button
            key={day}
            type="button"
            className="day"
            aria-pressed={days.includes(day)}
            onClick={() =>
              onChange({ ...span, days: week.filter((d) => (d === day ? !days.includes(d) : days.includes(d))) })
            }
          >
            {dayName(day, locale)}
          </button>
        ))}
      </span>
      {time('from')} <span aria-hidden>–</span> {time('to')}
      <label className="door-span-held">
        {t('rationale.hours_held')}
        <input
          className="input seconds"
          type="number"
          min={5}
          max={3_600}
          required
          aria-invalid={wrong === 'held_after'}
          value={span.held_after || ''}
          onChange={(e) => onChange({ ...span, held_after: Number(e.target.value) })}
        />
        s
      </label>
      <button type="button" className="btn sm ghost" aria-label={t('rationale.hours_remove', { n })} onClick={onRemove}>
        ×
      </button>
      {(wrong || fault) && (
        <small className="wrong" role="alert">
          {fault || t(`rationale.hours_bad.${wrong}`)}
        </small>
      )}
    </div>
  )
}
