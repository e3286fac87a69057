// What a chief sets of a camera: who may watch it, how long its pictures are kept,
// where it turns when an alarm rises.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import { type Camera, type CameraSettings, cameraRefusal, pathOf } from './camera'

export function SettingsDialog({ camera, onClose }: { camera: Camera; onClose: () => void }) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['camera-settings', camera.id],
    queryFn: ({ signal }) => ask<CameraSettings>(pathOf(camera.id, '/settings'), { signal }),
    staleTime: 0,
    gcTime: 0,
  })
  return (
    <Dialog title={t('cameras.settings_of', { name: `${camera.number} ${camera.name}` })} onClose={onClose}>
      {got.error ? (
        <Failed fault={got.error} again={() => void got.refetch()} />
      ) : got.data ? (
        <Form key={got.data.version} camera={camera} was={got.data} onClose={onClose} />
      ) : (
        <Loading />
      )}
    </Dialog>
  )
}

const words = (list: string[] | null): string => (list ?? []).join('\n')
const list = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

function Form({ camera, was, onClose }: { camera: Camera; was: CameraSettings; onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [restricted, setRestricted] = useState(was.restricted)
  const [allow, setAllow] = useState(words(was.allow))
  const [deny, setDeny] = useState(words(was.deny))
  const [points, setPoints] = useState(words(was.points))
  const [hours, setHours] = useState(was.retention_hours)
  const [always, setAlways] = useState(was.always)
  const [preset, setPreset] = useState(was.alarm_preset)
  const [fault, setFault] = useState<unknown>(null)
  const save = async () => {
    setFault(null)
    try {
      await ask<CameraSettings>(pathOf(camera.id, '/settings'), {
        method: 'PUT',
        body: {
          points: list(points),
          restricted,
          allow: list(allow),
          deny: list(deny),
          retention_hours: hours,
          always,
          alarm_preset: preset.trim(),
          version: was.version,
        },
      })
      void client.invalidateQueries({ queryKey: ['cameras'] })
      void client.invalidateQueries({ queryKey: ['alarm-cameras'] })
      onClose()
    } catch (refused) {
      setFault(refused)
    }
  }
  const people = (label: string, value: string, set: (text: string) => void) => (
    <label className="field">
      {label}
      <textarea className="input" rows={2} value={value} onChange={(e) => set(e.target.value)} />
    </label>
  )
  return (
    <form
      className="body"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <label className="tick">
        <input type="checkbox" checked={restricted} onChange={(e) => setRestricted(e.target.checked)} />
        {t('cameras.restricted')}
      </label>
      {restricted && people(t('cameras.allow'), allow, setAllow)}
      {people(t('cameras.deny'), deny, setDeny)}
      <p className="dim">{t('cameras.people_how')}</p>
      {people(t('cameras.points'), points, setPoints)}
      <label className="field">
        {t('cameras.retention')}
        <input
          className="input"
          type="number"
          min={0}
          max={87_600}
          value={hours}
          onChange={(e) => setHours(Number(e.target.value))}
        />
      </label>
      <label className="tick">
        <input type="checkbox" checked={always} onChange={(e) => setAlways(e.target.checked)} />
        {t('cameras.always')}
      </label>
      {camera.ptz && (
        <label className="field">
          {t('cameras.alarm_preset')}
          <input className="input" maxLength={64} value={preset} onChange={(e) => setPreset(e.target.value)} />
        </label>
      )}
      {fault !== null && (
        <p className="fault" role="alert">
          {cameraRefusal(t, fault)}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="btn pri">
          {t('cameras.settings_save')}
        </button>
      </div>
    </form>
  )
}
