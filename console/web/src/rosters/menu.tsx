import { type ReactNode, useEffect, useRef, useState } from 'react'

/** A list below a button. It closes when something of it is chosen, on Escape, and when one goes elsewhere. */
export function Menu(props: { head: ReactNode; className?: string; children: ReactNode }) {
  const { head, className, children } = props
  const ref = useRef<HTMLDetailsElement>(null)
  const [open, setOpen] = useState(false)
  useEffect(() => {
    if (!open) return
    const elsewhere = (event: Event) => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) setOpen(false)
    }
    document.addEventListener('pointerdown', elsewhere)
    document.addEventListener('focusin', elsewhere)
    return () => {
      document.removeEventListener('pointerdown', elsewhere)
      document.removeEventListener('focusin', elsewhere)
    }
  }, [open])
  return (
    <details
      ref={ref}
      className={className ? `rosters-menu ${className}` : 'rosters-menu'}
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('a, button')) setOpen(false)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.stopPropagation()
        setOpen(false)
        ref.current?.querySelector('summary')?.focus()
      }}
    >
      <summary className="btn ghost sm">{head}</summary>
      {children}
    </details>
  )
}
