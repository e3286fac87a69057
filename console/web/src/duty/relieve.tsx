// Who takes the post over: both are named, and nobody leaves a post unrelieved.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../shell/dialog'
import { Choice, Field } from '../shell/field'
import type { Line } from './board'

export default function Relieve(props: {
  line: Line
  lines: Line[]
  onClose: () => void
  onDo: (by: string, text: string) => unknown
}) {
  const { line, lines, onClose, onDo } = props
  const { t } = useTranslation()
  const { relief, assignment } = line.duty
  // Who stands at another post cannot leave it for this one.
  const others = lines.filter(
    (l) =>
      l.key !== line.key &&
      (['expected', 'late', 'no_show', 'present'].includes(l.duty.presence) ||
        (l.duty.presence === 'on_post' && l.duty.assignment.post === assignment.post)),
  )
  const [by, setBy] = useState(relief || others[0]?.duty.assignment.officer || '')
  const [text, setText] = useState('')
  const known = new Map(others.map((l) => [l.duty.assignment.officer, l]))
  return (
    <Dialog
      title={t('dutyboard.relieve_title', { name: line.name, post: line.postName || assignment.post })}
      onClose={onClose}
    >
      <form
        className="body"
        onSubmit={(e) => {
          e.preventDefault()
          onDo(by, text)
          onClose()
        }}
      >
        <Choice
          label={t('dutyboard.relief')}
          required
          value={by}
          data-autofocus
          onChange={(e) => setBy(e.target.value)}
        >
          {[...known.values()]
            .sort(
              (a, b) =>
                Number(b.duty.assignment.officer === relief) - Number(a.duty.assignment.officer === relief) ||
                a.name.localeCompare(b.name),
            )
            .map((l) => (
              <option key={l.key} value={l.duty.assignment.officer}>
                {l.name} · {l.postName || l.shiftName} · {t(`dutyboard.presence.${l.duty.presence}`)}
              </option>
            ))}
        </Choice>
        <Field label={t('dutyboard.note')}>
          {(w) => (
            <input {...w} className="input" maxLength={500} value={text} onChange={(e) => setText(e.target.value)} />
          )}
        </Field>
        <div className="actions">
          <button type="submit" className="btn pri" disabled={by === ''}>
            {t('dutyboard.relieve_do')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
