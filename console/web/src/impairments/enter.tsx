// Puts points on test, isolates or disables them until a time.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, everything, Refusal } from '../ask'
import type { Device } from '../contract'
import type { Impairment } from '../fire/live'
import { refusalWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { useVerb } from './ending'
import { SpanInput, untilIn } from './prolong'

const SHOWN = 40

interface Choice {
  id: string
  name: string
  place: string
}

/** Every point that may be entered, and each device as a whole. */
function useChoices(): Choice[] {
  const desk = useDesk()
  const got = useQuery({
    queryKey: ['/devices', desk.station],
    queryFn: ({ signal }) =>
      everything<Device>('/devices', { station: desk.station === ALL ? undefined : desk.station }, signal),
  })
  const { t } = useTranslation()
  return useMemo(
    () =>
      (got.data ?? [])
        .filter((d) => desk.may('alarms.remove', d.station))
        .flatMap((d) => [
          { id: `${d.id}.*`, name: t('impairments.all_of', { name: d.name }), place: d.location },
          ...(d.points ?? []).map((p) => ({ id: p.id as string, name: p.name, place: p.location })),
        ]),
    [got.data, desk, t],
  )
}

export default function Enter({ point, onClose }: { point: string | undefined; onClose: () => void }) {
  const { t } = useTranslation()
  const all = useChoices()
  const [picked, setPicked] = useState<string[]>(point ? [point] : [])
  const [words, setWords] = useState('')
  const [mode, setMode] = useState<Impairment['mode']>('test')
  const [reason, setReason] = useState('')
  const [minutes, setMinutes] = useState(60)
  const [command, setCommand] = useState(false)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ id: string; why: unknown }[]>([])
  const verb = useVerb(picked.length === 1 ? (picked[0] ?? '') : '', mode, 'begin')
  const wanted = words.trim().toLowerCase()
  const found = all.filter((c) => `${c.name} ${c.place} ${c.id}`.toLowerCase().includes(wanted))
  const shown = [
    ...all.filter((c) => picked.includes(c.id)),
    ...found.filter((c) => !picked.includes(c.id)).slice(0, SHOWN),
  ]
  const nameOf = (id: string) => all.find((c) => c.id === id)?.name ?? id
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    const faults: { id: string; why: unknown }[] = []
    for (const id of picked) {
      try {
        const body = { point: id, mode, reason, until: untilIn(minutes), command: command && verb.takes }
        await ask<Impairment>('/impairments', { method: 'POST', body })
      } catch (why) {
        faults.push({ id, why })
        if (!(why instanceof Refusal)) break
      }
    }
    setBusy(false)
    setRefused(faults)
    setPicked(faults.map((f) => f.id))
    if (faults.length === 0) onClose()
  }
  return (
    <Dialog title={t('impairments.add')} onClose={onClose} wide>
      <form className="body" onSubmit={send}>
        <div className="seg" role="group" aria-label={t('impairments.mode_label')}>
          {(['test', 'isolated', 'disabled'] as const).map((m) => (
            <button key={m} type="button" aria-pressed={mode === m} onClick={() => setMode(m)}>
              {t(`fire.mode.${m}`)}
            </button>
          ))}
        </div>
        <p className="dim">{t(`impairments.means.${mode}`)}</p>
        <label className="field">
          {t('impairments.find')}
          <input className="input" type="search" value={words} onChange={(e) => setWords(e.target.value)} />
        </label>
        <fieldset className="points-of">
          <legend>{t('impairments.points_n', { count: picked.length })}</legend>
          {shown.map((c) => (
            <label key={c.id} className="check">
              <input
                type="checkbox"
                checked={picked.includes(c.id)}
                onChange={(e) => setPicked(e.target.checked ? [...picked, c.id] : picked.filter((id) => id !== c.id))}
              />{' '}
              <span>
                <bdi>{c.name}</bdi> <span className="faint">{c.place}</span>
              </span>
            </label>
          ))}
          {found.length > SHOWN && <p className="faint">{t('impairments.more', { count: found.length - SHOWN })}</p>}
        </fieldset>
        <label className="field">
          {t('impairments.head.reason')}
          <input
            className="input"
            required
            maxLength={500}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
          />
        </label>
        <SpanInput value={minutes} onChange={setMinutes} />
        {verb.takes && (
          <label className="check">
            <input type="checkbox" checked={command} onChange={(e) => setCommand(e.target.checked)} />{' '}
            {verb.allowed ? t('impairments.ask_panel') : t('impairments.ask_panel_off')}
          </label>
        )}
        {refused.length > 0 && (
          <div className="fault" role="alert">
            {refused.map((f) => (
              <p key={f.id}>
                <b>{nameOf(f.id)}</b> {refusalWords(t, f.why)}
              </p>
            ))}
          </div>
        )}
        <div className="actions">
          <button type="submit" className="btn pri" disabled={busy || picked.length === 0}>
            {t('impairments.enter')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
