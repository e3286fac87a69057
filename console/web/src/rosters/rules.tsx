import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Choice, Entry, Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import { Loading } from '../shell/states'
import type { KindInfo, Register, RosterRule, RosterRules } from './contract'
import { type Rolls, registerKey } from './register'
import { Listed, Roll, type RollProps } from './roll'
import { hoursWords, kindOfRule, levelWords, refusedWords } from './words'

type Parameter = KindInfo['parameters'][number]

/** A station's rules, as data: each with its level, its numbers and the reason why it is. */
export default function Rules({ station, rolls, write }: RollProps) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['roster-rules'],
    queryFn: ({ signal }) => ask<RosterRules>('/roster-rules', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const client = useQueryClient()
  const [packing, setPacking] = useState(false)
  const [taken, setTaken] = useState<Taken | null>(null)
  const [taking, setTaking] = useState(false) // back
  const [fault, setFault] = useState<unknown>(null)
  if (!got.data) return <Loading />
  const { kinds, packs } = got.data
  const infoOf = (kind: string) => kinds.find((k) => k.kind === kind)
  const numbers = (r: RosterRule) =>
    (infoOf(r.kind)?.parameters ?? [])
      .map((p) => {
        const value = r[p.name as keyof RosterRule]
        if (value === undefined || value === 0 || (Array.isArray(value) && value.length === 0)) return ''
        const words = Array.isArray(value)
          ? value.join(' ')
          : p.unit === 'minutes'
            ? hoursWords(t, Number(value))
            : p.unit === 'percent'
              ? `${value} %`
              : String(value)
        return `${t(`rosters.parameter.${p.name}`, { context: r.kind, defaultValue: p.name })}: ${words}`
      })
      .filter(Boolean)
      .join(' · ')
  const first = kinds[0]
  const takeBack = async ({ before }: Taken) => {
    setTaking(true)
    setFault(null)
    try {
      client.setQueryData(registerKey(station), await save(station, rolls, before))
      setTaken(null)
    } catch (why) {
      setFault(why)
    }
    setTaking(false)
  }
  return (
    <>
      {taken && (
        <div className="filters" role="status" data-taken={taken.pack}>
          <span>{t('rosters.pack_taken', { pack: taken.pack })}</span>
          <button type="button" className="btn sm" disabled={taking} onClick={() => void takeBack(taken)}>
            {t('rosters.pack_back')}
          </button>
          {fault !== null && <span className="fault">{refusedWords(t, fault)}</span>}
        </div>
      )}
      <Roll<RosterRule>
        station={station}
        write={write}
        path="rules"
        kind="rule"
        label={t('rosters.tab.rules')}
        items={rolls.register.rules}
        id={(r) => r.id}
        name={(r) => r.name}
        words={(r) => `${r.name} ${r.kind} ${r.level} ${r.reason}`}
        heads={['name', 'level', 'kind', 'numbers', 'weight', 'reason']}
        more={
          write && (
            <button type="button" className="btn sm" onClick={() => setPacking(true)}>
              {t('rosters.packs')}
            </button>
          )
        }
        row={(r) => [
          r.name,
          <span key="level" className={`tag ${r.off ? '' : r.level === 'mandatory' ? 'mandatory' : ''}`}>
            {r.off ? t('rosters.off') : levelWords(t, r.level)}
          </span>,
          kindOfRule(t, r.kind),
          <bdi key="numbers">{numbers(r)}</bdi>,
          r.level === 'mandatory' ? '–' : r.weight || 10,
          <span key="reason" className="dim">
            {r.reason}
          </span>,
        ]}
        fresh={() => ({
          id: `R${Date.now().toString(36)}`,
          name: '',
          kind: first?.kind ?? '',
          level: first?.levels[0] ?? 'request',
          weight: 10,
          reason: '',
          off: false,
          for: {},
          ...usual(first),
        })}
        own={[]}
        form={(r, set, fault, isNew) => {
          const info = infoOf(r.kind)
          return (
            <>
              <Entry
                label={t('rosters.head.name')}
                at="items.0.name"
                fault={fault}
                required
                maxLength={200}
                value={r.name}
                onChange={(e) => set({ name: e.target.value })}
              />
              <Choice
                label={t('rosters.head.kind')}
                disabled={!isNew}
                value={r.kind}
                onChange={(e) => {
                  const next = infoOf(e.target.value)
                  set({ ...bare, kind: e.target.value, level: next?.levels[0] ?? 'request', ...usual(next) })
                }}
              >
                {kinds.map((k) => (
                  <option key={k.kind} value={k.kind}>
                    {kindOfRule(t, k.kind)}
                  </option>
                ))}
              </Choice>
              <Choice
                label={t('rosters.head.level')}
                at="items.0.level"
                fault={fault}
                hint={t(`rosters.level_hint.${r.level}`)}
                value={r.level}
                onChange={(e) => set({ level: e.target.value })}
              >
                {(info?.levels ?? []).map((l) => (
                  <option key={l} value={l}>
                    {levelWords(t, l)}
                  </option>
                ))}
              </Choice>
              {r.level !== 'mandatory' && (
                <Entry
                  label={t('rosters.head.weight')}
                  at="items.0.weight"
                  fault={fault}
                  hint={info?.per}
                  type="number"
                  min={0}
                  max={1000}
                  value={r.weight}
                  onChange={(e) => set({ weight: Number(e.target.value) })}
                />
              )}
              {(info?.parameters ?? []).map((p) => (
                <ParameterField key={p.name} p={p} r={r} set={set} fault={fault} />
              ))}
              <div className="roll-wide">
                <Entry
                  label={t('rosters.head.reason')}
                  at="items.0.reason"
                  fault={fault}
                  maxLength={1000}
                  value={r.reason}
                  onChange={(e) => set({ reason: e.target.value })}
                />
              </div>
              {info?.about !== 'post' && (
                <Field label={t('rosters.only_units')} hint={t('rosters.comma_hint')}>
                  {(w) => (
                    <Listed
                      id={w.id}
                      value={r.for.units ?? []}
                      onChange={(units) => set({ for: { ...r.for, units } })}
                    />
                  )}
                </Field>
              )}
              <label className="check">
                <input type="checkbox" checked={r.off} onChange={(e) => set({ off: e.target.checked })} />{' '}
                {t('rosters.rule_off')}
              </label>
            </>
          )
        }}
      />
      {packing && (
        <Packs
          station={station}
          packs={packs}
          rolls={rolls}
          numbers={numbers}
          onTaken={setTaken}
          onClose={() => setPacking(false)}
        />
      )}
    </>
  )
}

const bare = {
  minutes: undefined,
  least: undefined,
  count: undefined,
  days: undefined,
  weeks: undefined,
  under: undefined,
  over: undefined,
  of: undefined,
  shifts: undefined,
  after: undefined,
  before: undefined,
}

/** The usual numbers of a kind. */
const usual = (info: KindInfo | undefined): Partial<RosterRule> =>
  Object.fromEntries((info?.parameters ?? []).filter((p) => p.usual > 0).map((p) => [p.name, p.usual]))

function ParameterField(props: {
  p: Parameter
  r: RosterRule
  set: (change: Partial<RosterRule>) => void
  fault: unknown
}) {
  const { p, r, set, fault } = props
  const { t } = useTranslation()
  const value = r[p.name as keyof RosterRule]
  const label = t(`rosters.parameter.${p.name}`, { context: r.kind, defaultValue: p.name })
  const range =
    p.unit === 'minutes'
      ? t('rosters.between_hours', { least: p.least / 60, most: p.most / 60 })
      : t('rosters.between', { least: p.least, most: p.most })
  return (
    <Field
      label={label}
      at={`items.0.${p.name}`}
      fault={fault}
      hint={p.unit === 'shifts' ? t('rosters.shifts_hint') : p.unit === 'burden' ? undefined : range}
    >
      {(w) =>
        p.unit === 'shifts' ? (
          <Listed
            id={w.id}
            value={(value as string[] | undefined) ?? []}
            onChange={(list) => set({ [p.name]: list })}
          />
        ) : p.unit === 'burden' ? (
          <select
            {...w}
            className="input"
            value={String(value ?? 'nights')}
            onChange={(e) => set({ [p.name]: e.target.value })}
          >
            {['nights', 'weekends', 'holidays', 'unpopular', 'overtime'].map((b) => (
              <option key={b} value={b}>
                {t(`rosters.burden.${b}`)}
              </option>
            ))}
          </select>
        ) : p.unit === 'minutes' ? (
          <span className="with-unit">
            <input
              {...w}
              className="input"
              type="number"
              step={0.25}
              value={Number(value ?? 0) / 60}
              onChange={(e) => set({ [p.name]: Math.round(Number(e.target.value) * 60) })}
            />{' '}
            {t('rosters.unit_hours')}
          </span>
        ) : (
          <span className="with-unit">
            <input
              {...w}
              className="input"
              type="number"
              value={Number(value ?? 0)}
              onChange={(e) => set({ [p.name]: Number(e.target.value) })}
            />{' '}
            {p.unit === 'percent' ? '%' : p.unit === 'days' ? t('rosters.unit_days') : ''}
          </span>
        )
      }
    </Field>
  )
}

/** What a pack would do to a rule of the station; other words for the same are no change. */
function difference(was: RosterRule | undefined, is: RosterRule): 'new' | 'changed' | 'same' {
  if (!was) return 'new'
  const said = (r: RosterRule) =>
    JSON.stringify(
      Object.entries(r)
        .filter(([k, v]) => k !== 'name' && k !== 'reason' && v !== undefined && v !== 0 && v !== '' && v !== false)
        .sort(([x], [y]) => (x < y ? -1 : 1)),
    )
  return said(was) === said(is) ? 'same' : 'changed'
}

/** A pack that was taken, and what it changed as that was before. */
interface Taken {
  pack: string
  before: RosterRule[]
}

/** Saves rules, each with the version that is seen of it. */
const save = (station: string, rolls: Rolls, rules: RosterRule[]) =>
  ask<Register>(`/rosters/${station}/rules`, {
    method: 'POST',
    body: {
      items: rules.map((item) => ({
        version: rolls.register.rules.find((k) => (k.item as RosterRule).id === item.id)?.version ?? 0,
        item,
      })),
    },
    timeout: 20_000,
  })

/** Takes the rules of a pack, with the source of its numbers, and what it changes said before. */
function Packs(props: {
  station: string
  packs: RosterRules['packs']
  rolls: Rolls
  numbers: (r: RosterRule) => string
  onTaken: (taken: Taken) => void
  onClose: () => void
}) {
  const { station, packs, rolls, numbers, onTaken, onClose } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const [pack, setPack] = useState(packs[0]?.id ?? '')
  const [others, setOthers] = useState(true)
  const rules = packs.find((p) => p.id === pack)?.rules ?? []
  const found = rules.map((is) => {
    const was = rolls.rules.get(is.id)
    return { is, was, what: difference(was, is) }
  })
  const besides = [...rolls.rules.values()].filter((r) => !r.off && !rules.some(({ id }) => id === r.id))
  const differ = found.filter(({ what }) => what !== 'same')
  const words = (r: RosterRule) =>
    [
      r.off ? t('rosters.off') : levelWords(t, r.level),
      numbers(r),
      r.level === 'mandatory' ? '' : `${t('rosters.head.weight')}: ${r.weight || 10}`,
    ]
      .filter(Boolean)
      .join(', ')
  return (
    <FormDialog
      title={t('rosters.packs')}
      submit={t('rosters.pack_take', { count: rules.length })}
      onClose={onClose}
      send={async () => {
        const off = others ? besides.map((r) => ({ ...r, off: true })) : []
        client.setQueryData(registerKey(station), await save(station, rolls, [...rules, ...off]))
        const before = [...found.map(({ is, was }) => was ?? { ...is, off: true }), ...(others ? besides : [])]
        onTaken({ pack: packs.find((p) => p.id === pack)?.name ?? pack, before })
      }}
    >
      <p className="dim">{t('rosters.pack_why')}</p>
      <Choice
        label={t('rosters.pack')}
        hint={packs.find((p) => p.id === pack)?.source}
        value={pack}
        onChange={(e) => setPack(e.target.value)}
        data-autofocus
      >
        {packs.map((p) => (
          <option key={p.id} value={p.id}>
            {p.name}
          </option>
        ))}
      </Choice>
      <p role="status">
        {differ.length === 0 && besides.length === 0
          ? t('rosters.pack_same')
          : t('rosters.pack_changes', {
              fresh: found.filter(({ what }) => what === 'new').length,
              changed: found.filter(({ what }) => what === 'changed').length,
              same: rules.length - differ.length,
            })}
      </p>
      {differ.length > 0 && (
        <ul className="approve-list" data-pack={pack}>
          {differ.map(({ is, was }) => (
            <li key={is.id}>
              <b>{is.name}</b> · {was && <span className="dim">{words(was)} → </span>}
              {words(is)}
            </li>
          ))}
        </ul>
      )}
      {besides.length > 0 && (
        <label className="check">
          <input type="checkbox" checked={others} onChange={(e) => setOthers(e.target.checked)} />{' '}
          {t('rosters.pack_others', { count: besides.length, names: besides.map((r) => r.name).join(', ') })}
        </label>
      )}
    </FormDialog>
  )
}
