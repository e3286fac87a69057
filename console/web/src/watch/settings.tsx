// A station's own choices: when its desks are asked, and where alarms go that
// nobody answers.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import type { Choices, Keeping } from './told'

interface Step {
  after: number
  to: string
}
type Steps = Record<string, Step[]>

export default function Settings({ station }: { station: Station }) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['watch settings', station.id],
    queryFn: ({ signal }) => ask<Choices>('/watch/settings', { query: { station: station.id }, signal }),
  })
  if (got.error) return <Failed fault={got.error} again={() => void got.refetch()} />
  if (!got.data) return <Loading />
  return (
    <div className="scroll watch-settings" tabIndex={0} role="group" aria-label={t('watch.tab.settings')}>
      <KeepingForm choices={got.data} />
      <EscalationForm choices={got.data} />
    </div>
  )
}

function useSave(station: string) {
  const client = useQueryClient()
  const [fault, setFault] = useState<unknown>(null)
  const [saved, setSaved] = useState(false)
  const save = async (path: string, body: object) => {
    setFault(null)
    setSaved(false)
    try {
      client.setQueryData(['watch settings', station], await ask<Choices>(path, { method: 'PATCH', body }))
      setSaved(true)
    } catch (why) {
      setFault(why)
    }
  }
  return { fault, saved, save }
}

function Outcome({ fault, saved }: { fault: unknown; saved: boolean }) {
  const { t } = useTranslation()
  if (fault !== null)
    return (
      <div className="fault" role="alert">
        {refusalWords(t, fault)}
      </div>
    )
  return saved ? (
    <p role="status" className="dim">
      {t('watch.saved')}
    </p>
  ) : null
}

const numbers = ['idle_minutes', 'answer_minutes', 'pack_minutes'] as const

function KeepingForm({ choices }: { choices: Choices }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const [keeping, setKeeping] = useState<Keeping>(choices.keeping)
  useEffect(() => setKeeping(choices.keeping), [choices])
  const { fault, saved, save } = useSave(choices.station)
  const locked = !may('watch.manage', choices.station)
  const send = (event: FormEvent) => {
    event.preventDefault()
    void save('/watch/keeping', { station: choices.station, version: choices.keeping_version, keeping })
  }
  return (
    <form onSubmit={send} aria-label={t('watch.keeping')} data-keeping>
      <h3>{t('watch.keeping')}</h3>
      <fieldset disabled={locked}>
        {(['prompt', 'staffed'] as const).map((name) => (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={keeping[name]}
              onChange={(e) => setKeeping({ ...keeping, [name]: e.target.checked })}
            />
            <span>
              {t(`watch.keep.${name}`)} <span className="dim">{t(`watch.keep.${name}_means`)}</span>
            </span>
          </label>
        ))}
        {numbers.map((name) => (
          <label key={name} className="number">
            <span>{t(`watch.keep.${name}`)}</span>
            <input
              className="input"
              type="number"
              inputMode="numeric"
              min={name === 'pack_minutes' ? 0 : 1}
              value={keeping[name]}
              onChange={(e) => setKeeping({ ...keeping, [name]: Number(e.target.value) })}
            />
            <span className="dim">{t('watch.minutes')}</span>
          </label>
        ))}
      </fieldset>
      <Outcome fault={fault} saved={saved} />
      {!locked && (
        <button type="submit" className="btn pri">
          {t('watch.save')}
        </button>
      )}
    </form>
  )
}

const targets = ['supervisor', 'delivery', 'duty_chief'] as const

function EscalationForm({ choices }: { choices: Choices }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const [steps, setSteps] = useState<Steps>(choices.escalation as Steps)
  useEffect(() => setSteps(choices.escalation as Steps), [choices])
  const { fault, saved, save } = useSave(choices.station)
  const locked = !may('watch.manage', choices.station)
  const change = (priority: string, list: Step[]) => setSteps({ ...steps, [priority]: list })
  const send = (event: FormEvent) => {
    event.preventDefault()
    const kept = Object.fromEntries(Object.entries(steps).filter(([, list]) => list.length > 0))
    void save('/watch/escalation', { station: choices.station, version: choices.escalation_version, escalation: kept })
  }
  return (
    <form onSubmit={send} aria-label={t('watch.escalation')} data-escalation>
      <h3>{t('watch.escalation')}</h3>
      <p className="dim">{t('watch.escalation_means')}</p>
      <fieldset disabled={locked}>
        {['1', '2', '3', '4'].map((priority) => {
          const list = steps[priority] ?? []
          return (
            <div key={priority} className="rungs" role="group" aria-label={t('watch.priority', { priority })}>
              <b>{t('watch.priority', { priority })}</b>
              {list.length === 0 && <span className="dim">{t('watch.no_steps')}</span>}
              {list.map((step, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the list
                <span key={i} className="rung">
                  {t('watch.after')}
                  <input
                    className="input"
                    type="number"
                    min={1}
                    max={86_400}
                    aria-label={t('watch.after_seconds', { n: i + 1, priority })}
                    value={step.after}
                    onChange={(e) => change(priority, list.with(i, { ...step, after: Number(e.target.value) }))}
                  />
                  {t('watch.seconds_to')}
                  <select
                    className="input"
                    aria-label={t('watch.to_whom', { n: i + 1, priority })}
                    value={step.to}
                    onChange={(e) => change(priority, list.with(i, { ...step, to: e.target.value }))}
                  >
                    {[...new Set([...targets, step.to])].map((to) => (
                      <option key={to} value={to}>
                        {t(`watch.to.${to}`, { defaultValue: to })}
                      </option>
                    ))}
                  </select>
                  <button
                    type="button"
                    className="btn sm ghost"
                    aria-label={t('watch.remove_step', { n: i + 1, priority })}
                    onClick={() => change(priority, list.toSpliced(i, 1))}
                  >
                    ×
                  </button>
                </span>
              ))}
              {list.length < 10 && !locked && (
                <button
                  type="button"
                  className="btn sm"
                  onClick={() =>
                    change(priority, [
                      ...list,
                      {
                        after: (list[list.length - 1]?.after ?? 0) + 60,
                        to: targets[Math.min(list.length, 2)] ?? 'delivery',
                      },
                    ])
                  }
                >
                  {t('watch.add_step')}
                </button>
              )}
            </div>
          )
        })}
      </fieldset>
      <Outcome fault={fault} saved={saved} />
      {!locked && (
        <button type="submit" className="btn pri">
          {t('watch.save')}
        </button>
      )}
    </form>
  )
}
