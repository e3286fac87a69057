// How long what is kept, and which parts of the journal are kept however old.
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { full } from '../i18n/time'
import { clock } from '../live'
import { useDesk } from '../session/desk'
import { Field, Outcome } from '../shell/field'
import { useKept } from '../shell/kept'
import { Failed, Loading } from '../shell/states'
import { Holds } from './holds'

type Retention = components['schemas']['Retention']

const kinds = ['journal_days', 'dead_letter_days'] as const
const FEWEST = 30
const MOST = 20 * 366
const DAY = 86_400_000 // ms

export default function Kept() {
  const { t } = useTranslation()
  const { may } = useDesk()
  const everywhere = may('audit.read', '*')
  return (
    <div className="scroll pad kept-page" tabIndex={0} role="group" aria-label={t('retention.title')}>
      {everywhere && <Days />}
      <Holds />
    </div>
  )
}

function Days() {
  const { t } = useTranslation()
  const { may } = useDesk()
  const kept = useKept<Retention>('/retention')
  const [longer, setLonger] = useState(false) // the last save dropped nothing, so that it can be taken back
  if (kept.error) return <Failed fault={kept.error} again={kept.again} />
  if (!kept.now) return <Loading />
  return (
    <section aria-label={t('retention.title')}>
      <h3 className="h3">{t('retention.title')}</h3>
      <p className="dim">{t('retention.why')}</p>
      <Form
        key={kept.now.version}
        kept={{ ...kept, now: kept.now, undo: longer ? kept.undo : undefined }}
        change={may('stations.manage', '*')}
        onSave={setLonger}
      />
    </section>
  )
}

type Ready = ReturnType<typeof useKept<Retention>> & { now: Retention }

function Form(props: { kept: Ready; change: boolean; onSave: (longer: boolean) => void }) {
  const { kept, change, onSave } = props
  const { t } = useTranslation()
  const { zone } = useDesk()
  const [draft, setDraft] = useState(kept.now)
  const [sure, setSure] = useState(false)
  const same = kinds.every((k) => draft[k] === kept.now[k])
  const shorter = kinds.filter((k) => draft[k] < kept.now[k] && draft[k] >= FEWEST)
  const send = async (event: FormEvent) => {
    event.preventDefault()
    onSave(shorter.length === 0)
    if (!(await kept.save(draft))) setSure(false)
  }
  return (
    <form className="retention" onSubmit={(e) => void send(e)} data-retention={kept.now.version}>
      <fieldset disabled={!change} className="plain">
        {kinds.map((name) => (
          <Field
            key={name}
            label={t(`retention.${name}`)}
            at={name}
            fault={kept.fault}
            hint={t('retention.days', { min: FEWEST, max: MOST })}
          >
            {(wiring) => (
              <input
                {...wiring}
                className="input"
                type="number"
                required
                min={FEWEST}
                max={MOST}
                value={draft[name] || ''}
                onChange={(e) => {
                  setSure(false)
                  setDraft({ ...draft, [name]: Number(e.target.value) })
                }}
              />
            )}
          </Field>
        ))}
      </fieldset>
      {shorter.length > 0 && (
        <label className="notice-box check" data-shorter>
          <input type="checkbox" required checked={sure} onChange={(e) => setSure(e.target.checked)} />
          <span>
            {shorter.map((name) => (
              <span key={name}>
                {t(`retention.drops.${name}`, { before: full(clock.now() - draft[name] * DAY, zone) })}{' '}
              </span>
            ))}
            <b>{t('retention.gone')}</b>
          </span>
        </label>
      )}
      <Outcome kept={kept} own={(at) => (kinds as readonly string[]).includes(at)} />
      {change ? (
        <div className="acts">
          <button type="submit" className="btn pri" disabled={kept.busy || same}>
            {t('shell.save')}
          </button>
        </div>
      ) : (
        <p className="faint">{t('retention.read_only')}</p>
      )}
    </form>
  )
}
