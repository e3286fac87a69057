// A field of a form with what the console found wrong in it said beside it.
import { type ComponentProps, type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { Refusal } from '../ask'
import { refusalWords } from '../i18n/words'
import type { Kept } from './kept'

/** Where a refusal points to, as "postures.0.title", and why; undefined for one that is about no field. */
export function faultOf(fault: unknown): { field: string; reason: string } | undefined {
  if (!(fault instanceof Refusal) || fault.code !== 'invalid') return undefined
  const { params, errors } = fault.problem
  const place = String(params?.field ?? errors?.[0]?.location ?? '')
  const field = place.replace(/^body\.?/, '').replace(/\[(\d+)\]/g, '.$1')
  return { field, reason: String(params?.reason ?? errors?.[0]?.message ?? '') }
}

interface Wiring {
  id: string
  'aria-invalid': boolean
  'aria-describedby': string | undefined
}

export function Field(props: {
  label: ReactNode
  at?: string // the field's name in a refusal
  fault?: unknown
  hint?: ReactNode
  className?: string
  children: (wiring: Wiring) => ReactNode
}) {
  const { label, at, fault, hint, className, children } = props
  const id = useId()
  const found = faultOf(fault)
  const why = at !== undefined && found?.field === at ? found.reason : ''
  const told = why !== '' || hint ? `${id}-told` : undefined
  return (
    <div className={`field ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-invalid': why !== '', 'aria-describedby': told })}
      {told && (
        <small id={told}>
          {why !== '' && (
            <span className="wrong" role="alert">
              {why}{' '}
            </span>
          )}
          {hint && <span className="faint">{hint}</span>}
        </small>
      )}
    </div>
  )
}

/** A field with one input, which takes whatever an input takes. */
export function Entry(
  props: Pick<Parameters<typeof Field>[0], 'label' | 'at' | 'fault' | 'hint'> & Omit<ComponentProps<'input'>, 'id'>,
) {
  const { label, at, fault, hint, ...input } = props
  return (
    <Field label={label} at={at} fault={fault} hint={hint}>
      {(wiring) => <input {...wiring} className="input" {...input} />}
    </Field>
  )
}

/** A field with one list to choose from; its options are the children. */
export function Choice(
  props: Pick<Parameters<typeof Field>[0], 'label' | 'at' | 'fault' | 'hint'> & Omit<ComponentProps<'select'>, 'id'>,
) {
  const { label, at, fault, hint, ...select } = props
  return (
    <Field label={label} at={at} fault={fault} hint={hint}>
      {(wiring) => <select {...wiring} className="input" {...select} />}
    </Field>
  )
}

/** What became of the last save, with a way back; own says which fields have a place of their own for a fault. */
export function Outcome(props: {
  kept: Pick<Kept<unknown>, 'fault' | 'done' | 'undo' | 'busy'>
  own?: (at: string) => boolean
}) {
  const { kept, own = () => false } = props
  const { t } = useTranslation()
  const { fault, done, undo, busy } = kept
  const at = faultOf(fault)?.field
  if (fault !== null && !(at !== undefined && own(at)))
    return (
      <p className="fault" role="alert">
        {refusalWords(t, fault)}
      </p>
    )
  if (!done) return null
  return (
    <p className="kept-told" role="status" data-kept={done}>
      {t(done === 'saved' ? 'shell.saved' : 'shell.undone')}
      {undo && (
        <button type="button" className="btn sm" disabled={busy} onClick={() => void undo()}>
          {t('shell.undo')}
        </button>
      )}
    </p>
  )
}
