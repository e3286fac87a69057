import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, inPath } from '../ask'
import type { Point } from '../contract'
import { useAct } from '../fire/act'
import type { Impairment } from '../fire/live'
import { refusalWords } from '../i18n/words'
import { Dialog } from '../shell/dialog'

const verbs = {
  test: { begin: '', end: '' },
  isolated: { begin: 'isolate', end: 'deisolate' },
  disabled: { begin: 'disable', end: 'enable' },
} as const

/** Whether the point takes the command that begins or ends the mode, and whether this officer may give it. */
export function useVerb(point: string, mode: Impairment['mode'], which: 'begin' | 'end') {
  const verb = verbs[mode][which]
  const got = useQuery({
    queryKey: ['/points', point],
    queryFn: ({ signal }) => ask<Point>(`/points/${inPath(point)}`, { signal }),
    enabled: verb !== '' && point !== '' && !point.endsWith('.*'),
  })
  const found = got.data?.verbs?.find((v) => v.verb === verb)
  return { takes: found !== undefined, allowed: found?.allowed ?? false }
}

/** Puts a point back in service, here and, where that is possible, at the panel. */
export function Ending({ of: i, onClose }: { of: Impairment; onClose: () => void }) {
  const { t } = useTranslation()
  const { act, busy, fault, stale } = useAct()
  const verb = useVerb(i.point, i.mode, 'end')
  const [reason, setReason] = useState('')
  const [command, setCommand] = useState(true)
  const told = i.panel === 'active'
  const send = async (event: FormEvent) => {
    event.preventDefault()
    const body = { version: i.version, reason, command: command && verb.takes && told }
    if (await act(`/impairments/${i.id}/end`, body)) onClose()
  }
  return (
    <Dialog title={t('impairments.end_of', { name: i.point_name })} onClose={onClose}>
      <form className="body" onSubmit={send}>
        {told && (
          <p className="notice p2" role="status">
            {verb.takes ? t('impairments.panel_still_command') : t('impairments.panel_still')}
          </p>
        )}
        {told && verb.takes && (
          <label className="check">
            <input type="checkbox" checked={command} onChange={(e) => setCommand(e.target.checked)} />{' '}
            {verb.allowed ? t('impairments.ask_panel') : t('impairments.ask_panel_off')}
          </label>
        )}
        <label className="field">
          {t('impairments.end_reason')}
          <input
            className="input"
            data-autofocus
            maxLength={500}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
          />
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {stale ? t('impairments.changed') : refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="submit" className="btn pri" disabled={busy}>
            {t('impairments.end')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
