// The lockdown: its scope is named first, then the button is held, then the board
// says which doors obeyed and which did not.
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, pressKey } from '../ask'
import { refusalWords } from '../i18n/words'
import { useLink, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { HoldButton } from '../shell/hold'
import { Loading } from '../shell/states'
import { begin, type Lockdown, rehearse, tally } from './door'
import './doors.css'

const LockdownBoard = lazy(() => import('./board'))

interface Place {
  id: string
  parent: string
  kind: string
  name: string
  position: number
}

/** The button for the shell and the pages; it opens the dialog that names the scope. */
export function LockdownButton(props: { station?: string; place?: string; compact?: boolean }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const [open, setOpen] = useState(false)
  const active = useThings<Lockdown>('lockdown').filter((l) => desk.station === ALL || l.station === desk.station)
  if (!desk.may('lockdown.command', props.station ?? desk.station)) return null
  return (
    <>
      <button
        type="button"
        className={props.compact ? 'btn sm danger' : 'btn danger'}
        data-lockdown
        onClick={() => setOpen(true)}
      >
        {active.length === 0
          ? t('lockdown.button')
          : t(props.compact ? 'lockdown.button_short' : 'lockdown.button_active', { count: active.length })}
      </button>
      {open && <LockdownDialog {...props} onClose={() => setOpen(false)} />}
    </>
  )
}

function LockdownDialog(props: { station?: string; place?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const desk = useDesk()
  const first = desk.station === ALL ? desk.stations[0]?.id : desk.station
  const [station, setStation] = useState(props.station ?? first ?? '')
  const [place, setPlace] = useState(props.place ?? '')
  const [fire, setFire] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [sending, setSending] = useState(false)
  const [begun, setBegun] = useState('')
  const { up } = useLink()
  const key = useRef(pressKey())
  const active = useThings<Lockdown>('lockdown').filter((l) => l.station === station)
  const rehearsal = useQuery({
    queryKey: ['lockdown-rehearsal', station, place],
    queryFn: ({ signal }) => rehearse(station, place, signal),
    refetchInterval: 5_000,
    enabled: station !== '' && begun === '',
  })
  const name = useScopeName(station, place)
  const plan = rehearsal.data
  const burning = plan?.fire ?? []
  const start = async () => {
    setSending(true)
    setFault(null)
    try {
      const lockdown = await begin(station, place, fire, key.current)
      key.current = pressKey()
      setBegun(lockdown.id)
    } catch (why) {
      setFault(why)
      void rehearsal.refetch()
    } finally {
      setSending(false)
    }
  }
  const shown = begun ? active.filter((l) => l.id === begun) : active
  return (
    <Dialog title={t('lockdown.title')} onClose={props.onClose} wide>
      <div className="body lockdown">
        {begun === '' && (
          <section aria-label={t('lockdown.new')} className="lockdown-new">
            <div className="lockdown-scope">
              {desk.stations.length > 1 && (
                <label className="field">
                  {t('lockdown.station')}
                  <select
                    className="input"
                    value={station}
                    onChange={(e) => {
                      setStation(e.target.value)
                      setPlace('')
                      setFire(false)
                    }}
                  >
                    {desk.stations
                      .filter((s) => desk.may('lockdown.command', s.id))
                      .map((s) => (
                        <option key={s.id} value={s.id}>
                          {s.name}
                        </option>
                      ))}
                  </select>
                </label>
              )}
              <ScopePicker
                station={station}
                value={place}
                onChange={(id) => {
                  setPlace(id)
                  setFire(false)
                }}
                autofocus
              />
            </div>
            {rehearsal.isPending && <Loading />}
            {rehearsal.error && (
              <div className="fault" role="alert">
                {refusalWords(t, rehearsal.error)}
              </div>
            )}
            {plan && <Rehearsal plan={plan} />}
            {burning.length > 0 && (
              <label className="fire-word" role="alert">
                <input type="checkbox" checked={fire} onChange={(e) => setFire(e.target.checked)} />
                <span>{t('lockdown.fire_confirm', { buildings: burning.join(', ') || t('lockdown.somewhere') })}</span>
              </label>
            )}
            {fault !== null && (
              <div className="fault" role="alert">
                {refusalWords(t, fault)}
              </div>
            )}
            <div className="actions">
              {!up && <span className="dim">{t('command.no_link')}</span>}
              <HoldButton
                name="lockdown"
                className="btn danger big"
                disabled={sending || !plan || (burning.length > 0 && !fire)}
                onHeld={() => void start()}
              >
                {t('lockdown.hold', { name })}
              </HoldButton>
            </div>
          </section>
        )}
        <Suspense fallback={<Loading />}>
          {shown.map((l) => (
            <LockdownBoard key={l.id} lockdown={l} />
          ))}
        </Suspense>
        {begun !== '' && (
          <div className="actions">
            <button type="button" className="btn" onClick={() => setBegun('')}>
              {t('lockdown.another')}
            </button>
          </div>
        )}
      </div>
    </Dialog>
  )
}

/** What the lockdown would do, by how doors would fare. */
function Rehearsal({ plan }: { plan: Lockdown }) {
  const { t } = useTranslation()
  const counts = tally(plan)
  const held = plan.doors?.filter((d) => d.state === 'waiting') ?? []
  const left = plan.doors?.filter((d) => d.state === 'left_out') ?? []
  const rest = plan.doors?.filter((d) => d.state !== 'waiting' && d.state !== 'left_out') ?? []
  const line = (label: string, doors: typeof held) =>
    doors.length > 0 && (
      <>
        <dt>{label}</dt>
        <dd>{doors.map((d) => d.name).join(', ')}</dd>
      </>
    )
  return (
    <div className="rehearsal" data-rehearsal>
      <p>
        <b>{t('lockdown.would_hold', { count: counts.waiting ?? 0 })}</b>{' '}
        {left.length > 0 && t('lockdown.would_leave', { count: left.length })}{' '}
        {rest.length > 0 && t('lockdown.would_not', { count: rest.length })}
      </p>
      <dl className="pairs">
        {line(t('lockdown.held_doors'), held)}
        {line(t('lockdown.left_doors'), left)}
        {line(t('lockdown.other_doors'), rest)}
      </dl>
    </div>
  )
}

export function usePlaces(station: string): Place[] {
  const site = useQuery({
    queryKey: ['site-places', station],
    queryFn: ({ signal }) => ask<{ places: Place[] | null }>(`/sites/${encodeURIComponent(station)}`, { signal }),
    enabled: station !== '' && station !== ALL,
    staleTime: 60_000,
  })
  return ordered(site.data?.places ?? [])
}

/** Places from the outside in, each after its parent. */
function ordered(places: Place[]): Place[] {
  const list: Place[] = []
  const walk = (parent: string) => {
    for (const p of places
      .filter((p) => p.parent === parent)
      .sort((a, b) => a.position - b.position || a.name.localeCompare(b.name))) {
      list.push(p)
      walk(p.id)
    }
  }
  walk('')
  return list
}

function depth(places: Place[], place: Place): number {
  const parent = places.find((p) => p.id === place.parent)
  return parent ? 1 + depth(places, parent) : 0
}

function useScopeName(station: string, place: string): string {
  const { stations } = useDesk()
  const places = usePlaces(station)
  const at = stations.find((s) => s.id === station)?.name ?? station
  const found = places.find((p) => p.id === place)
  if (!found) return at
  const parent = places.find((p) => p.id === found.parent)
  return parent && parent.kind !== 'premises' ? `${parent.name}, ${found.name}` : found.name
}

/** A choice of the whole station or one of its places. */
export function ScopePicker(props: {
  station: string
  value: string
  onChange: (place: string) => void
  autofocus?: boolean
}) {
  const { t } = useTranslation()
  const { stations } = useDesk()
  const places = usePlaces(props.station)
  return (
    <label className="field">
      {t('lockdown.scope')}
      <select
        className="input"
        value={props.value}
        data-autofocus={props.autofocus || undefined}
        onChange={(e) => props.onChange(e.target.value)}
      >
        <option value="">
          {t('lockdown.whole_station', { name: stations.find((s) => s.id === props.station)?.name ?? props.station })}
        </option>
        {places.map((p) => (
          <option key={p.id} value={p.id}>
            {'\u2003'.repeat(depth(places, p))}
            {p.name}
          </option>
        ))}
      </select>
    </label>
  )
}
