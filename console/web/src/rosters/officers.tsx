import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import { clock } from '../live'
import { Choice, Entry, Field } from '../shell/field'
import { type Officer, ranks } from './contract'
import { addDays, dayOf } from './days'
import { Listed, Roll, type RollProps } from './roll'
import { hoursWords, qualificationWords, rankWords } from './words'

type Account = components['schemas']['RostersAccount']

const SOON = 60 // days within which an expiry is told, unless somebody asks for others
const spans = [0, 30, 60, 90] as const // 0: what has run out

const fresh = (): Officer => ({
  id: `O${Date.now().toString(36).toUpperCase()}`,
  name: '',
  badge: '',
  rank: 'officer',
  unit: '',
  home_station: '',
  contract: 2400,
  held: [],
  languages: [],
  gender: '',
  employment: 'staff',
  funding: '',
  from: '',
  until: '',
  user: '',
  card: '',
})

export default function Officers({ station, rolls, write }: RollProps) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['rosters', station, 'accounts'],
    queryFn: ({ signal }) => ask<{ items: Account[] }>(`/rosters/${station}/accounts`, { signal }),
    enabled: write,
  })
  const accounts = got.data?.items ?? []
  const accountWords = (a: Account, taken: Officer | undefined) =>
    taken
      ? t('rosters.account_taken', { name: a.name, username: a.username, officer: taken.name })
      : `${a.name} (${a.username})`
  const today = dayOf(clock.now(), rolls.register.zone)
  const [within, setWithin] = useState('')
  const soon = addDays(today, within === '' ? SOON : Number(within))
  const out = (o: Officer, days: number) =>
    o.held.filter((h) => h.expires !== '' && (days === 0 ? h.expires < today : h.expires <= addDays(today, days)))
  const expiring = (o: Officer) => out(o, within === '' ? SOON : Number(within))
  const counts = spans.map((days) => rolls.order.filter((o) => out(o, days).length > 0).length)
  const items =
    within === ''
      ? rolls.register.officers
      : rolls.register.officers.filter(({ item }) => expiring(item as Officer).length > 0)
  return (
    <Roll<Officer>
      station={station}
      write={write}
      path="officers"
      kind="officer"
      label={t('rosters.tab.officers')}
      items={items}
      id={(o) => o.id}
      name={(o) => o.name}
      words={(o) =>
        `${o.name} ${o.badge} ${o.unit} ${o.rank} ${o.held.map((h) => h.code).join(' ')} ${expiring(o).length > 0 ? t('rosters.expiring') : ''}`
      }
      heads={['name', 'badge', 'rank', 'unit', 'contract', 'held']}
      more={
        <select
          className="input roll-filter"
          aria-label={t('rosters.expiring_label')}
          value={within}
          onChange={(e) => setWithin(e.target.value)}
        >
          <option value="">{t('rosters.expiring_n', { count: counts[spans.indexOf(SOON)] ?? 0 })}</option>
          {spans.map((days, i) => (
            <option key={days} value={String(days)}>
              {days === 0
                ? t('rosters.run_out', { count: counts[i] ?? 0 })
                : t('rosters.runs_out', { days, count: counts[i] ?? 0 })}
            </option>
          ))}
        </select>
      }
      row={(o) => [
        <bdi key="name">{o.name}</bdi>,
        o.badge,
        rankWords(t, o.rank),
        o.unit,
        hoursWords(t, o.contract),
        <span key="held" className="held">
          {o.held.map((h) => (
            <span
              key={h.code}
              className={
                h.expires !== '' && h.expires < today
                  ? 'chip gone'
                  : h.expires !== '' && h.expires <= soon
                    ? 'chip late'
                    : 'chip'
              }
            >
              {qualificationWords(h.code)}{' '}
              {h.expires !== '' && h.expires <= soon && (
                <bdi>
                  {h.expires < today
                    ? t('rosters.expired', { day: h.expires })
                    : t('rosters.until', { day: h.expires })}
                </bdi>
              )}
            </span>
          ))}
        </span>,
      ]}
      fresh={fresh}
      own={[]}
      form={(o, set, fault) => (
        <>
          <Entry
            label={t('rosters.head.name')}
            at="items.0.name"
            fault={fault}
            required
            maxLength={200}
            value={o.name}
            onChange={(e) => set({ name: e.target.value })}
          />
          <Entry
            label={t('rosters.head.badge')}
            at="items.0.badge"
            fault={fault}
            maxLength={40}
            value={o.badge}
            onChange={(e) => set({ badge: e.target.value })}
          />
          <Choice label={t('rosters.head.rank')} value={o.rank} onChange={(e) => set({ rank: e.target.value })}>
            {ranks.map((r) => (
              <option key={r} value={r}>
                {rankWords(t, r)}
              </option>
            ))}
          </Choice>
          <Field label={t('rosters.head.unit')}>
            {(w) => (
              <>
                <input
                  {...w}
                  className="input"
                  list="roster-units"
                  maxLength={200}
                  value={o.unit}
                  onChange={(e) => set({ unit: e.target.value })}
                />
                <datalist id="roster-units">
                  {rolls.units.map((u) => (
                    <option key={u} value={u} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
          <Entry
            label={t('rosters.contract_hours')}
            at="items.0.contract"
            fault={fault}
            type="number"
            min={0}
            max={168}
            step={0.5}
            value={o.contract / 60}
            onChange={(e) => set({ contract: Math.round(Number(e.target.value) * 60) })}
          />
          <Choice
            label={t('rosters.employment')}
            value={o.employment}
            onChange={(e) => set({ employment: e.target.value })}
          >
            {['staff', 'contractor'].map((one) => (
              <option key={one} value={one}>
                {t(`rosters.employed.${one}`)}
              </option>
            ))}
          </Choice>
          <Choice
            label={t('rosters.gender')}
            hint={t('rosters.gender_hint')}
            value={o.gender}
            onChange={(e) => set({ gender: e.target.value })}
          >
            {['', 'female', 'male'].map((one) => (
              <option key={one} value={one}>
                {one === '' ? '–' : t(`rosters.gender_${one}`)}
              </option>
            ))}
          </Choice>
          <Field label={t('rosters.languages')} hint={t('rosters.languages_hint')}>
            {(w) => <Listed id={w.id} value={o.languages} onChange={(languages) => set({ languages })} />}
          </Field>
          <Entry
            label={t('rosters.funding')}
            maxLength={200}
            value={o.funding}
            onChange={(e) => set({ funding: e.target.value })}
          />
          <Entry
            label={t('rosters.service_from')}
            type="date"
            value={o.from}
            onChange={(e) => set({ from: e.target.value })}
          />
          <Entry
            label={t('rosters.service_until')}
            at="items.0.until"
            fault={fault}
            type="date"
            value={o.until}
            onChange={(e) => set({ until: e.target.value })}
          />
          <Entry
            label={t('rosters.email')}
            hint={t('rosters.email_hint')}
            at="items.0.email"
            fault={fault}
            type="email"
            maxLength={200}
            value={o.email ?? ''}
            onChange={(e) => set({ email: e.target.value.trim() })}
          />
          <Entry
            label={t('rosters.phone')}
            at="items.0.phone"
            fault={fault}
            type="tel"
            maxLength={60}
            value={o.phone ?? ''}
            onChange={(e) => set({ phone: e.target.value })}
          />
          <Choice
            label={t('rosters.account')}
            hint={t('rosters.account_hint')}
            at="items.0.user"
            fault={fault}
            value={o.user}
            onChange={(e) => set({ user: e.target.value })}
          >
            <option value="">{t('rosters.no_account')}</option>
            {o.user !== '' && !accounts.some((a) => a.id === o.user) && (
              <option value={o.user}>{t('rosters.account_unknown')}</option>
            )}
            {accounts.map((a) => (
              <option key={a.id} value={a.id}>
                {accountWords(
                  a,
                  rolls.order.find((other) => other.user === a.id && other.id !== o.id),
                )}
              </option>
            ))}
          </Choice>
          <Entry
            label={t('rosters.card')}
            hint={t('rosters.card_hint')}
            maxLength={64}
            value={o.card}
            onChange={(e) => set({ card: e.target.value.trim() })}
          />
          <section className="roll-wide" aria-label={t('rosters.head.held')}>
            <h3 className="h3">{t('rosters.head.held')}</h3>
            {o.held.map((h, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
              <div key={i} className="roll-row">
                <input
                  className="input"
                  aria-label={t('rosters.qualification_n', { n: i + 1 })}
                  list="roster-held"
                  value={h.code}
                  onChange={(e) =>
                    set({ held: o.held.map((one, n) => (n === i ? { ...one, code: e.target.value } : one)) })
                  }
                />
                <input
                  className="input"
                  type="date"
                  aria-label={t('rosters.expires_n', { n: i + 1 })}
                  value={h.expires}
                  onChange={(e) =>
                    set({ held: o.held.map((one, n) => (n === i ? { ...one, expires: e.target.value } : one)) })
                  }
                />
                <button
                  type="button"
                  className="btn sm ghost"
                  onClick={() => set({ held: o.held.filter((_, n) => n !== i) })}
                >
                  {t('rosters.remove')}
                </button>
              </div>
            ))}
            <datalist id="roster-held">
              {rolls.held.map((code) => (
                <option key={code} value={code} />
              ))}
            </datalist>
            <button
              type="button"
              className="btn sm"
              onClick={() => set({ held: [...o.held, { code: '', expires: '' }] })}
            >
              {t('rosters.add_qualification')}
            </button>
          </section>
        </>
      )}
    />
  )
}
