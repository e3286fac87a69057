// Swaps with colleagues, checked against the rules before the chief sees them.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Choice, Entry } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { Failed } from '../shell/states'
import type { Board } from './contract'
import { addDays, dayWords } from './days'
import { useExchanges } from './exchange-lists'
import { fits } from './give'
import type { Mine } from './mine'
import { Named } from './options'
import type { Rolls } from './register'
import { isOpen, SwapLines } from './swap-line'
import { refusedWords, turnsWords } from './words'

/** Settled swaps that are still shown. */
const SETTLED = 6

export default function Swaps(props: { station: string; rolls: Rolls; mine: Mine; today: string }) {
  const { station, rolls, mine, today } = props
  const { t } = useTranslation()
  const me = mine.officer?.id ?? ''
  const [offering, setOffering] = useState(false)
  const { swaps, error, again, turn, busy, fault } = useExchanges(station)
  // What waits for this officer's answer stands at the head of the page.
  const own = (swaps ?? [])
    .filter(({ item }) => item.gives.officer === me || item.wants.officer === me)
    .filter(({ item }) => item.state !== 'offered' || item.wants.officer !== me)
  const open = own.filter(({ item }) => isOpen(item))
  const list = [...open, ...own.filter(({ item }) => !isOpen(item)).slice(0, SETTLED)]
  return (
    <section aria-label={t('rosters.swaps')}>
      <h2 className="h3">
        {t('rosters.swaps')}
        <span className="grow" />
        <button type="button" className="btn sm" onClick={() => setOffering(true)}>
          {t('rosters.offer_swap')}
        </button>
      </h2>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusedWords(t, fault, rolls)}
        </p>
      )}
      {error && <Failed fault={error} again={() => void again()} />}
      <SwapLines list={list} me={me} rolls={rolls} busy={busy} onTurn={(one, step) => void turn('swaps', one, step)}>
        {list.length === 0 && !error && <li className="dim">{t('rosters.none')}</li>}
      </SwapLines>
      {offering && (
        <Offer
          station={station}
          rolls={rolls}
          mine={mine}
          today={today}
          onClose={() => setOffering(false)}
          onDone={() => void again()}
        />
      )}
    </section>
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
  const given = days.find((d) => d.date === give)
  const post = given && rolls.posts.get(given.post)
  const { firearm } = rolls.register.calendar.item
  const able = rolls.order
    .filter((o) => o.id !== me && (o.from === '' || o.from <= give) && (o.until === '' || give <= o.until))
    .filter((o) => !post || fits(o, post, give, firearm))
    .sort((a, b) => a.name.localeCompare(b.name))
  return (
    <FormDialog
      title={t('rosters.offer_swap')}
      submit={t('rosters.swap_send')}
      off={give === '' || !able.some((o) => o.id === other)}
      words={(_, fault) => refusedWords(t, fault, rolls)}
      own={['gives', 'wants', 'note']}
      onClose={onClose}
      send={async () => {
        await ask(`/rosters/${station}/swaps`, {
          method: 'POST',
          body: { gives: { officer: me, date: give }, wants: { officer: other, date: want || give }, note },
        })
        onDone()
      }}
    >
      {(fault) =>
        days.length === 0 ? (
          <p className="empty">{t('rosters.no_shifts')}</p>
        ) : (
          <>
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
                  {dayWords(d.date)}: {turnsWords(t, [d], rolls)}
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
              <Named of={able} />
            </Choice>
            <Choice label={t('rosters.swap_for')} value={want} onChange={(e) => setWant(e.target.value)}>
              <option value="">{t('rosters.swap_nothing')}</option>
              {theirs.map((c) => (
                <option key={c.date} value={c.date}>
                  {dayWords(c.date)}: {turnsWords(t, c.duties, rolls)}
                </option>
              ))}
            </Choice>
            <Entry
              label={t('rosters.swap_note')}
              at="note"
              fault={fault}
              maxLength={500}
              value={note}
              onChange={(e) => setNote(e.target.value)}
            />
          </>
        )
      }
    </FormDialog>
  )
}
