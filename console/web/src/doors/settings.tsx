// What people have set of a door: its cameras, how long it may stand open, and whose
// name is under the sentence that it is no escape door.
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, inPath } from '../ask'
import { refusalWords } from '../i18n/words'
import { DoorTimeForm } from '../rationale/door-time'
import { useDoorTimes } from '../rationale/door-times'
import { useDesk } from '../session/desk'
import { Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import '../rationale/rationale.css'
import type { Door } from './door'

export function DoorSettings({ door, onSaved }: { door: Door; onSaved: () => void }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const change = may('doors.configure', door.station)
  const [signing, setSigning] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [cameras, setCameras] = useState<string | null>(null)
  const s = door.settings
  const save = async (body: object) => {
    setFault(null)
    try {
      await ask(`/doors/${inPath(door.id)}`, { method: 'PATCH', body: { version: s.version, ...body } })
      setCameras(null)
      onSaved()
    } catch (why) {
      setFault(why)
    }
  }
  const list = (text: string) => text.split(/[\s,]+/).filter(Boolean)
  return (
    <div className="door-settings">
      <div className={door.escape ? 'escape-word is' : 'escape-word'} data-escape={door.escape}>
        <p>
          <b>{t(door.escape ? 'doors.is_escape' : 'doors.is_no_escape')}</b>
        </p>
        <p className="dim">
          {s.not_escape ? (
            <>
              {t('doors.signed_by', { name: s.not_escape.by_name, why: s.not_escape.why })}{' '}
              <At at={s.not_escape.at} date />
            </>
          ) : (
            t('doors.escape_means')
          )}
        </p>
        {change && (
          <button type="button" className="btn sm" onClick={() => setSigning(true)}>
            {t(door.escape ? 'doors.sign' : 'doors.revoke')}
          </button>
        )}
      </div>
      <dl className="pairs">
        <dt>{t('doors.head.cameras')}</dt>
        <dd>
          {change ? (
            <form
              className="reason"
              onSubmit={(e: FormEvent) => {
                e.preventDefault()
                void save({ cameras: list(cameras ?? '') })
              }}
            >
              <input
                className="input"
                aria-label={t('doors.head.cameras')}
                value={cameras ?? s.cameras?.join(' ') ?? ''}
                onChange={(e) => setCameras(e.target.value)}
              />
              <button type="submit" className="btn sm" disabled={cameras === null}>
                {t('doors.save')}
              </button>
            </form>
          ) : (
            s.cameras?.join(' ') || t('doors.no_cameras')
          )}
        </dd>
        <dt>{t('doors.two_person')}</dt>
        <dd>
          <label>
            <input
              type="checkbox"
              checked={s.two_person}
              disabled={!change}
              onChange={(e) => void save({ two_person: e.target.checked })}
            />{' '}
            {t('doors.two_person_means')}
          </label>
        </dd>
      </dl>
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
      <HeldOpen door={door} />
      {signing && (
        <SignDialog
          door={door}
          onClose={() => {
            setSigning(false)
            onSaved()
          }}
        />
      )}
    </div>
  )
}

/** How long it may stand open, as it counts now, and where that is changed. */
function HeldOpen({ door }: { door: Door }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const times = useDoorTimes(door.station)
  const mine = times.doors.find((d) => d.point === door.id)
  if (times.got.error) return <Failed fault={times.got.error} again={() => void times.got.refetch()} />
  if (!times.got.data) return <Loading />
  return (
    <section aria-label={t('doors.held_open')}>
      <h3 className="h3">{t('doors.held_open')}</h3>
      {mine ? (
        <>
          <p className="dim" data-held-now={mine.now}>
            {mine.now > 0 ? t('doors.held_now', { s: mine.now }) : t('doors.held_alone')}
          </p>
          <DoorTimeForm key={mine.version} door={mine} times={times} write={may('alarms.rationalise', door.station)} />
        </>
      ) : (
        <p className="dim">{t('doors.held_unknown')}</p>
      )}
    </section>
  )
}

function SignDialog({ door, onClose }: { door: Door; onClose: () => void }) {
  const { t } = useTranslation()
  const { session } = useDesk()
  const [why, setWhy] = useState('')
  const path = door.escape ? 'sign' : 'revoke'
  const body = { version: door.settings.version, why }
  return (
    <FormDialog
      title={t(`doors.${path}`)}
      submit={t(`doors.${path}`)}
      send={() => ask(`/doors/${inPath(door.id)}/${path}`, { method: 'POST', body })}
      onClose={onClose}
      own={['why']}
    >
      {(fault) => (
        <>
          <p>{t(`doors.${path}_text`, { door: door.name, name: session.user.name })}</p>
          <Field label={t('doors.why')} at="why" fault={fault}>
            {(wiring) => (
              <textarea
                {...wiring}
                className="input"
                rows={3}
                required
                minLength={door.escape ? 8 : 1}
                maxLength={500}
                value={why}
                onChange={(e) => setWhy(e.target.value)}
              />
            )}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
