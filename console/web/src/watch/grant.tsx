import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, everything } from '../ask'
import type { Station, User } from '../contract'
import { instantOf } from '../i18n/time'
import { refusalWords } from '../i18n/words'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { Choice } from '../shell/field'
import { MomentInput } from '../shell/moment'
import { Failed } from '../shell/states'
import { useCoveringStations } from './station-names'

/** Lets officers of another station, or some of them, act here for a time. */
export default function GrantForm({ station, onClose }: { station: Station; onClose: () => void }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const others = useCoveringStations()
  const people = useQuery({
    queryKey: ['users', 'for covers'],
    queryFn: ({ signal }) => everything<User>('/users', {}, signal),
    enabled: desk.may('users.manage'),
  })
  const known = (others.data?.items ?? [])
    .filter((s) => s.id !== station.id)
    .sort((a, b) => a.name.localeCompare(b.name))
  const [by, setBy] = useState('')
  const [users, setUsers] = useState<string[]>([])
  const [from, setFrom] = useState<string>()
  const [until, setUntil] = useState<string>()
  const [hours, setHours] = useState<[string, string]>(['', ''])
  const [reason, setReason] = useState('')
  const [fault, setFault] = useState<unknown>(null)

  const send = async (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    const zone = station.time_zone || 'UTC'
    try {
      await ask('/covers', {
        method: 'POST',
        body: {
          station: station.id,
          by_station: by,
          users,
          from: from ? instantOf(from, zone) : new Date(clock.now()).toISOString(),
          until: until ? instantOf(until, zone) : new Date(0).toISOString(),
          daily_from: hours[0],
          daily_to: hours[1],
          reason: reason.trim(),
        },
      })
      onClose()
    } catch (why) {
      setFault(why)
    }
  }
  const of = (u: User) => (u.roles ?? []).some((r) => r.station === by)
  return (
    <Dialog title={t('cover.grant_for', { station: station.name })} onClose={onClose} wide>
      <form className="body" onSubmit={send} data-grant>
        {others.error && <Failed fault={others.error} again={() => void others.refetch()} />}
        <Choice
          label={t('cover.by_station')}
          at="by_station"
          fault={fault}
          hint={others.data && known.length === 0 ? t('cover.no_other') : undefined}
          required
          data-autofocus
          value={by}
          onChange={(e) => {
            setBy(e.target.value)
            setUsers([])
          }}
        >
          <option value="">{t('cover.choose')}</option>
          {known.map((s) => (
            <option key={s.id} value={s.id}>
              {s.name}
            </option>
          ))}
        </Choice>
        {by !== '' && (people.data ?? []).some(of) && (
          <fieldset className="watch-people">
            <legend>{t('cover.only')}</legend>
            {(people.data ?? []).filter(of).map((u) => (
              <label key={u.id}>
                <input
                  type="checkbox"
                  checked={users.includes(u.id)}
                  onChange={(e) => setUsers(e.target.checked ? [...users, u.id] : users.filter((id) => id !== u.id))}
                />
                <bdi>{u.name}</bdi>
              </label>
            ))}
          </fieldset>
        )}
        <div className="watch-span">
          <div className="field">
            <span>{t('cover.head.from')}</span>
            <MomentInput label={t('cover.now')} value={from} onChange={setFrom} />
          </div>
          <div className="field">
            <span>{t('cover.head.until')}</span>
            <MomentInput label={t('cover.head.until')} value={until} onChange={setUntil} />
          </div>
          <label className="field">
            {t('cover.daily_from')}
            <input
              className="input"
              dir="ltr"
              pattern="[0-2][0-9]:[0-5][0-9]"
              placeholder="22:00"
              size={6}
              value={hours[0]}
              onChange={(e) => setHours([e.target.value, hours[1]])}
            />
          </label>
          <label className="field">
            {t('cover.daily_to')}
            <input
              className="input"
              dir="ltr"
              pattern="[0-2][0-9]:[0-5][0-9]"
              placeholder="06:00"
              size={6}
              value={hours[1]}
              onChange={(e) => setHours([hours[0], e.target.value])}
            />
          </label>
        </div>
        <p className="dim" style={{ margin: 0 }}>
          {t('cover.wall', { zone: station.time_zone })}
        </p>
        <label className="field">
          {t('cover.reason')}
          <input
            className="input"
            required
            maxLength={500}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
          />
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.cancel')}
          </button>
          <button type="submit" className="btn pri" disabled={!until}>
            {t('cover.grant')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
