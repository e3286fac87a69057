// What a spreadsheet is taken for: its sheet and letters, its month, its columns, its
// codes, the names in it; and what could not be used.
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Choice } from '../shell/field'
import type { Imported } from './contract'
import { leaveKinds } from './contract'
import type { Said, What } from './exchange'
import { PostsInUse, Shifts } from './options'
import type { Rolls } from './register'
import { leaveWords, qualificationWords } from './words'

type Mapping = Imported['mapping']
type OnMap = (change: Partial<Mapping>) => void

const LETTERS = ['utf-8', 'windows-1252', 'windows-1251', 'windows-1256'] as const

/** The months around one, as "2026-12". */
function monthsAround(year: number, month: number): string[] {
  return Array.from({ length: 25 }, (_, i) => new Date(Date.UTC(year, month - 1 + i - 12, 1)).toISOString().slice(0, 7))
}

/** How the file is written, where it does not say so itself. */
export function Reading(props: { read: Imported; roster: boolean; onSay: (said: Said) => void; onMap: OnMap }) {
  const { read, roster, onSay, onMap } = props
  const { t } = useTranslation()
  const { days, year, month, month_first } = read.mapping
  const headings = Object.values(days)
  const numbered = roster && headings.some((d) => /^\d{1,2}$/.test(d))
  const yearless = roster && !numbered && headings.some((d) => !/^\d{4}-/.test(d))
  const slashed = [...headings, ...read.sample.flat()].some((d) => /^\d{1,2}[./-]\d{1,2}([./-]|$)/.test(d))
  const shown = `${year}-${String(month).padStart(2, '0')}`
  const monthName = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' })
  return (
    <>
      {read.sheets.length > 1 && (
        <Choice
          label={t('rosters.sheet')}
          value={read.sheet}
          onChange={(e) => onSay({ sheet: e.target.value, mapping: undefined })}
        >
          {read.sheets.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Choice>
      )}
      {read.charset !== '' && read.charset !== 'utf-8' && (
        <Choice
          label={t('rosters.letters')}
          value={read.charset}
          onChange={(e) => onSay({ charset: e.target.value, mapping: undefined })}
        >
          {[...new Set([...LETTERS, read.charset])].map((name) => (
            <option key={name} value={name}>
              {t(`rosters.charset.${name}`)}
            </option>
          ))}
        </Choice>
      )}
      {numbered && (
        <Choice
          label={t('rosters.month')}
          value={shown}
          onChange={(e) => onMap({ year: Number(e.target.value.slice(0, 4)), month: Number(e.target.value.slice(5)) })}
        >
          {monthsAround(year, month).map((m) => (
            <option key={m} value={m}>
              {monthName.format(new Date(`${m}-01T00:00:00Z`))}
            </option>
          ))}
        </Choice>
      )}
      {yearless && (
        <Choice label={t('rosters.year')} value={year} onChange={(e) => onMap({ year: Number(e.target.value) })}>
          {[-2, -1, 0, 1, 2].map((n) => (
            <option key={n} value={year + n}>
              {year + n}
            </option>
          ))}
        </Choice>
      )}
      {slashed && (
        <Choice
          label={t('rosters.date_order')}
          value={month_first ? 'month' : 'day'}
          onChange={(e) => onMap({ month_first: e.target.value === 'month' })}
        >
          <option value="day">{t('rosters.day_first')}</option>
          <option value="month">{t('rosters.month_first')}</option>
        </Choice>
      )}
    </>
  )
}

const officerFields =
  'badge name given_name family_name rank unit contract qualifications languages gender employment funding home_station from until email phone id'
const fields: Record<What, readonly string[]> = {
  officers: officerFields.split(' '),
  posts:
    'id name area hours headcount shifts min_rank required wished armed mobile report meal_relief rotation check_call ceremonial unpopular lane paired_with weight'.split(
      ' ',
    ),
  roster: 'badge name given_name family_name rank unit id'.split(' '),
  duties: 'date officer badge shift post'.split(' '),
}

/** What each column of the file holds, as it was guessed or as somebody says. */
export function Columns(props: { read: Imported; what: What; rolls: Rolls; onMap: OnMap }) {
  const { read, what, rolls, onMap } = props
  const { t } = useTranslation()
  const { columns, held, days } = read.mapping
  const holds = (column: number): string => {
    const field = Object.keys(columns).find((f) => columns[f] === column)
    const code = Object.keys(held).find((c) => held[c] === column)
    return field ?? (code ? `held:${code}` : '')
  }
  const without = <T,>(of: Record<string, T>, column: T) =>
    Object.fromEntries(Object.entries(of).filter(([, c]) => c !== column))
  const say = (column: number, value: string) => {
    const code = value.startsWith('held:') ? value.slice(5) : ''
    onMap({
      columns: { ...without(columns, column), ...(value && !code && { [value]: column }) },
      held: { ...without(held, column), ...(code && { [code]: column }) },
    })
  }
  const examples = (column: number): string[] =>
    [...new Set(read.sample.map((row) => row[column - 1] ?? '').filter(Boolean))].slice(0, 2)
  const shown = read.head
    .map((head, i) => ({ head, column: i + 1 }))
    .filter(({ head, column }) => !days[column] && (head !== '' || examples(column).length > 0 || holds(column) !== ''))
  const unread = shown.filter(({ column }) => holds(column) === '')
  const nobody = ['name', 'badge', 'id', 'family_name', 'officer'].every((f) => !columns[f])
  const ours = what === 'officers' ? rolls.held : []
  return (
    <details open={unread.length > 0 || nobody ? true : undefined}>
      <summary>
        {t('rosters.columns', { count: shown.length - unread.length })}
        {Object.keys(days).length > 0 && ` · ${t('rosters.columns_days', { count: Object.keys(days).length })}`}
        {unread.length > 0 && ` · ${t('rosters.columns_unread', { count: unread.length })}`}
      </summary>
      {nobody && what !== 'posts' && <p className="notice-box">{t('rosters.columns_nobody')}</p>}
      <div className="import-columns">
        {shown.map(({ head, column }) => (
          <label key={column} className="field">
            <bdi>{head || t('rosters.column_n', { n: column })}</bdi>
            <select className="input" value={holds(column)} onChange={(e) => say(column, e.target.value)}>
              <option value="">{t('rosters.code_unread')}</option>
              {fields[what].map((field) => (
                <option key={field} value={field}>
                  {t(`rosters.field.${field}`)}
                </option>
              ))}
              {[...new Set([...ours, ...Object.keys(held)])].map((code) => (
                <option key={code} value={`held:${code}`}>
                  {t('rosters.field_held', { code: qualificationWords(code) })}
                </option>
              ))}
            </select>
            <small className="faint import-sample">
              <bdi>{examples(column).join(' · ')}</bdi>
            </small>
          </label>
        ))}
      </div>
    </details>
  )
}

const MOST = 60 // lines of codes or names

/** What the codes mean: first those that nobody knows, then the others as they were read. */
export function Codes(props: { read: Imported; rolls: Rolls; onMap: (codes: Record<string, string>) => void }) {
  const { read, rolls, onMap } = props
  const { t } = useTranslation()
  const said = read.mapping.codes
  const unknown = Object.entries(read.unknown).sort((a, b) => b[1] - a[1])
  const known = Object.entries(read.codes).sort((a, b) => b[1].times - a[1].times)
  if (unknown.length + known.length === 0) return null
  const line = (code: string, times: number, meaning: string) => (
    <Code
      key={code}
      code={code}
      times={times}
      meaning={meaning}
      rolls={rolls}
      onSay={(m) => onMap({ ...said, [code]: m })}
    />
  )
  return (
    <>
      {unknown.length > 0 && (
        <section aria-label={t('rosters.unknown_codes')}>
          <h3 className="h3">{t('rosters.unknown_codes')}</h3>
          <div className="import-columns">
            {unknown.slice(0, MOST).map(([code, times]) => line(code, times, said[code] ?? ''))}
          </div>
        </section>
      )}
      {known.length > 0 && (
        <details>
          <summary>{t('rosters.known_codes', { count: known.length })}</summary>
          <div className="import-columns">
            {known.slice(0, MOST).map(([code, use]) => line(code, use.times, said[code] ?? use.meaning))}
          </div>
        </details>
      )}
    </>
  )
}

/** One code: a shift, and at which post; leave; or no duty. */
function Code(props: { code: string; times: number; meaning: string; rolls: Rolls; onSay: (meaning: string) => void }) {
  const { code, times, meaning, rolls, onSay } = props
  const { t } = useTranslation()
  const [what, post = ''] = meaning.split('@')
  return (
    <div className="field">
      <span>
        <b>
          <bdi>{code}</bdi>
        </b>{' '}
        {t('rosters.times_n', { count: times })}
      </span>
      <select
        className="input"
        aria-label={t('rosters.code_means', { code })}
        value={what}
        onChange={(e) => onSay(e.target.value)}
      >
        <option value="">{t('rosters.code_ask')}</option>
        <option value="off">{t('rosters.free')}</option>
        <Shifts of={[...rolls.types.values()]} prefix="shift:" />
        {leaveKinds.map((kind) => (
          <option key={kind} value={`leave:${kind}`}>
            {leaveWords(t, kind)}
          </option>
        ))}
      </select>
      {what?.startsWith('shift:') && (
        <select
          className="input"
          aria-label={t('rosters.code_at', { code })}
          value={post}
          onChange={(e) => onSay(e.target.value ? `${what}@${e.target.value}` : what)}
        >
          <option value="">{t('rosters.code_no_post')}</option>
          <PostsInUse rolls={rolls} />
        </select>
      )}
    </div>
  )
}

/** Who is meant by names that no officer is written like. */
export function Names(props: { read: Imported; rolls: Rolls; onMap: (officers: Record<string, string>) => void }) {
  const { read, rolls, onMap } = props
  const { t } = useTranslation()
  const said = read.mapping.officers ?? {}
  const unknown = read.problems.filter((p) => p.code === 'officer').map((p) => p.value)
  const names = [...new Set([...unknown, ...Object.keys(said)])]
  if (names.length === 0) return null
  return (
    <details open={unknown.length > 0 && unknown.length < 13 ? true : undefined}>
      <summary>{t('rosters.unknown_names', { count: names.length })}</summary>
      <div className="import-columns">
        {names.slice(0, MOST).map((name) => (
          <label key={name} className="field">
            <bdi>{name}</bdi>
            <select
              className="input"
              value={said[name] ?? ''}
              onChange={(e) =>
                onMap(
                  e.target.value
                    ? { ...said, [name]: e.target.value }
                    : Object.fromEntries(Object.entries(said).filter(([n]) => n !== name)),
                )
              }
            >
              <option value="">{t('rosters.code_unread')}</option>
              {rolls.order.map((o) => (
                <option key={o.id} value={o.id}>
                  {o.name} · {o.badge || o.unit}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
    </details>
  )
}

/** Why a cell cannot be used; what only the console can say is said in its words. */
function faultWords(t: TFunction, what: What, p: Imported['problems'][number]): string {
  const one = what === 'posts' ? 'post' : what === 'officers' || p.field === 'name' ? 'officer' : 'duty'
  return t([`rosters.import_fault.${p.code}_${one}`, `rosters.import_fault.${p.code}`], {
    reason: p.reason,
    row: /\d+/.exec(p.reason)?.[0] ?? '',
    defaultValue: p.reason,
  })
}

/** "C", "AA": as a spreadsheet names its columns. */
export function columnLetters(n: number): string {
  return n <= 0 ? '' : columnLetters(Math.floor((n - 1) / 26)) + String.fromCharCode(65 + ((n - 1) % 26))
}

export function Faults({ read, what }: { read: Imported; what: What }) {
  const { t } = useTranslation()
  // Codes are asked for above: what else is wrong comes first.
  const faults = [...read.problems.filter((p) => p.code !== 'code'), ...read.problems.filter((p) => p.code === 'code')]
  if (faults.length === 0) return null
  const { days } = read.mapping
  return (
    <div className="scroll import-table" tabIndex={0} role="group" aria-label={t('rosters.import_faults')}>
      <table className="table">
        <thead>
          <tr>
            {['row', 'column', 'value', 'why'].map((head) => (
              <th scope="col" key={head}>
                {t(`rosters.import_head.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {faults.map((p) => (
            <tr key={`${p.row} ${p.column} ${p.code} ${p.value}`}>
              <td className="num">{p.row}</td>
              <td>
                {p.column > 0 ? (
                  <>
                    {columnLetters(p.column)}{' '}
                    <span className="faint">
                      <bdi>{days[p.column] ?? read.head[p.column - 1]}</bdi>
                    </span>
                  </>
                ) : (
                  '–'
                )}
              </td>
              <td className="mono">
                <bdi>{p.value}</bdi>
              </td>
              <td>{faultWords(t, what, p)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
