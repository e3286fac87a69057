// Who is duty chief from when to when.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List, Station } from '../contract'
import { instantOf } from '../i18n/time'
import { refusalWords } from '../i18n/words'
import { useEachSecond } from '../live'
import { useDesk } from '../session/desk'
import { MomentInput } from '../shell/moment'
import { At } from '../shell/times'
import type { Contact, DutyTurn } from './told'

export function Duty({ station, contacts }: { station: Station; contacts: Contact[] }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const client = useQueryClient()
  const got = useQuery({
    queryKey: ['duty', station.id],
    queryFn: ({ signal }) => ask<List<DutyTurn>>('/duty-chiefs', { query: { station: station.id }, signal }),
  })
  const [who, setWho] = useState('')
  const [from, setFrom] = useState<string>()
  const [until, setUntil] = useState<string>()
  const [fault, setFault] = useState<unknown>(null)
  const minute = useEachSecond((now) => Math.floor(now / 60_000) * 60_000)
  const zone = station.time_zone || 'UTC'
  const again = () => {
    setFault(null)
    void client.invalidateQueries({ queryKey: ['duty'] })
    void client.invalidateQueries({ queryKey: ['watch'] })
  }
  const add = () =>
    ask('/duty-chiefs', {
      method: 'POST',
      body: {
        station: station.id,
        contact: who,
        from: instantOf(from ?? '', zone),
        until: instantOf(until ?? '', zone),
      },
    }).then(again, setFault)
  const remove = (id: string) =>
    ask(`/duty-chiefs/${encodeURIComponent(id)}`, { method: 'DELETE' }).then(again, setFault)
  const turns = got.data?.items ?? []
  const manage = may('watch.manage', station.id)
  const able = contacts.filter((c) => c.email || c.webhook)
  return (
    <section className="watch-duty" aria-label={t('watch.duty_chief')}>
      <h3 className="h3">{t('duty.title')}</h3>
      {turns.length === 0 ? (
        <p className="empty">{t('duty.none')}</p>
      ) : (
        <ul className="plain-list">
          {turns.map((turn) => (
            <li key={turn.id}>
              <bdi>{turn.contact_name}</bdi> <At at={turn.from} date /> – <At at={turn.until} date />{' '}
              {Date.parse(turn.from) <= minute && minute < Date.parse(turn.until) && (
                <span className="chip accent">{t('duty.now')}</span>
              )}{' '}
              {manage && (
                <button type="button" className="btn sm ghost" onClick={() => void remove(turn.id)}>
                  {t('duty.remove')}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {manage && able.length > 0 && (
        <div className="filters">
          <select
            className="input watch-station"
            aria-label={t('duty.who')}
            value={who}
            onChange={(e) => setWho(e.target.value)}
          >
            <option value="">{t('duty.who')}</option>
            {able.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </select>
          <MomentInput label={t('cover.head.from')} value={from} onChange={setFrom} />
          <MomentInput label={t('cover.head.until')} value={until} onChange={setUntil} />
          <button type="button" className="btn sm" disabled={!who || !from || !until} onClick={() => void add()}>
            {t('duty.add')}
          </button>
        </div>
      )}
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
    </section>
  )
}
