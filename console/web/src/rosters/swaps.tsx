// Swaps with colleagues, checked against the rules before the chief sees them, and
// recalls to answer.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import { Dialog } from '../shell/dialog'
import { Choice, Field } from '../shell/field'
import { Failed } from '../shell/states'
import { At } from '../shell/times'
import type { Board, Kept } from './contract'
import { addDays, dayWords } from './days'
import type { Mine } from './mine'
import type { Rolls } from './register'
import { refusedWords, shiftName, turnsWords, violationWords } from './words'

type Exchange = components['schemas']['Exchange']
type Summons = components['schemas']['Summons']

export default function Swaps(props: { station: string; rolls: Rolls; mine: Mine; today: string; version: number }) {
  const { station, rolls, mine, today, version } = props
  const { t } = useTranslation()
  const me = mine.officer?.id ?? ''
  const [offering, setOffering] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const swaps = useQuery({
    queryKey: ['rosters', station, 'swaps', version],
    queryFn: ({ signal }) => ask<{ items: Kept<Exchange>[] }>(`/rosters/${station}/swaps`, { signal }),
    placeholderData: (old) => old,
  })
  const recalls = useQuery({
    queryKey: ['rosters', station, 'recalls', version],
    queryFn: ({ signal }) => ask<{ items: Kept<Summons>[] }>(`/rosters/${station}/recalls`, { signal }),
    placeholderData: (old) => old,
  })
  const turn = async (what: 'swaps' | 'recalls', id: string, seen: number, step: string) => {
    setFault(null)
    try {
      await ask(`/rosters/${station}/${what}/${id}`, { method: 'POST', body: { version: seen, do: step } })
    } catch (why) {
      setFault(why)
    }
    await Promise.all([swaps.refetch(), recalls.refetch()])
  }
  const name = (id: string) => rolls.officers.get(id)?.name ?? id
  const asked = (recalls.data?.items ?? []).filter(({ item }) => item.officer === me && item.state === 'asked')
  const list = (swaps.data?.items ?? []).filter(({ item }) => item.gives.officer === me || item.wants.officer === me)
  return (
    <>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusedWords(t, fault, rolls)}
        </p>
      )}
      {asked.length > 0 && (
        <section aria-label={t('rosters.recalls')}>
          <h2 className="h3">{t('rosters.recalls')}</h2>
          <ol className="mine-list">
            {asked.map(({ item, version: seen }) => (
              <li key={item.id} data-recall={item.state}>
                <span>
                  <b>
                    {dayWords(item.date)}, {shiftName(rolls, item.shift)}
                  </b>
                  <span className="dim mine-post">
                    {rolls.posts.get(item.post)?.name ?? item.post} · {item.reason} · {t('rosters.answer_by')}{' '}
                    <At at={item.until} short />
                  </span>
                </span>
                <span className="grow" />
                <button
                  type="button"
                  className="btn sm pri"
                  onClick={() => void turn('recalls', item.id, seen, 'accept')}
                >
                  {t('rosters.accept')}
                </button>
                <button type="button" className="btn sm" onClick={() => void turn('recalls', item.id, seen, 'decline')}>
                  {t('rosters.decline')}
                </button>
              </li>
            ))}
          </ol>
        </section>
      )}
      <section aria-label={t('rosters.swaps')}>
        <h2 className="h3">
          {t('rosters.swaps')}
          <span className="grow" />
          <button type="button" className="btn sm" onClick={() => setOffering(true)}>
            {t('rosters.offer_swap')}
          </button>
        </h2>
        {swaps.error && <Failed fault={swaps.error} again={() => void swaps.refetch()} />}
        <ol className="mine-list">
          {list.map(({ item, version: seen }) => {
            const forMe = item.wants.officer === me
            return (
              <li key={item.id} data-swap={item.state}>
                <span>
                  <b>
                    {forMe
                      ? t('rosters.swap_from', { name: name(item.gives.officer) })
                      : t('rosters.swap_to', { name: name(item.wants.officer) })}
                  </b>
                  <span className="dim mine-post">
                    {dayWords(item.gives.date)}: {turnsWords(t, item.duties, rolls)} ⇄ {dayWords(item.wants.date)}:{' '}
                    {turnsWords(t, item.returns, rolls)}
                  </span>
                  {item.breaks.map((v) => (
                    <span key={v.key} className="mine-post">
                      {violationWords(t, v, rolls)}
                    </span>
                  ))}
                </span>
                <span className="grow" />
                {item.state === 'offered' && forMe ? (
                  <>
                    <button
                      type="button"
                      className="btn sm pri"
                      onClick={() => void turn('swaps', item.id, seen, 'accept')}
                    >
                      {t('rosters.accept')}
                    </button>
                    <button
                      type="button"
                      className="btn sm"
                      onClick={() => void turn('swaps', item.id, seen, 'decline')}
                    >
                      {t('rosters.decline')}
                    </button>
                  </>
                ) : (
                  <>
                    <span className="chip">{t(`rosters.swap_state.${item.state}`, { defaultValue: item.state })}</span>
                    {(item.state === 'offered' || item.state === 'accepted') && !forMe && (
                      <button
                        type="button"
                        className="btn sm"
                        onClick={() => void turn('swaps', item.id, seen, 'withdraw')}
                      >
                        {t('rosters.withdraw')}
                      </button>
                    )}
                  </>
                )}
              </li>
            )
          })}
          {list.length === 0 && !swaps.error && <li className="dim">{t('rosters.none')}</li>}
        </ol>
      </section>
      {offering && (
        <Offer
          station={station}
          rolls={rolls}
          mine={mine}
          today={today}
          onClose={() => setOffering(false)}
          onDone={() => void swaps.refetch()}
        />
      )}
    </>
  )
}

/** One of my days against a day of a colleague's. */
function Offer(props: {
  station: string
  rolls: Rolls
  mine: Mine
  today: string
  onClose: () => void
  onDone: () => void
}) {
  const { station, rolls, mine, today, onClose, onDone } = props
  const { t } = useTranslation()
  const me = mine.officer?.id ?? ''
  const days = mine.duties.filter((d) => d.date > today)
  const [give, setGive] = useState(days[0]?.date ?? '')
  const [other, setOther] = useState('')
  const [want, setWant] = useState('')
  const [note, setNote] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const roster = useQuery({
    queryKey: ['rosters', station, 'swap-days', today],
    queryFn: ({ signal }) =>
      ask<Board>(`/rosters/${station}/roster`, {
        query: { from: today, until: addDays(today, 34) },
        signal,
        timeout: 20_000,
      }),
  })
  const theirs = (roster.data?.cells ?? []).filter((c) => c.officer === other && c.date > today && c.duties.length > 0)
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setFault(null)
    try {
      await ask(`/rosters/${station}/swaps`, {
        method: 'POST',
        body: { gives: { officer: me, date: give }, wants: { officer: other, date: want || give }, note },
      })
      onDone()
      onClose()
    } catch (why) {
      setFault(why)
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('rosters.offer_swap')} onClose={onClose}>
      <form className="body" onSubmit={(e) => void send(e)}>
        <Choice
          label={t('rosters.swap_give')}
          at="gives"
          fault={fault}
          required
          value={give}
          onChange={(e) => setGive(e.target.value)}
          data-autofocus
        >
          {days.map((d) => (
            <option key={d.date} value={d.date}>
              {dayWords(d.date)}: {shiftName(rolls, d.shift)}
            </option>
          ))}
        </Choice>
        <Choice
          label={t('rosters.swap_with')}
          at="wants"
          fault={fault}
          required
          value={other}
          onChange={(e) => {
            setOther(e.target.value)
            setWant('')
          }}
        >
          <option value="">{t('rosters.choose')}</option>
          {rolls.order
            .filter((o) => o.id !== me)
            .map((o) => (
              <option key={o.id} value={o.id}>
                {o.name}
              </option>
            ))}
        </Choice>
        <Choice label={t('rosters.swap_for')} value={want} onChange={(e) => setWant(e.target.value)}>
          <option value="">{t('rosters.swap_nothing')}</option>
          {theirs.map((c) => (
            <option key={c.date} value={c.date}>
              {dayWords(c.date)}: {turnsWords(t, c.duties, rolls)}
            </option>
          ))}
        </Choice>
        <Field label={t('rosters.note')}>
          {(w) => (
            <input {...w} className="input" maxLength={500} value={note} onChange={(e) => setNote(e.target.value)} />
          )}
        </Field>
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault, rolls)}
          </p>
        )}
        <div className="actions">
          <button type="submit" className="btn pri" disabled={busy || give === '' || other === ''}>
            {t('rosters.swap_send')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
