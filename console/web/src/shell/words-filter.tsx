import { useState } from 'react'

/** A filter that asks when the typing is done. */
export function WordsFilter(props: {
  label: string
  value: string | undefined
  width?: number
  onChange: (value: string | undefined) => void
}) {
  const { label, value, width = 170, onChange } = props
  const [text, setText] = useState(value ?? '')
  const done = () => text.trim() !== (value ?? '') && onChange(text.trim() || undefined)
  return (
    <input
      className="input"
      style={{ inlineSize: width }}
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(e) => setText(e.target.value)}
      onBlur={done}
      onKeyDown={(e) => e.key === 'Enter' && done()}
    />
  )
}
