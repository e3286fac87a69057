// What people have set of a door: where it stands, its cameras, and whose name is
// under the sentence that it is no escape door.
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, inPath } from '../ask'
import { refusalWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { At } from '../shell/times'
import type { Door } from './door'

const limits: Record<string, string> = { inside: '30', entrance: '60–90', dock: '120–180' }

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
        <dt>{t('doors.class')}</dt>
        <dd>
          {change ? (
            <select
              className="input"
              aria-label={t('doors.class')}
              value={s.class}
              onChange={(e) => void save({ class: e.target.value })}
            >
              {['inside', 'entrance', 'dock'].map((c) => (
                <option key={c} value={c}>
                  {t(`doors.class_of.${c}`)}
                </option>
              ))}
            </select>
          ) : (
            t(`doors.class_of.${s.class}`)
          )}
          <small className="faint">{t('doors.limit', { seconds: limits[s.class] ?? '' })}</small>
        </dd>
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

function SignDialog({ door, onClose }: { door: Door; onClose: () => void }) {
  const { t } = useTranslation()
  const { session } = useDesk()
  const [why, setWhy] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const path = door.escape ? 'sign' : 'revoke'
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    try {
      await ask(`/doors/${inPath(door.id)}/${path}`, { method: 'POST', body: { version: door.settings.version, why } })
      onClose()
    } catch (what) {
      setFault(what)
    }
  }
  return (
    <Dialog title={t(`doors.${path}`)} onClose={onClose}>
      <form className="body" onSubmit={send}>
        <p>{t(`doors.${path}_text`, { door: door.name, name: session.user.name })}</p>
        <label className="field">
          {t('doors.why')}
          <textarea
            className="input"
            rows={3}
            required
            minLength={door.escape ? 8 : 1}
            maxLength={500}
            value={why}
            onChange={(e) => setWhy(e.target.value)}
          />
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="submit" className="btn pri">
            {t(`doors.${path}`)}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
