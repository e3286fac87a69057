// Keeping what a camera saw: a mark on a time, with or without a lock, and a clip
// to take along.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import { clock } from '../live'
import { Dialog } from '../shell/dialog'
import { Failed } from '../shell/states'
import { At } from '../shell/times'
import { type Bookmark, type Camera, type Clip, cameraRefusal, pathOf } from './camera'

const before = [10, 30, 60, 120, 300, 900]
const after = [0, 10, 30, 60, 120, 300, 900]

interface KeepProps {
  camera: Camera
  moment: number // ms since 1970: what the officer looks at
  alarm?: string | undefined
  onClose: () => void
}

/** A time round a moment: so many seconds before and after it, and never beyond now. */
function useSpan(moment: number, first: [number, number]) {
  const [from, setFrom] = useState(first[0])
  const [to, setTo] = useState(first[1])
  const span = () => ({
    from: new Date(moment - from * 1_000).toISOString(),
    to: new Date(Math.min(moment + to * 1_000, clock.now())).toISOString(),
  })
  return { from, setFrom, to, setTo, span }
}

/** Why something was not done. */
function Wrong({ fault }: { fault: unknown }) {
  const { t } = useTranslation()
  if (fault === null) return null
  return (
    <p className="fault" role="alert">
      {cameraRefusal(t, fault)}
    </p>
  )
}

function Seconds(props: { label: string; choice: number[]; value: number; onChoose: (seconds: number) => void }) {
  const { label, choice, value, onChoose } = props
  const { t } = useTranslation()
  return (
    <label className="field">
      {label}
      <select className="input" value={value} onChange={(e) => onChoose(Number(e.target.value))}>
        {choice.map((s) => (
          <option key={s} value={s}>
            {s < 60 ? t('cameras.seconds', { count: s }) : t('cameras.minutes', { count: s / 60 })}
          </option>
        ))}
      </select>
    </label>
  )
}

function SpanFields({ moment, of }: { moment: number; of: ReturnType<typeof useSpan> }) {
  const { t } = useTranslation()
  return (
    <fieldset className="span-fields">
      <legend>
        {t('cameras.round')} <At at={moment} />
      </legend>
      <Seconds label={t('cameras.before')} choice={before} value={of.from} onChoose={of.setFrom} />
      <Seconds label={t('cameras.after')} choice={after} value={of.to} onChoose={of.setTo} />
    </fieldset>
  )
}

export function MarkDialog({ camera, moment, alarm, onClose }: KeepProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const of = useSpan(moment, [10, 30])
  const [note, setNote] = useState('')
  const [lock, setLock] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    setFault(null)
    try {
      await ask<Bookmark>(pathOf(camera.id, '/bookmarks'), {
        method: 'POST',
        body: { ...of.span(), note: note.trim(), ...(alarm && { alarm }), lock },
      })
      void client.invalidateQueries({ queryKey: ['timeline', camera.id] })
      void client.invalidateQueries({ queryKey: ['marks', camera.id] })
      onClose()
    } catch (refused) {
      setFault(refused)
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('cameras.mark_title', { name: `${camera.number} ${camera.name}` })} onClose={onClose}>
      <form
        className="body"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <SpanFields moment={moment} of={of} />
        <label className="field">
          {t('cameras.note')}
          <input className="input" maxLength={500} value={note} onChange={(e) => setNote(e.target.value)} />
        </label>
        {camera.may.export && (
          <label className="tick">
            <input type="checkbox" checked={lock} onChange={(e) => setLock(e.target.checked)} />
            {t('cameras.lock')}
          </label>
        )}
        <Wrong fault={fault} />
        <div className="actions">
          <button type="submit" className="btn pri" disabled={busy}>
            {t('cameras.mark_save')}
          </button>
        </div>
      </form>
      <Marks camera={camera} />
    </Dialog>
  )
}

/** What was marked of this camera, newest first. */
function Marks({ camera }: { camera: Camera }) {
  const { t } = useTranslation()
  const marks = useQuery({
    queryKey: ['marks', camera.id],
    queryFn: ({ signal }) => ask<List<Bookmark>>(pathOf(camera.id, '/bookmarks'), { signal }),
  })
  const [fault, setFault] = useState<unknown>(null)
  const remove = async (b: Bookmark) => {
    setFault(null)
    try {
      await ask(pathOf(camera.id, `/bookmarks/${b.id}`), { method: 'DELETE' })
      void marks.refetch()
    } catch (refused) {
      setFault(refused)
    }
  }
  const items = (marks.data?.items ?? []).slice(0, 20)
  if (marks.error) return <Failed fault={marks.error} again={() => void marks.refetch()} />
  if (items.length === 0) return null
  return (
    <>
      <div className="h3">{t('cameras.marks')}</div>
      <Wrong fault={fault} />
      <ul className="kept-list">
        {items.map((b) => (
          <li key={b.id} data-mark={b.id}>
            <span className="grow">
              <At at={b.from} /> – <At at={b.to} /> {b.note && <>“{b.note}”</>}
              <small className="dim"> {b.by_name}</small>
            </span>
            {b.lock && <span className="chip">{t(`cameras.locked.${b.locked || 'asked'}`)}</span>}
            <button
              type="button"
              className="btn sm ghost"
              aria-label={t('cameras.mark_remove', { note: b.note || b.id })}
              onClick={() => void remove(b)}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

export function ClipDialog({ camera, moment, onClose }: KeepProps) {
  const { t } = useTranslation()
  const of = useSpan(moment, [30, 30])
  const [why, setWhy] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const clips = useQuery({
    queryKey: ['clips', camera.id],
    queryFn: ({ signal }) => ask<List<Clip>>(pathOf(camera.id, '/exports'), { signal }),
    refetchInterval: (query) => (query.state.data?.items?.some((c) => c.state === 'preparing') ? 1_000 : false),
  })
  const save = async () => {
    setBusy(true)
    setFault(null)
    try {
      await ask<Clip>(pathOf(camera.id, '/exports'), { method: 'POST', body: { ...of.span(), why: why.trim() } })
      setWhy('')
      void clips.refetch()
    } catch (refused) {
      setFault(refused)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('cameras.clip_title', { name: `${camera.number} ${camera.name}` })} onClose={onClose}>
      <form
        className="body"
        onSubmit={(event) => {
          event.preventDefault()
          if (why.trim()) void save()
        }}
      >
        <p className="dim">{t('cameras.clip_what')}</p>
        <SpanFields moment={moment} of={of} />
        <label className="field">
          {t('cameras.clip_why')}
          <input className="input" required maxLength={500} value={why} onChange={(e) => setWhy(e.target.value)} />
        </label>
        <Wrong fault={fault} />
        <div className="actions">
          <button type="submit" className="btn pri" disabled={busy || why.trim() === ''} data-clip-ask>
            {t('cameras.clip_ask')}
          </button>
        </div>
      </form>
      {clips.error && <Failed fault={clips.error} again={() => void clips.refetch()} />}
      <ul className="kept-list">
        {(clips.data?.items ?? []).slice(0, 20).map((c) => (
          <li key={c.id} data-clip={c.state}>
            <span className="grow">
              <At at={c.from} /> – <At at={c.to} /> “{c.why}” <small className="dim">{c.by_name}</small>
              {c.state === 'failed' && <div className="dim">{c.text}</div>}
            </span>
            <span className="chip">{t(`cameras.clip.${c.state}`)}</span>
            {c.state === 'ready' && (
              <a className="btn sm" href={`/api/v1${pathOf(camera.id, `/exports/${c.id}/file`)}`} download>
                {t('cameras.clip_take')}
              </a>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
