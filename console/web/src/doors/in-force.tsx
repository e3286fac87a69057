// What is in force here and now, under the head of every page: lockdowns first,
// with how many doors obeyed, then postures. Each leads to where it is looked after.
import { IconLock, IconShieldHalf } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import { At } from '../shell/times'
import { type Lockdown, needsSomebody, type Posture, tally } from './door'
import './doors.css'

const MOST = 4 // of each; the page behind them has them all

export function InForce() {
  const { t } = useTranslation()
  const desk = useDesk()
  const here = (one: { station: string }) => desk.station === ALL || one.station === desk.station
  const lockdowns = useThings<Lockdown>('lockdown').filter(here)
  const postures = useThings<Posture>('posture').filter((p) => here(p) && !p.cleared)
  if (lockdowns.length + postures.length === 0) return null
  const more = Math.max(0, lockdowns.length - MOST) + Math.max(0, postures.length - MOST)
  return (
    <nav className="in-force" aria-label={t('doors.in_force')} data-in-force>
      {lockdowns.slice(0, MOST).map((l) => (
        <LockdownChip key={l.id} lockdown={l} />
      ))}
      {postures.slice(0, MOST).map((p) => (
        <Link
          key={p.id}
          to="/doors"
          search={{ tab: 'postures' }}
          className="chip posture-chip"
          data-colour={p.colour}
          data-posture-chip={p.posture}
        >
          <IconShieldHalf size={14} aria-hidden />
          <span>
            {t('posture.is', { title: p.title })} · <bdi>{p.scope.name}</bdi>
          </span>
          <small>
            <At at={p.at} />
          </small>
        </Link>
      ))}
      {more > 0 && (
        <Link to="/doors" search={{ tab: 'lockdowns' }} className="chip">
          {t('doors.more_in_force', { count: more })}
        </Link>
      )}
    </nav>
  )
}

function LockdownChip({ lockdown }: { lockdown: Lockdown }) {
  const { t } = useTranslation()
  const counts = tally(lockdown)
  const bad = Object.entries(counts).reduce((sum, [state, n]) => sum + (needsSomebody(state) ? n : 0), 0)
  const out = (counts.left_out ?? 0) + (counts.held_elsewhere ?? 0)
  const count = (lockdown.doors?.length ?? 0) - out
  const released = lockdown.state !== 'active'
  const good = counts[released ? 'released' : 'obeyed'] ?? 0
  return (
    <Link
      to="/doors"
      search={{ tab: 'lockdowns' }}
      className="chip strong lockdown-chip"
      data-lockdown-chip={lockdown.id}
      data-bad={bad || undefined}
    >
      <IconLock size={14} aria-hidden />
      <span>
        {t('lockdown.of', { name: lockdown.scope.name })} · {t(`lockdown.state.${lockdown.state}`)}
      </span>
      <small>
        {t(released ? 'lockdown.released_of' : 'lockdown.obeyed_of', { good, count })}{' '}
        {bad > 0 && t(released ? 'lockdown.bad_release' : 'lockdown.bad', { count: bad })}
      </small>
    </Link>
  )
}
