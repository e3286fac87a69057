// The strip of an alarm flood: since when, how many, and what they have in
// common. It proposes and hides nothing; the list below stays whole.
import './figures.css'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Thing } from '../contract'
import { kindWords } from '../i18n/words'
import { useThings } from '../live'
import { HeldWarnings } from '../rationale/held'
import '../rationale/rationale.css'
import { ALL, useDesk } from '../session/desk'
import { useClockTime } from '../shell/times'

/** What is proposed for a group: never done by itself. */
export interface FloodProposal {
  do: 'shelve' | 'look_gateway' | 'look_device' | 'look_area'
  point: string
  kind: string
  gateway: string
  name: string
}

export interface FloodGroup {
  title: string
  area: string
  cause: 'life_safety' | 'chattering' | 'gateway' | 'device' | 'area'
  since: string
  count: number
  life_safety: number
  alarms: string[]
  proposal: FloodProposal | null
}

export interface Flood extends Thing {
  station: string
  since: string
  rate: number // alarms in the last ten minutes
  total: number // since it began
  groups: FloodGroup[]
  version: number
}

/** The floods that this desk sees, the eldest first. */
export function useFloods(): Flood[] {
  const { station } = useDesk()
  return useThings<Flood>('flood')
    .filter((f) => station === ALL || f.station === station)
    .sort((a, b) => a.since.localeCompare(b.since))
}

/** Floods, and doors that are about to be held: both come before the alarms. */
export function FloodStrip() {
  const floods = useFloods()
  return (
    <>
      <HeldWarnings />
      {floods.map((flood) => (
        <One key={flood.id} flood={flood} />
      ))}
    </>
  )
}

const SHOWN = 3

function One({ flood }: { flood: Flood }) {
  const { t } = useTranslation()
  const { stations } = useDesk()
  const at = useClockTime()
  const [open, setOpen] = useState(false)
  const name = stations.find((s) => s.id === flood.station)?.name ?? flood.station
  // What is proposed to be shelved is seen without asking, however many groups stand before it.
  const groups = open ? flood.groups : flood.groups.filter((group, i) => i < SHOWN || group.proposal?.do === 'shelve')
  const hidden = flood.groups.length - groups.length
  return (
    <section className="flood" aria-label={t('flood.title')} data-flood={flood.station}>
      <p className="flood-head" role="status">
        <b>{t('flood.title')}</b>{' '}
        <span className="dim">
          {stations.length > 1 && (
            <>
              <bdi>{name}</bdi> ·{' '}
            </>
          )}
          {t('flood.since', { at: at(flood.since) })} · {t('flood.rate', { count: flood.rate })} ·{' '}
          {t('flood.total', { count: flood.total })}
        </span>
      </p>
      <ul className="flood-groups">
        {groups.map((group) => (
          <Group key={`${group.cause}/${group.area}/${group.title}`} group={group} />
        ))}
      </ul>
      {(open ? flood.groups.length > SHOWN : hidden > 0) && (
        <button type="button" className="btn ghost sm" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t('flood.fewer') : t('flood.more', { count: hidden })}
        </button>
      )}
    </section>
  )
}

function Group({ group }: { group: FloodGroup }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const at = useClockTime()
  const first = group.alarms[0]
  const p = group.proposal
  const about = {
    name: p?.name ?? '',
    kind: p?.kind ? kindWords(t, p.kind) : '',
    gateway: p?.gateway ?? '',
  }
  return (
    <li className={group.life_safety > 0 ? 'flood-group first' : 'flood-group'}>
      <span>
        <b>{t('flood.count_of', { count: group.count })}</b> <bdi>{group.title}</bdi>{' '}
        <span className="faint">{t('flood.since', { at: at(group.since) })}</span>
        {p && <span className="dim"> · {t(`flood.propose.${p.do}`, about)}</span>}
      </span>
      {first && (
        <button
          type="button"
          className="btn sm"
          onClick={() => void navigate({ to: '/control', search: (old: object) => ({ ...old, alarm: first }) })}
        >
          {t('flood.show')}
        </button>
      )}
    </li>
  )
}
