// Swaps that wait for the chief, and recalls: who was asked to come in, who said yes.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { Choice, Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import type { Board, Kept, Officer } from './contract'
import { dayOf, dayWords } from './days'
import { fits } from './give'
import type { RollProps } from './roll'
import { rankWords, refusedWords, shiftName, turnsWords, violationWords } from './words'

type Exchange = components['schemas']['Exchange']
type Summons = components['schemas']['Summons']

export default function Exchanges({ station, rolls }: RollProps) {
  const { t } = useTranslation()
  const desk = useDesk()
  const [fault, setFault] = useState<unknown>(null)
  const [recalling, setRecalling] = useState(false)
  const read = <T,>(what: string) => ({
    queryKey: ['rosters', station, what, 'all', rolls.register.version],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      ask<{ items: Kept<T>[] }>(`/rosters/${station}/${what}`, { signal }),
  })
  const swaps = useQuery(read<Exchange>('swaps'))
  const recalls = useQuery(read<Summons>('recalls'))
  const turn = async (what: string, id: string, version: number, step: string) => {
    setFault(null)
    try {
      await ask(`/rosters/${station}/${what}/${id}`, { method: 'POST', body: { version, do: step } })
    } catch (why) {
      setFault(why)
    }
    await Promise.all([swaps.refetch(), recalls.refetch()])
  }
  if (swaps.error || recalls.error)
    return (
      <Failed
        fault={swaps.error ?? recalls.error}
        again={() => void Promise.all([swaps.refetch(), recalls.refetch()])}
      />
    )
  if (!swaps.data || !recalls.data) return <Loading />
  const name = (id: string) => rolls.officers.get(id)?.name ?? id
  const approve = desk.may('rosters.approve', station)
  const amend = desk.may('rosters.amend', station)
  const first = (state: string) => (state === 'accepted' || state === 'asked' ? 0 : state === 'offered' ? 1 : 2)
  const open = [...swaps.data.items].sort((a, b) => first(a.item.state) - first(b.item.state))
  const asked = [...recalls.data.items].sort((a, b) => first(a.item.state) - first(b.item.state))
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('rosters.tab.swaps')}>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusedWords(t, fault, rolls)}
        </p>
      )}
      <h2 className="h3">{t('rosters.swaps')}</h2>
      {open.length === 0 ? (
        <p className="empty">{t('rosters.roll_empty')}</p>
      ) : (
        <table className="table">
          <tbody>
            {open.slice(0, 200).map(({ item, version }) => (
              <tr key={item.id} data-swap={item.state}>
                <td>
                  <bdi>{name(item.gives.officer)}</bdi>
                  <div className="dim">
                    {dayWords(item.gives.date)}: {turnsWords(t, item.duties, rolls)}
                  </div>
                </td>
                <td>
                  <bdi>{name(item.wants.officer)}</bdi>
                  <div className="dim">
                    {dayWords(item.wants.date)}: {turnsWords(t, item.returns, rolls)}
                  </div>
                </td>
                <td>
                  {t(`rosters.swap_state.${item.state}`, { defaultValue: item.state })}
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
                        onClick={() => void turn('swaps', item.id, version, 'approve')}
                      >
                        {t('rosters.approve_swap')}
                      </button>
                      <button
                        type="button"
                        className="btn sm"
                        onClick={() => void turn('swaps', item.id, version, 'refuse')}
                      >
                        {t('rosters.refuse')}
                      </button>
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h2 className="h3">
        {t('rosters.recalls_all')}
        <span className="grow" />
        {amend && (
          <button type="button" className="btn sm" onClick={() => setRecalling(true)}>
            {t('rosters.recall')}
          </button>
        )}
      </h2>
      {asked.length === 0 ? (
        <p className="empty">{t('rosters.roll_empty')}</p>
      ) : (
        <table className="table">
          <tbody>
            {asked.slice(0, 200).map(({ item, version }) => (
              <tr key={item.id} data-recall={item.state}>
                <td>
                  <bdi>{name(item.officer)}</bdi>
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
                </td>
                <td>
                  {item.state === 'asked' && amend && (
                    <div className="roll-acts">
                      {(['accept', 'decline', 'cancel'] as const).map((step) => (
                        <button
                          key={step}
                          type="button"
                          className="btn sm"
                          onClick={() => void turn('recalls', item.id, version, step)}
                        >
                          {t(`rosters.recall_do.${step}`)}
                        </button>
                      ))}
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {recalling && (
        <Recall
          station={station}
          rolls={rolls}
          onClose={() => setRecalling(false)}
          onDone={() => void recalls.refetch()}
        />
      )}
    </div>
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
      <Field label={t('rosters.recall_whom')} hint={t('rosters.recall_most')}>
        {(w) => (
          <select
            {...w}
            className="input recall-list"
            multiple
            size={8}
            value={chosen}
            onChange={(e) => setOfficers([...e.target.selectedOptions].map((o) => o.value).slice(0, 20))}
            data-autofocus
          >
            {free.map((o) => (
              <option key={o.id} value={o.id}>
                {[o.name, rankWords(t, o.rank), o.unit, o.phone].filter(Boolean).join(' · ')}
              </option>
            ))}
          </select>
        )}
      </Field>
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
            />
          )}
        </Field>
        <Choice label={t('rosters.shift')} value={shift} onChange={(e) => setShift(e.target.value)}>
          {[...rolls.types.values()]
            .filter((type) => !type.gone)
            .map((type) => (
              <option key={type.code} value={type.code}>
                {type.code} {type.name}
              </option>
            ))}
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
          {[...rolls.posts.values()]
            .filter((p) => !p.gone)
            .map((p) => (
              <option key={p.id} value={p.id}>
                {p.name}
              </option>
            ))}
        </Choice>
        <Field label={t('rosters.recall_minutes')}>
          {(w) => (
            <input
              {...w}
              className="input"
              type="number"
              min={1}
              max={1440}
              value={minutes}
              onChange={(e) => setMinutes(Number(e.target.value))}
            />
          )}
        </Field>
      </div>
      <Field label={t('rosters.reason')}>
        {(w) => (
          <input {...w} className="input" maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
        )}
      </Field>
    </FormDialog>
  )
}
