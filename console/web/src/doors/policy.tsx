// A station's own rules for its doors: what needs a second officer, how long a
// call may ring, how long the reason of a lockdown may wait.
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { verbWords } from '../i18n/words'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Field, Outcome } from '../shell/field'
import { useKept } from '../shell/kept'
import { Failed, Loading } from '../shell/states'
import type { DoorPolicy } from './door'
import './editors.css'

const verbs = [
  'access',
  'unlock',
  'lock_open',
  'lock_open_release',
  'lock',
  'double_lock',
  'block',
  'lockdown',
  'lockdown_release',
]
const spans = [
  ['call_alarm', 10, 600],
  ['reason_within', 30, 3_600],
] as const

export default function Policy() {
  const { t } = useTranslation()
  const { may } = useDesk()
  const { station } = useOneStation()
  const kept = useKept<DoorPolicy>(`/door-policy/${encodeURIComponent(station)}`, station !== '')
  const change = may('doors.configure', station)
  return (
    <div className="scroll pad" tabIndex={0} role="group" aria-label={t('doors.tab.rules')}>
      <div className="posture-head">
        <h3 className="h3">{t('policy.title')}</h3>
        <OneStation />
      </div>
      {kept.error ? (
        <Failed fault={kept.error} again={kept.again} />
      ) : !kept.now ? (
        <Loading />
      ) : (
        <Form key={`${station} ${kept.now.version}`} kept={{ ...kept, now: kept.now }} change={change} />
      )}
    </div>
  )
}

type Ready = ReturnType<typeof useKept<DoorPolicy>> & { now: DoorPolicy }

function Form({ kept, change }: { kept: Ready; change: boolean }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(kept.now)
  const chosen = draft.two_verbs ?? []
  const same = JSON.stringify(draft) === JSON.stringify(kept.now)
  const send = (event: FormEvent) => {
    event.preventDefault()
    void kept.save(draft)
  }
  return (
    <form className="policy" onSubmit={send} aria-label={t('policy.title')} data-policy={kept.now.version}>
      <p className="dim">
        {t('policy.why')} {!change && t('policy.read_only')}
      </p>
      <fieldset disabled={!change}>
        <legend>{t('policy.second')}</legend>
        <p className="faint">{t('policy.to_one')}</p>
        <div className="verbs">
          {verbs.map((v) => (
            <label key={v} className="check">
              <input
                type="checkbox"
                checked={chosen.includes(v)}
                onChange={(e) =>
                  // In the order of the list, so that the same choice is the same document.
                  setDraft({
                    ...draft,
                    two_verbs: verbs.filter((o) => (o === v ? e.target.checked : chosen.includes(o))),
                  })
                }
              />
              {verbWords(t, v)}
            </label>
          ))}
        </div>
        <p className="faint">{t('policy.to_many')}</p>
        {(['two_release', 'two_postures'] as const).map((name) => (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={draft[name]}
              onChange={(e) => setDraft({ ...draft, [name]: e.target.checked })}
            />
            {t(`policy.${name}`)}
          </label>
        ))}
        <p className="faint">{t('policy.per_door')}</p>
      </fieldset>
      <fieldset disabled={!change}>
        <legend>{t('policy.times')}</legend>
        <div className="spans">
          {spans.map(([name, min, max]) => (
            <Field
              key={name}
              label={t(`policy.${name}`)}
              at={name}
              fault={kept.fault}
              hint={t('policy.between', { min, max })}
            >
              {(wiring) => (
                <input
                  {...wiring}
                  className="input"
                  type="number"
                  required
                  min={min}
                  max={max}
                  value={draft[name] || ''}
                  onChange={(e) => setDraft({ ...draft, [name]: Number(e.target.value) })}
                />
              )}
            </Field>
          ))}
        </div>
      </fieldset>
      <Outcome kept={kept} own={(at) => at === 'call_alarm' || at === 'reason_within'} />
      {change && (
        <div className="acts">
          <button type="submit" className="btn pri" disabled={kept.busy || same}>
            {t('shell.save')}
          </button>
        </div>
      )}
    </form>
  )
}
