import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, inPath } from '../ask'
import type { Point } from '../contract'
import type { Impairment } from '../fire/live'
import { FormDialog } from '../shell/form-dialog'
import { changedWords } from './words'

const verbs = {
  test: { begin: '', end: '' },
  isolated: { begin: 'isolate', end: 'deisolate' },
  disabled: { begin: 'disable', end: 'enable' },
} as const

/** Whether the point, or any of a whole device, takes the command that begins or ends the mode, and whether this officer may give it. */
export function useVerb(point: string, mode: Impairment['mode'], which: 'begin' | 'end') {
  const verb = verbs[mode][which]
  const whole = point.endsWith('.*')
  const got = useQuery({
    queryKey: ['/points', point],
    queryFn: async ({ signal }) =>
      whole
        ? (
            await ask<{ items: Point[] }>(`/points?limit=1000&device=${encodeURIComponent(point.slice(0, -2))}`, {
              signal,
            })
          ).items
        : [await ask<Point>(`/points/${inPath(point)}`, { signal })],
    enabled: verb !== '' && point !== '',
  })
  const taken = (got.data ?? []).flatMap((p) => p.verbs ?? []).filter((v) => v.verb === verb)
  const found = taken.find((v) => v.allowed) ?? taken[0]
  return { takes: found !== undefined, allowed: found?.allowed ?? false }
}

/** Puts a point back in service, here and, where that is possible, at the panel. */
export function Ending({ of: i, onClose }: { of: Impairment; onClose: () => void }) {
  const { t } = useTranslation()
  const verb = useVerb(i.point, i.mode, 'end')
  const [reason, setReason] = useState('')
  const [command, setCommand] = useState(true)
  const told = i.panel === 'active'
  const body = { version: i.version, reason, command: command && verb.takes && told }
  const send = () => ask(`/impairments/${i.id}/end`, { method: 'POST', body })
  return (
    <FormDialog
      title={t('impairments.end_of', { name: i.point_name })}
      submit={t('impairments.end')}
      send={send}
      onClose={onClose}
      words={changedWords}
    >
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
    </FormDialog>
  )
}
