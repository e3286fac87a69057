// Swaps as one of their two officers sees them, and the two ways to answer.
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Kept } from './contract'
import { dayWords } from './days'
import type { Exchange } from './exchange-lists'
import type { Rolls } from './register'
import { swapWords, turnsWords, violationWords } from './words'

/** Whether it waits for somebody. */
export const isOpen = ({ state }: Exchange): boolean => state === 'offered' || state === 'accepted'

export function Answers({ busy, onAnswer }: { busy: boolean; onAnswer: (step: 'accept' | 'decline') => void }) {
  const { t } = useTranslation()
  return (
    <span className="mine-acts">
      <button type="button" className="btn sm pri" disabled={busy} onClick={() => onAnswer('accept')}>
        {t('rosters.accept')}
      </button>
      <button type="button" className="btn sm" disabled={busy} onClick={() => onAnswer('decline')}>
        {t('rosters.decline')}
      </button>
    </span>
  )
}

export function SwapLines(props: {
  list: readonly Kept<Exchange>[]
  me: string
  rolls: Rolls
  busy: boolean
  onTurn: (one: Kept<Exchange>, step: string) => void
  children?: ReactNode
}) {
  const { list, me, rolls, busy, onTurn, children } = props
  return (
    <ol className="mine-list">
      {list.map((one) => (
        <SwapLine key={one.item.id} one={one} me={me} rolls={rolls} busy={busy} onTurn={(step) => onTurn(one, step)} />
      ))}
      {children}
    </ol>
  )
}

function SwapLine(props: {
  one: Kept<Exchange>
  me: string
  rolls: Rolls
  busy: boolean
  onTurn: (step: string) => void
}) {
  const { one, me, rolls, busy, onTurn } = props
  const { t } = useTranslation()
  const { item } = one
  const forMe = item.wants.officer === me
  const open = isOpen(item)
  const name = (id: string) => rolls.officers.get(id)?.name ?? id
  return (
    <li data-swap={item.state} className={open ? undefined : 'past'}>
      <span>
        <b>
          {forMe
            ? t('rosters.swap_from', { name: name(item.gives.officer) })
            : t('rosters.swap_to', { name: name(item.wants.officer) })}
        </b>
        <span className="dim mine-post">
          {dayWords(item.gives.date)}: {turnsWords(t, item.duties, rolls)} ⇄ {dayWords(item.wants.date)}:{' '}
          {turnsWords(t, item.returns, rolls)}
        </span>
        {item.note && <span className="mine-post">{t('rosters.swap_said', { note: item.note })}</span>}
        {open && item.breaks.length > 0 && (
          <span className="mine-post">
            {t('rosters.swap_takes')} {item.breaks.map((v) => violationWords(t, v, rolls)).join(' ')}
          </span>
        )}
      </span>
      {item.state === 'offered' && forMe ? (
        <Answers busy={busy} onAnswer={onTurn} />
      ) : (
        <span className="mine-acts">
          <span className="chip">{swapWords(t, item, rolls)}</span>
          {open && !forMe && (
            <button type="button" className="btn sm" disabled={busy} onClick={() => onTurn('withdraw')}>
              {t('rosters.withdraw')}
            </button>
          )}
        </span>
      )}
    </li>
  )
}
