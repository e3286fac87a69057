import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading } from './states'

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
  // Before the screen is drawn: from then on no key goes to the page behind.
  useLayoutEffect(() => {
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

/** Stands where a dialog will be that is still loaded, so that what is typed for it does nothing to the page behind. */
export function Coming({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog title={t('shell.loading')} onClose={onClose}>
      <Loading />
    </Dialog>
  )
}
