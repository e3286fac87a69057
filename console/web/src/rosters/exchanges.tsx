// Swaps that wait for the chief, and recalls: who was asked to come in, who said yes.
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { Choice, Entry, Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import type { Board, Officer } from './contract'
import { dayOf, dayWords } from './days'
import { useExchanges } from './exchange-lists'
import { fits } from './give'
import { PostsInUse, Shifts } from './options'
import type { RollProps } from './roll'
import { rankWords, refusedWords, shiftName, swapWords, turnsWords, violationWords } from './words'

/** Rows of a table; older ones are in the record. */
const MOST = 200

/** Officers that one recall asks. */
const MOST_ASKED = 20

export default function Exchanges({ station, rolls }: RollProps) {
  const { t } = useTranslation()
  const desk = useDesk()
  const [recalling, setRecalling] = useState(false)
  const { swaps, recalls, error, again, turn, busy, fault } = useExchanges(station)
  if (error) return <Failed fault={error} again={() => void again()} />
  if (!swaps || !recalls) return <Loading />
  const name = (id: string) => rolls.officers.get(id)?.name ?? id
  const approve = desk.may('rosters.approve', station)
  const amend = desk.may('rosters.amend', station)
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('rosters.tab.swaps')}>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusedWords(t, fault, rolls)}
        </p>
      )}
      <h2 className="h3">{t('rosters.swaps')}</h2>
      <Rows heads={['swap_gives', 'swap_gets', 'swap_where']} none={swaps.length === 0}>
        {swaps.slice(0, MOST).map((one) => {
          const { item } = one
          return (
            <tr key={item.id} data-swap={item.state}>
              <td>
                <bdi>{name(item.gives.officer)}</bdi>
                <div className="dim">
                  {dayWords(item.gives.date)}: {turnsWords(t, item.duties, rolls)}
                </div>
                {item.note && <div className="dim">{t('rosters.swap_said', { note: item.note })}</div>}
              </td>
              <td>
                <bdi>{name(item.wants.officer)}</bdi>
                <div className="dim">
                  {dayWords(item.wants.date)}: {turnsWords(t, item.returns, rolls)}
                </div>
              </td>
              <td>
                {swapWords(t, item, rolls)}
                {item.decided && !item.decided.startsWith('0001') && (
                  <span className="dim">
                    {' '}
                    · <At at={item.decided} short />
                  </span>
                )}
                {item.breaks.map((v) => (
                  <div key={v.key} className="dim">
                    {violationWords(t, v, rolls)}
                  </div>
                ))}
              </td>
              <td>
                {item.state === 'accepted' && approve && (
                  <div className="roll-acts">
                    <button
                      type="button"
                      className="btn sm pri"
                      disabled={busy}
                      onClick={() => void turn('swaps', one, 'approve')}
                    >
                      {t('rosters.approve_swap')}
                    </button>
                    <button
                      type="button"
                      className="btn sm"
                      disabled={busy}
                      onClick={() => void turn('swaps', one, 'refuse')}
                    >
                      {t('rosters.refuse')}
                    </button>
                  </div>
                )}
              </td>
            </tr>
          )
        })}
      </Rows>
      <h2 className="h3">
        {t('rosters.recalls_all')}
        <span className="grow" />
        {amend && (
          <button type="button" className="btn sm" onClick={() => setRecalling(true)}>
            {t('rosters.recall')}
          </button>
        )}
      </h2>
      <Rows heads={['officer', 'shift', 'reason', 'swap_where']} none={recalls.length === 0}>
        {recalls.slice(0, MOST).map((one) => {
          const { item } = one
          return (
            <tr key={item.id} data-recall={item.state}>
              <td>
                <bdi>{name(item.officer)}</bdi>
                {item.state === 'asked' && rolls.officers.get(item.officer)?.phone && (
                  <div className="dim">
                    <bdi>{rolls.officers.get(item.officer)?.phone}</bdi>
                  </div>
                )}
              </td>
              <td>
                {dayWords(item.date)}, {shiftName(rolls, item.shift)}
                <div className="dim">{rolls.posts.get(item.post)?.name ?? item.post}</div>
              </td>
              <td className="dim">{item.reason}</td>
              <td>
                {t(`rosters.recall_state.${item.state}`, { defaultValue: item.state })}
                {item.state === 'asked' && (
                  <div className="dim">
                    {t('rosters.answer_by')} <At at={item.until} short />
                  </div>
                )}
                {item.note && <div className="dim">{t('rosters.swap_said', { note: item.note })}</div>}
              </td>
              <td>
                {amend && (item.state === 'asked' || item.state === 'accepted') && (
                  <div className="roll-acts">
                    {(['accept', 'decline', 'cancel'] as const)
                      .filter((step) => item.state === 'asked' || step === 'cancel')
                      .map((step) => (
                        <button
                          key={step}
                          type="button"
                          className="btn sm"
                          disabled={busy}
                          onClick={() => void turn('recalls', one, step)}
                        >
                          {t(`rosters.recall_do.${step}`)}
                        </button>
                      ))}
                  </div>
                )}
              </td>
            </tr>
          )
        })}
      </Rows>
      {recalling && (
        <Recall station={station} rolls={rolls} onClose={() => setRecalling(false)} onDone={() => void again()} />
      )}
    </div>
  )
}

/** A table whose last column holds what can be done, or the word that it is empty. */
function Rows({ heads, none, children }: { heads: string[]; none: boolean; children: ReactNode }) {
  const { t } = useTranslation()
  if (none) return <p className="empty">{t('rosters.roll_empty')}</p>
  return (
    <table className="table">
      <thead>
        <tr>
          {heads.map((head) => (
            <th scope="col" key={head}>
              {t(`rosters.${head}`)}
            </th>
          ))}
          <th scope="col">
            <span className="sr">{t('rosters.acts')}</span>
          </th>
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

/** Who has neither a duty nor leave on a day and may stand at a post, by name. */
function offDuty(rolls: RollProps['rolls'], roster: Board | undefined, day: string, post: string): Officer[] {
  const busy = new Set<string>()
  for (const c of roster?.cells ?? []) if (c.date === day && c.duties.length > 0) busy.add(c.officer)
  for (const l of roster?.leave ?? [])
    if (l.decision === 'approved' && l.from <= day && day <= l.until) busy.add(l.officer)
  const place = rolls.posts.get(post)
  const { firearm } = rolls.register.calendar.item
  return rolls.order
    .filter((o) => !busy.has(o.id) && (o.from === '' || o.from <= day) && (o.until === '' || day <= o.until))
    .filter((o) => !place || fits(o, place, day, firearm))
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** Asks officers who are off duty to come in; the first who says yes gets the duty. */
function Recall(props: { station: string; rolls: RollProps['rolls']; onClose: () => void; onDone: () => void }) {
  const { station, rolls, onClose, onDone } = props
  const { t } = useTranslation()
  const [officers, setOfficers] = useState<string[]>([])
  const [date, setDate] = useState(dayOf(clock.now(), rolls.register.zone))
  const [shift, setShift] = useState([...rolls.types.values()].find((type) => !type.gone)?.code ?? '')
  const [post, setPost] = useState('')
  const [reason, setReason] = useState('')
  const [minutes, setMinutes] = useState(30)
  const roster = useQuery({
    queryKey: ['rosters', station, 'recall', date, rolls.register.version],
    queryFn: ({ signal }) =>
      ask<Board>(`/rosters/${station}/roster`, { query: { from: date, until: date }, signal, timeout: 20_000 }),
    enabled: date !== '',
    placeholderData: (old) => old,
  })
  const free = offDuty(rolls, roster.data, date, post)
  const chosen = officers.filter((id) => free.some((o) => o.id === id))
  return (
    <FormDialog
      title={t('rosters.recall')}
      submit={t('rosters.recall_send', { count: chosen.length })}
      off={chosen.length === 0}
      words={(_, fault) => refusedWords(t, fault, rolls)}
      onClose={onClose}
      send={async () => {
        await ask(`/rosters/${station}/recalls`, {
          method: 'POST',
          body: { officers: chosen, date, shift, post, reason, minutes },
          timeout: 20_000,
        })
        onDone()
      }}
    >
      <p className="dim">{t('rosters.recall_why')}</p>
      <div className="rosters-four">
        <Field label={t('rosters.day')}>
          {(w) => (
            <input
              {...w}
              className="input"
              type="date"
              required
              value={date}
              onChange={(e) => setDate(e.target.value)}
              data-autofocus
            />
          )}
        </Field>
        <Choice label={t('rosters.shift')} value={shift} onChange={(e) => setShift(e.target.value)}>
          <Shifts of={[...rolls.types.values()].filter((type) => !type.gone)} />
        </Choice>
        <Choice
          label={t('rosters.post')}
          value={post}
          onChange={(e) => {
            setPost(e.target.value)
            const worked = rolls.posts.get(e.target.value)?.shifts ?? []
            if (worked[0] && !worked.includes(shift)) setShift(worked[0])
          }}
        >
          <option value="">{t('rosters.reserve')}</option>
          <PostsInUse rolls={rolls} />
        </Choice>
      </div>
      <Whom free={free} chosen={chosen} onChoose={setOfficers} />
      <div className="rosters-two">
        <Entry label={t('rosters.reason')} maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
        <Entry
          label={t('rosters.recall_minutes')}
          type="number"
          min={1}
          max={1440}
          required
          value={minutes}
          onChange={(e) => setMinutes(Number(e.target.value))}
        />
      </div>
    </FormDialog>
  )
}

/** Officers to tick, found by a part of their name, unit or rank; at most twenty. */
function Whom(props: { free: Officer[]; chosen: string[]; onChoose: (officers: string[]) => void }) {
  const { free, chosen, onChoose } = props
  const { t } = useTranslation()
  const [words, setWords] = useState('')
  const lines = free.map((o) => ({
    id: o.id,
    name: o.name,
    rest: [rankWords(t, o.rank), o.unit, o.phone].filter(Boolean).join(' · '),
  }))
  const sought = words.trim().toLowerCase()
  const shown = lines.filter(
    (line) => chosen.includes(line.id) || `${line.name} ${line.rest}`.toLowerCase().includes(sought),
  )
  return (
    <fieldset className="recall-whom">
      <legend>{t('rosters.recall_whom', { count: chosen.length, most: MOST_ASKED })}</legend>
      <input
        className="input"
        type="search"
        aria-label={t('rosters.search')}
        placeholder={t('rosters.search')}
        value={words}
        onChange={(e) => setWords(e.target.value)}
      />
      <div className="recall-list">
        {shown.map((line) => (
          <label key={line.id} className="check">
            <input
              type="checkbox"
              checked={chosen.includes(line.id)}
              disabled={!chosen.includes(line.id) && chosen.length >= MOST_ASKED}
              onChange={(e) =>
                onChoose(e.target.checked ? [...chosen, line.id] : chosen.filter((id) => id !== line.id))
              }
            />
            <span>
              <bdi>{line.name}</bdi> <bdi className="dim">{line.rest}</bdi>
            </span>
          </label>
        ))}
        {shown.length === 0 && <p className="dim">{t('rosters.recall_nobody')}</p>}
      </div>
    </fieldset>
  )
}
