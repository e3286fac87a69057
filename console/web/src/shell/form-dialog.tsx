// A dialog with a form that is sent once and closes when the console has taken it.
import type { TFunction } from 'i18next'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { Dialog } from './dialog'
import { faultOf } from './field'

export function FormDialog(props: {
  title: string
  submit: string
  danger?: boolean
  wide?: boolean
  off?: boolean // it cannot be sent yet
  send: () => Promise<unknown> // rejects with what the console refused
  onClose: () => void
  /** What was refused, in words; the usual ones without it. */
  words?: (t: TFunction, fault: unknown) => string
  /** The fields that say themselves what is wrong with them. */
  own?: readonly string[]
  children: ReactNode | ((fault: unknown) => ReactNode)
}) {
  const { title, submit, danger, wide, off, send, onClose, words = refusalWords, own = [], children } = props
  const { t } = useTranslation()
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const go = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setFault(null)
    try {
      await send()
      onClose()
    } catch (why) {
      setFault(why)
      setBusy(false)
    }
  }
  const said = own.includes(faultOf(fault)?.field ?? '')
  return (
    <Dialog title={title} onClose={onClose} wide={wide}>
      <form className="body" onSubmit={(e) => void go(e)}>
        {typeof children === 'function' ? children(fault) : children}
        {fault !== null && !said && (
          <p className="fault" role="alert">
            {words(t, fault)}
          </p>
        )}
        <div className="actions">
          <button type="submit" className={danger ? 'btn danger' : 'btn pri'} disabled={off || busy}>
            {submit}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
