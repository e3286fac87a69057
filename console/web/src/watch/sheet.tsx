// The sheet of a shift's end: what the next officer must know, gravest first.
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { full, zoneName } from '../i18n/time'
import { alarmPlace, alarmTitle, kindWords, stateWords } from '../i18n/words'
import { At } from '../shell/times'
import { useStationName } from './station-names'
import type { Sheet } from './told'

type Fields = Record<string, unknown>

const impaired = ['point_name', 'zone_name', 'location', 'mode', 'reason', 'by_name', 'since', 'until', 'watch_due']

/** An investigation, or the board of an evacuation: only a board has floors. */
const underWay = (one: Fields): Fields =>
  Array.isArray(one.floors)
    ? { ...one, what: one.drill === true ? 'drill' : 'evacuation' }
    : { ...one, what: 'investigation' }

/** With the name of where it holds; no place is the whole station. */
const placed = (one: Fields): Fields => {
  const scope = (one.scope ?? {}) as { kind?: string; name?: string }
  return { ...one, place_name: scope.name || scope.kind }
}

export function SheetView({ sheet, onConfirm }: { sheet: Sheet; onConfirm?: ((shelf: string) => void) | undefined }) {
  const { t } = useTranslation()
  const alarms = (sheet.alarms ?? []) as Alarm[]
  const open = alarms.filter((a) => !a.removed)
  const late = open.filter(
    (a) => (a as { finish_at?: string | null }).finish_at === null && a.owner && a.state === 'acknowledged',
  )
  const things = (list: unknown): Fields[] => (Array.isArray(list) ? (list as Fields[]) : [])
  const register = things(sheet.impairments)
  // What the register takes out of the list stands in the register; here it is only counted.
  const registered = (one: Fields) =>
    one.mode === 'out_of_service' && one.needs_confirm !== true && register.some((entry) => entry.point === one.point)
  const shelf = things(sheet.shelf).filter((one) => !registered(one))
  const out = things(sheet.shelf).length - shelf.length
  return (
    <article className="handover-sheet" aria-label={t('handover.sheet')}>
      <header className="handover-sheet-head">
        <h2>
          {t('handover.title', { station: sheet.station_name })}{' '}
          {sheet.demo && <span className="chip demo">{t('shell.demo')}</span>}
        </h2>
        <p>
          <bdi>
            {full(sheet.at, sheet.time_zone)} {zoneName(sheet.time_zone, Date.parse(sheet.at))}
          </bdi>{' '}
          · <bdi>{full(sheet.at, 'UTC')} UTC</bdi>
        </p>
        <p className="dim">
          {(sheet.posts ?? []).length > 0
            ? t('handover.on_watch', {
                names: (sheet.posts ?? []).map((p) => (p.desk ? `${p.name} (${p.desk})` : p.name)).join(', '),
              })
            : t('watch.nobody')}
        </p>
      </header>
      {sheet.shift && <OnDuty shift={sheet.shift} />}
      <Things
        title={t('handover.fire')}
        list={things(sheet.fire).map(underWay)}
        columns={[
          'what',
          'building_name',
          'zone_name',
          'location',
          'point_name',
          'state',
          'investigator',
          'started_at',
        ]}
      />
      <Things
        title={t('handover.fire_impairments')}
        list={register.filter((one) => one.fire === true)}
        columns={impaired}
      />
      <Things
        title={t('handover.lockdowns')}
        list={things(sheet.lockdowns).map(placed)}
        columns={['place_name', 'reason', 'by_name', 'at', 'state']}
      />
      <Things
        title={t('handover.postures')}
        list={things(sheet.postures).map(placed)}
        columns={['title', 'place_name', 'reason', 'by_name', 'at']}
      />
      <Alarms title={t('handover.open', { count: open.length })} list={open} left={sheet.left?.alarms} />
      {late.length > 0 && <p className="dim">{t('handover.in_hand', { count: late.length })}</p>}
      <Alarms
        title={t('handover.closing', { count: (sheet.closing ?? []).length })}
        list={(sheet.closing ?? []) as Alarm[]}
      />
      <Things
        title={t('handover.shelf', { count: shelf.length })}
        list={shelf}
        columns={['point_name', 'location', 'kind', 'mode', 'reason', 'by_name', 'until', 'patrol']}
        act={(one) =>
          one.needs_confirm === true && onConfirm ? (
            <button type="button" className="btn sm no-print" onClick={() => onConfirm(String(one.id))}>
              {t('handover.confirm')}
            </button>
          ) : one.needs_confirm === true ? (
            <b>{t('handover.to_confirm')}</b>
          ) : null
        }
      />
      {out > 0 && <p className="dim">{t('handover.out', { count: out })}</p>}
      <Things title={t('handover.impairments')} list={register.filter((one) => one.fire !== true)} columns={impaired} />
      <Things
        title={t('handover.covers')}
        list={things(sheet.covers)}
        columns={['by_station', 'from', 'until', 'daily_from', 'daily_to', 'reason', 'granted_by']}
      />
      {(sheet.failed ?? 0) > 0 && <p>{t('watch.failed', { count: sheet.failed })}</p>}
    </article>
  )
}

/** Who is on duty by the roster, post by post, who comes next, and where nobody stands. */
function OnDuty({ shift }: { shift: NonNullable<Sheet['shift']> }) {
  const { t } = useTranslation()
  const none = t('handover.no_post')
  const absent = (presence: string) => presence === 'late' || presence === 'no_show'
  return (
    <section data-shift={shift.on.length}>
      <h3>
        {t('handover.on_duty', { count: shift.on.length })}
        {shift.on.length > 0 && (
          <>
            , {t('handover.until')} <At at={shift.ends} short />
          </>
        )}
      </h3>
      {shift.short.length > 0 && (
        <p>
          <b>{t('handover.short', { count: shift.short.length })}</b> {shift.short.join(', ')}
        </p>
      )}
      <ul className="handover-duties">
        {shift.on.map((one) => (
          <li key={`${one.post} ${one.name} ${one.from}`}>
            {one.post || none}: <bdi>{one.name}</bdi>
            {absent(one.presence) && <b> ({t(`handover.presence.${one.presence}`)})</b>}
          </li>
        ))}
      </ul>
      {shift.next.length > 0 && (
        <details>
          <summary>{t('handover.next_duty', { count: shift.next.length })}</summary>
          <ul className="handover-duties">
            {shift.next.map((one) => (
              <li key={`${one.post} ${one.name} ${one.from}`}>
                <At at={one.from} short /> {one.post || none}: <bdi>{one.name}</bdi>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

function Alarms({ title, list, left }: { title: string; list: Alarm[]; left?: number | undefined }) {
  const { t } = useTranslation()
  return (
    <section>
      <h3>{title}</h3>
      {list.length === 0 ? (
        <p className="dim">{t('handover.nothing')}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              {['priority', 'alarm', 'place', 'state', 'since', 'owner'].map((head) => (
                <th scope="col" key={head}>
                  {t(`handover.alarm.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.map((a) => (
              <tr key={a.id}>
                <td>{a.priority}</td>
                <td>{alarmTitle(t, a)}</td>
                <td>
                  <bdi>{alarmPlace(a)}</bdi>
                </td>
                <td>{t(`handover.alarm_state.${a.state}`, { defaultValue: stateWords(t, a.state) })}</td>
                <td>
                  <At at={a.raised_at} short />
                </td>
                <td>
                  <bdi>{a.owner?.by_name ?? ''}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {(left ?? 0) > 0 && <p className="dim">{t('handover.more', { count: left })}</p>}
    </section>
  )
}

/** Things of other pages, with the fields that they have; a column that is empty everywhere is left out. */
function Things(props: { title: string; list: Fields[]; columns: string[]; act?: (one: Fields) => React.ReactNode }) {
  const { t } = useTranslation()
  const { title, list, act } = props
  if (list.length === 0) return null
  const columns = props.columns.filter((c) =>
    list.some((one) => one[c] !== undefined && one[c] !== null && one[c] !== ''),
  )
  return (
    <section>
      <h3>{title}</h3>
      <table className="table">
        <thead>
          <tr>
            {columns.map((c) => (
              <th scope="col" key={c}>
                {t(`handover.field.${c}`, { defaultValue: c })}
              </th>
            ))}
            {act && (
              <th scope="col">
                <span className="sr">{t('handover.confirm')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <tr key={String(one.id)}>
              {columns.map((c) => (
                <td key={c} data-column={c}>
                  <Value column={c} value={one[c]} />
                </td>
              ))}
              {act && <td>{act(one)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Value({ column, value }: { column: string; value: unknown }) {
  const { t } = useTranslation()
  const name = useStationName()
  if (value === null || value === undefined || value === '') return <>–</>
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return <At at={value} short />
  if (column === 'by_station') return <bdi>{name(String(value))}</bdi>
  if (column === 'kind') return <>{kindWords(t, String(value))}</>
  if (column === 'what' || column === 'state')
    return <>{t(`handover.${column}.${String(value)}`, { defaultValue: String(value) })}</>
  if (column === 'mode') return <>{t(`handover.mode.${String(value)}`, { defaultValue: String(value) })}</>
  if (typeof value === 'object')
    return (
      <bdi>
        {Object.values(value)
          .filter((v) => typeof v === 'string')
          .join(' ')}
      </bdi>
    )
  return <bdi>{String(value)}</bdi>
}
