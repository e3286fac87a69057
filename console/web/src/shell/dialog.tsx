import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useTranslation } from 'react-i18next'

/** A dialog by the browser: it keeps the focus inside and gives it back. */
export function Dialog(props: {
  title: string
  onClose: () => void
  wide?: boolean
  bare?: boolean
  children: ReactNode
}) {
  const { title, onClose, wide, bare, children } = props
  const { t } = useTranslation()
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const back = document.activeElement
    ref.current?.showModal()
    // The browser gives the focus to the button that closes; whoever opens a dialog wants to fill it in.
    ref.current?.querySelector<HTMLElement>('[data-autofocus], form input, form textarea')?.focus()
    return () => {
      if (back instanceof HTMLElement) back.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      className={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={bare ? undefined : id}
      aria-label={bare ? title : undefined}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      {!bare && (
        <div className="ph">
          <h2 id={id}>{title}</h2>
          <div className="grow" />
          <button type="button" className="btn ghost sm" onClick={onClose}>
            {t('shell.close')} <kbd>Esc</kbd>
          </button>
        </div>
      )}
      {children}
    </dialog>
  )
}
