import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { useAct } from './act'

/** One line to type and add to a board; it is kept while the console refuses it. */
export function AddLine(props: { path: string; field: string; label: string; longest: number; off: boolean }) {
  const { path, field, label, longest, off } = props
  const { t } = useTranslation()
  const { act, busy, fault } = useAct()
  const [text, setText] = useState('')
  const add = async (event: FormEvent) => {
    event.preventDefault()
    if (await act(path, { [field]: text })) setText('')
  }
  return (
    <>
      <form className="line pad no-print" onSubmit={(e) => void add(e)}>
        <input
          className="input"
          aria-label={label}
          placeholder={label}
          value={text}
          maxLength={longest}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="btn" disabled={off || busy || text.trim() === ''}>
          {t('fire.add')}
        </button>
      </form>
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
    </>
  )
}
