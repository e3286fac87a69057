// One rule: what it looks for, what it leads to, how it fared over the past.
import { type FormEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, Refusal } from '../ask'
import { kindWords, refusalWords } from '../i18n/words'
import { blank, kinds, type Logic, type Rule, sameLogic, tidy } from './rules'
import { Trials } from './trial'
import { ruleWords } from './words'

export function RuleEditor(props: {
  station: string
  rule: Rule | null
  start?: Logic
  write: boolean
  again: (rule?: string) => Promise<void>
  onClose: () => void
}) {
  const { station, rule, start = blank, write, again, onClose } = props
  const { t } = useTranslation()
  const [name, setName] = useState(rule?.name ?? '')
  const [logic, setLogic] = useState<Logic>(() => (rule ? logicOf(rule) : start))
  const [fault, setFault] = useState('')
  const [untried, setUntried] = useState(false)
  const [tried, setTried] = useState<Logic | null>(rule?.tried ? logicOf(rule) : null)
  const [busy, setBusy] = useState(false)
  const changed = !rule || rule.name !== name || JSON.stringify(tidy(logic)) !== JSON.stringify(tidy(logicOf(rule)))
  const send = async (work: () => Promise<Rule | undefined>) => {
    setBusy(true)
    setFault('')
    setUntried(false)
    try {
      await again((await work())?.id)
    } catch (why) {
      if (why instanceof Refusal && why.problem.params?.reason === 'not_tried') setUntried(true)
      else setFault(refusalWords(t, why))
    }
    setBusy(false)
  }
  const save = (event: FormEvent) => {
    event.preventDefault()
    void send(() =>
      rule
        ? ask<Rule>(`/rules/${rule.id}`, { method: 'PATCH', body: { version: rule.version, name, rule: tidy(logic) } })
        : ask<Rule>('/rules', { method: 'POST', body: { station, name, rule: tidy(logic) } }),
    )
  }
  const toggle = (anyway: boolean) =>
    rule &&
    void send(() =>
      ask<Rule>(`/rules/${rule.id}`, {
        method: 'PATCH',
        body: { version: rule.version, enabled: !rule.enabled, anyway },
      }),
    )
  const remove = () =>
    rule &&
    void send(async () => {
      await ask(`/rules/${rule.id}?version=${rule.version}`, { method: 'DELETE' })
      return undefined
    })
  return (
    <section className="panel rule-editor" aria-label={rule?.name ?? t('rules.add')} data-panel>
      <div className="ph">
        <h2>
          <bdi>{rule?.name ?? t('rules.add')}</bdi>
        </h2>
        <div className="grow" />
        {rule && write && (
          <button
            type="button"
            className={rule.enabled ? 'btn sm' : 'btn sm pri'}
            disabled={busy || changed}
            onClick={() => toggle(false)}
          >
            {t(rule.enabled ? 'rules.switch_off' : 'rules.switch_on')}
          </button>
        )}
        <button type="button" className="btn ghost sm" onClick={onClose}>
          {t('shell.close')}
        </button>
      </div>
      <div className="scroll pad" tabIndex={0} role="group" aria-label={t('rules.rule')}>
        {untried && (
          <div className="notice untried" role="alert">
            <span>{t('rules.untried')}</span>
            <button type="button" className="btn sm" onClick={() => toggle(true)}>
              {t('rules.anyway')}
            </button>
          </div>
        )}
        {fault && (
          <p className="fault" role="alert">
            {fault}
          </p>
        )}
        <form className="rule-form" onSubmit={save}>
          <fieldset disabled={!write} className="plain">
            <label className="field">
              {t('rules.name')}
              <input
                className="input"
                required
                maxLength={200}
                value={name}
                onChange={(e) => setName(e.target.value)}
              />
            </label>
            <Looks logic={logic} set={(change) => setLogic(tidy({ ...logic, ...change }))} />
            <Leads logic={logic} set={(outcome) => setLogic({ ...logic, outcome: { ...logic.outcome, ...outcome } })} />
          </fieldset>
          <p className="dim">{ruleWords(t, tidy(logic))}</p>
          {write && (
            <div className="acts">
              <button type="submit" className="btn pri" disabled={busy || !changed}>
                {t('rules.save')}
              </button>
              {rule && (
                <button type="button" className="btn danger" disabled={busy} onClick={remove}>
                  {t('rules.remove')}
                </button>
              )}
            </div>
          )}
          {changed && rule?.enabled && <p className="dim">{t('rules.off_after')}</p>}
        </form>
        {write && (
          <Trials
            station={station}
            rule={rule && sameLogic(logic, logicOf(rule)) ? rule.id : ''}
            logic={tidy(logic)}
            onDone={() => {
              setTried(logic)
              if (rule && sameLogic(logic, logicOf(rule))) void again(rule.id)
            }}
            tried={tried !== null && sameLogic(tried, logic)}
          />
        )}
      </div>
    </section>
  )
}

function logicOf(r: Rule): Logic {
  const { pattern, match, second, count, within, by, field, any_order, outcome } = r
  return tidy({ pattern, match, second, count, within, by, field, any_order, outcome })
}

function Looks({ logic, set }: { logic: Logic; set: (change: Partial<Logic>) => void }) {
  const { t } = useTranslation()
  return (
    <div className="rule-grid">
      <Choice
        label={t('rules.pattern')}
        value={logic.pattern}
        all={['count', 'sequence']}
        words={(v) => t(`rules.patterns.${v}`)}
        onChange={(pattern) => set({ pattern: pattern as Logic['pattern'] })}
      />
      <Kinds
        label={t(logic.pattern === 'count' ? 'rules.signals' : 'rules.first')}
        match={logic.match}
        onChange={(match) => set({ match })}
      />
      {logic.pattern === 'sequence' && logic.second && (
        <Kinds label={t('rules.then')} match={logic.second} onChange={(second) => set({ second })} />
      )}
      {logic.pattern === 'count' && (
        <Amount
          label={t('rules.how_many')}
          value={logic.count ?? 3}
          min={2}
          max={100}
          onChange={(count) => set({ count })}
        />
      )}
      <Amount
        label={t('rules.within')}
        value={logic.within}
        min={1}
        max={14_400}
        onChange={(within) => set({ within })}
      />
      <Choice
        label={t('rules.by')}
        value={logic.by}
        all={['point', 'device', 'area', 'station', 'detail']}
        words={(v) => t(`rules.grouping.${v}`)}
        onChange={(by) => set({ by: by as Logic['by'] })}
      />
      {logic.by === 'detail' && (
        <label className="field">
          {t('rules.field')}
          <input
            className="input"
            required
            value={logic.field ?? ''}
            onChange={(e) => set({ field: e.target.value })}
          />
        </label>
      )}
      {logic.pattern === 'sequence' && (
        <label className="check">
          <input
            type="checkbox"
            checked={logic.any_order ?? false}
            onChange={(e) => set({ any_order: e.target.checked })}
          />{' '}
          {t('rules.any_order')}
        </label>
      )}
    </div>
  )
}

function Leads({ logic, set }: { logic: Logic; set: (change: Partial<Logic['outcome']>) => void }) {
  const { t } = useTranslation()
  return (
    <div className="rule-grid">
      <Choice
        label={t('rules.outcome')}
        value={logic.outcome.do}
        all={['alarm', 'raise']}
        words={(v) => t(`rules.outcomes.${v}`)}
        onChange={(v) => set({ do: v as 'alarm' | 'raise' })}
      />
      <Choice
        label={t('rules.priority')}
        value={String(logic.outcome.priority)}
        all={['1', '2', '3', '4']}
        words={(v) => v}
        onChange={(v) => set({ priority: Number(v) })}
      />
      <label className="field wide">
        {t('rules.text')}
        <input
          className="input"
          maxLength={1000}
          value={logic.outcome.text}
          onChange={(e) => set({ text: e.target.value })}
        />
      </label>
    </div>
  )
}

function Choice(props: {
  label: string
  value: string
  all: string[]
  words: (v: string) => string
  onChange: (v: string) => void
}) {
  return (
    <label className="field">
      {props.label}
      <select className="input" value={props.value} onChange={(e) => props.onChange(e.target.value)}>
        {props.all.map((one) => (
          <option key={one} value={one}>
            {props.words(one)}
          </option>
        ))}
      </select>
    </label>
  )
}

function Amount(props: { label: string; value: number; min: number; max: number; onChange: (n: number) => void }) {
  return (
    <label className="field">
      {props.label}
      <input
        className="input"
        type="number"
        required
        min={props.min}
        max={props.max}
        value={props.value}
        onChange={(e) => props.onChange(Number(e.target.value))}
      />
    </label>
  )
}

function Kinds({
  label,
  match,
  onChange,
}: {
  label: string
  match: Logic['match']
  onChange: (m: Logic['match']) => void
}) {
  const { t } = useTranslation()
  const id = useId()
  const chosen = match.kinds ?? []
  const left = kinds.filter((k) => !chosen.includes(k))
  return (
    <div className="field wide">
      <label htmlFor={id}>{label}</label>
      <div className="kinds">
        {chosen.map((k) => (
          <button
            key={k}
            type="button"
            className="chip accent"
            disabled={chosen.length === 1}
            aria-label={t('rules.without', { kind: kindWords(t, k) })}
            onClick={() => onChange({ ...match, kinds: chosen.filter((x) => x !== k) })}
          >
            {kindWords(t, k)} {chosen.length > 1 && '×'}
          </button>
        ))}
        <select
          id={id}
          className="input"
          value=""
          onChange={(e) => onChange({ ...match, kinds: [...chosen, e.target.value] })}
        >
          <option value="">{t('rules.add_kind')}</option>
          {left.map((k) => (
            <option key={k} value={k}>
              {kindWords(t, k)}
            </option>
          ))}
        </select>
      </div>
    </div>
  )
}
