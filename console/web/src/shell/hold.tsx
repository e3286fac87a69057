// A button that must be held for a second, with mouse, finger or key: what it
// does cannot be done by brushing past.
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

const HOLD = 1_000

export function HoldButton(props: {
  children: ReactNode
  onHeld: () => void
  disabled?: boolean
  className?: string
  name?: string
  verb?: string // the command that it gives
}) {
  const { children, onHeld, disabled = false, className = 'btn danger', name, verb } = props
  const { t } = useTranslation()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [holding, setHolding] = useState(false)
  const hint = useId()
  const end = () => {
    clearTimeout(timer.current)
    setHolding(false)
  }
  const start = () => {
    if (disabled || holding) return
    setHolding(true)
    timer.current = setTimeout(() => {
      setHolding(false)
      onHeld()
    }, HOLD)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    if (disabled) clearTimeout(timer.current)
  }, [disabled])
  const isKey = (key: string) => key === ' ' || key === 'Enter'
  return (
    <>
      <button
        type="button"
        className={`${className} hold${holding ? ' holding' : ''}`}
        data-hold={name}
        data-verb={verb}
        disabled={disabled}
        aria-describedby={hint}
        onPointerDown={start}
        onPointerUp={end}
        onPointerLeave={end}
        onPointerCancel={end}
        onBlur={end}
        onKeyDown={(e) => {
          if (!isKey(e.key)) return
          e.preventDefault()
          if (!e.repeat) start()
        }}
        onKeyUp={(e) => {
          if (isKey(e.key)) end()
        }}
      >
        {children}
        <i aria-hidden />
      </button>
      <span id={hint} className="sr">
        {t('command.hold')}
      </span>
    </>
  )
}
