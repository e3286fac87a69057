// What a chief sets of a camera: who may watch it, how long its pictures are kept,
// where it turns when an alarm rises.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import { type Camera, type CameraSettings, cameraRefusal, type Preset, pathOf } from './camera'
import { Named } from './named'
import { Points } from './points'

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

function Form({ camera, was, onClose }: { camera: Camera; was: CameraSettings; onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [restricted, setRestricted] = useState(was.restricted)
  const [allow, setAllow] = useState(was.allow ?? [])
  const [deny, setDeny] = useState(was.deny ?? [])
  const [points, setPoints] = useState<string[]>(was.points ?? [])
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
          points,
          restricted,
          allow,
          deny,
          retention_hours: hours,
          always,
          alarm_preset: preset,
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
      {restricted && (
        <Named
          camera={camera}
          label={t('cameras.allow')}
          none={t('cameras.allow_none')}
          named={allow}
          onNamed={setAllow}
        />
      )}
      <Named camera={camera} label={t('cameras.deny')} none={t('cameras.deny_none')} named={deny} onNamed={setDeny} />
      <Points camera={camera} points={points} onPoints={setPoints} />
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
      {camera.ptz && <AlarmView camera={camera} value={preset} onChoose={setPreset} />}
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

/** Where the camera turns for an alarm: one of the views that it knows. */
function AlarmView(props: { camera: Camera; value: string; onChoose: (preset: string) => void }) {
  const { camera, value, onChoose } = props
  const { t } = useTranslation()
  const presets = useQuery({
    queryKey: ['presets', camera.id],
    queryFn: ({ signal }) => ask<List<Preset>>(pathOf(camera.id, '/presets'), { signal, timeout: 15_000 }),
    staleTime: 60_000,
    retry: false,
  })
  const known = presets.data?.items ?? []
  return (
    <label className="field">
      {t('cameras.alarm_preset')}
      <select className="input" value={value} data-alarm-preset onChange={(e) => onChoose(e.target.value)}>
        <option value="">{t('cameras.alarm_preset_none')}</option>
        {known.map((p) => (
          <option key={p.id} value={p.id}>
            {p.name || p.id}
          </option>
        ))}
        {value !== '' && !known.some((p) => p.id === value) && <option value={value}>{value}</option>}
      </select>
      {presets.error !== null && <small className="faint">{cameraRefusal(t, presets.error)}</small>}
    </label>
  )
}
