// What the station has chosen: times, assembly points, contacts.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { useAct } from './act'

interface Contact {
  role: string
  name: string
  phone: string
}

interface Chosen {
  station: string
  version: number
  investigate_seconds: number
  watch_minutes: number
  assembly: string[]
  contacts: Contact[]
}

export default function Choices() {
  const { t } = useTranslation()
  const desk = useDesk()
  const station = desk.station !== ALL ? desk.station : (desk.stations[0]?.id ?? '')
  const got = useQuery({
    queryKey: ['/fire/settings', station],
    queryFn: ({ signal }) => ask<Chosen>('/fire/settings', { query: { station }, signal }),
    enabled: station !== '',
  })
  return (
    <section className="panel" aria-label={t('fire.tab.settings')} data-panel>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('fire.tab.settings')}>
        {got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : got.data ? (
          <ChoiceForm
            key={`${station} ${got.data.version}`}
            of={got.data}
            name={desk.stations.find((s) => s.id === station)?.name ?? station}
            writes={desk.may('watch.manage', station)}
            saved={() => void got.refetch()}
          />
        ) : (
          <Loading />
        )}
      </div>
    </section>
  )
}

function ChoiceForm(props: { of: Chosen; name: string; writes: boolean; saved: () => void }) {
  const { of: chosen, name, writes, saved } = props
  const { t } = useTranslation()
  const { act, busy, fault, stale } = useAct()
  const [minutes, setMinutes] = useState(String(chosen.investigate_seconds / 60))
  const [watch, setWatch] = useState(String(chosen.watch_minutes))
  const [assembly, setAssembly] = useState(chosen.assembly.join('\n'))
  const [contacts, setContacts] = useState(chosen.contacts)
  const [done, setDone] = useState(false)
  useEffect(() => setDone(false), [])
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const body = {
      station: chosen.station,
      version: chosen.version,
      investigate_seconds: Math.round(Number(minutes) * 60),
      watch_minutes: Number(watch),
      assembly: assembly
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
      contacts,
    }
    if (await act('/fire/settings', body, 'PUT')) {
      setDone(true)
      saved()
    }
  }
  const change = (n: number, part: Partial<Contact>) =>
    setContacts(contacts.map((c, i) => (i === n ? { ...c, ...part } : c)))
  return (
    <form className="pad choices" onSubmit={save}>
      <h2>{name}</h2>
      <fieldset disabled={!writes}>
        <label className="field">
          {t('fire.investigate_minutes')}
          <input
            className="input short"
            inputMode="decimal"
            value={minutes}
            onChange={(e) => setMinutes(e.target.value.replace(/[^\d.]/g, ''))}
          />
        </label>
        <label className="field">
          {t('fire.watch_minutes')}
          <input
            className="input short"
            inputMode="numeric"
            value={watch}
            onChange={(e) => setWatch(e.target.value.replace(/\D/g, ''))}
          />
        </label>
        <label className="field">
          {t('fire.assembly_lines')}
          <textarea className="input" rows={4} value={assembly} onChange={(e) => setAssembly(e.target.value)} />
        </label>
        <h3>{t('fire.contacts')}</h3>
        {contacts.map((c, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a contact has no name of its own before it is typed
          <div className="line" key={n}>
            {(['role', 'name', 'phone'] as const).map((part) => (
              <input
                key={part}
                className="input"
                aria-label={t(`fire.contact.${part}`)}
                placeholder={t(`fire.contact.${part}`)}
                value={c[part]}
                maxLength={120}
                onChange={(e) => change(n, { [part]: e.target.value })}
              />
            ))}
            <button
              type="button"
              className="btn sm ghost"
              onClick={() => setContacts(contacts.filter((_, i) => i !== n))}
            >
              {t('fire.remove')}
            </button>
          </div>
        ))}
        <div className="line">
          <button
            type="button"
            className="btn sm"
            onClick={() => setContacts([...contacts, { role: '', name: '', phone: '' }])}
          >
            {t('fire.add_contact')}
          </button>
        </div>
        {writes && (
          <div className="line">
            <button type="submit" className="btn pri" disabled={busy}>
              {t('fire.save')}
            </button>
            <span role="status">{done && t('fire.saved')}</span>
          </div>
        )}
      </fieldset>
      {fault !== null && (
        <div className="fault" role="alert">
          {stale ? t('fire.settings_changed') : refusalWords(t, fault)}
        </div>
      )}
    </form>
  )
}
