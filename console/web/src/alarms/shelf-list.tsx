// What was taken out of the alarm list: shelved, suppressed by design, out of
// service; why, by whom, until when, and how it comes back.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Shelf, ShelfMode } from '../contract'
import { kindWords, stateWords } from '../i18n/words'
import { board, useLink, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import { At } from '../shell/times'
import { whyWords } from './attempt'
import { RestoreDialog, subjectOf } from './restore'

/** The removals of one kind at this desk, those that need somebody first. */
export function useShelves(mode: ShelfMode | undefined, point?: string): Shelf[] {
  const { station } = useDesk()
  return useThings<Shelf>('shelf')
    .filter(
      (s) => (!mode || s.mode === mode) && (station === ALL || s.station === station) && (!point || s.point === point),
    )
    .sort(compareShelves)
}

export function compareShelves(a: Shelf, b: Shelf): number {
  return (
    Number(b.needs_confirm) - Number(a.needs_confirm) ||
    (a.until ?? '9').localeCompare(b.until ?? '9') ||
    a.since.localeCompare(b.since) ||
    a.id.localeCompare(b.id)
  )
}

export default function ShelfList(props: {
  mode: ShelfMode
  point?: string
  compact?: boolean
  onOpen: (alarm: string, point: string) => void
}) {
  const { mode, point, compact, onOpen } = props
  const { t } = useTranslation()
  const link = useLink()
  const shelves = useShelves(mode, point)
  const [restoring, setRestoring] = useState<Shelf | null>(null)
  if (!link.known) return <p className="empty">{t('alarms.not_yet')}</p>
  return (
    <div className="scroll shelf" tabIndex={0} role="group" aria-label={t(`shelf.title.${mode}`)} data-focus>
      {shelves.length === 0 ? (
        <p className="empty">{t(`shelf.none.${mode}`)}</p>
      ) : (
        <table className={compact ? 'table compact' : 'table'}>
          <thead>
            <tr>
              <th scope="col">{t('shelf.what')}</th>
              {!compact && <th scope="col">{t('shelf.beneath')}</th>}
              <th scope="col">{t('shelf.why')}</th>
              <th scope="col">{t('shelf.until')}</th>
              <th scope="col">
                <span className="sr">{t('shelf.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shelves.map((shelf) => (
              <Row
                key={shelf.id}
                shelf={shelf}
                compact={compact ?? false}
                onOpen={onOpen}
                onRestore={() => setRestoring(shelf)}
              />
            ))}
          </tbody>
        </table>
      )}
      {restoring && (
        <RestoreDialog
          shelf={restoring.id}
          mode={restoring.mode}
          what={subjectOf(restoring)}
          onClose={() => setRestoring(null)}
        />
      )}
    </div>
  )
}

function Row(props: {
  shelf: Shelf
  compact: boolean
  onOpen: (alarm: string, point: string) => void
  onRestore: () => void
}) {
  const { shelf, compact, onOpen, onRestore } = props
  const { t } = useTranslation()
  const { stations, may } = useDesk()
  const link = useLink()
  const station = stations.length > 1 ? (stations.find((s) => s.id === shelf.station)?.name ?? '') : ''
  const right = shelf.mode === 'shelved' ? 'alarms.shelve' : 'alarms.remove'
  const mine = may(right, shelf.station) && shelf.end !== 'rule'
  const active = shelf.alarm !== '' && (shelf.beneath === 'unacknowledged' || shelf.beneath === 'acknowledged')
  return (
    <tr data-shelf={shelf.id} data-confirm={shelf.needs_confirm || undefined}>
      <td>
        <button type="button" className="rowlink" onClick={() => onOpen(shelf.alarm, shelf.point)}>
          <bdi>{shelf.point_name || shelf.point}</bdi>
        </button>
        <div className="dim">
          {[station, shelf.location, shelf.device_name].filter(Boolean).join(' · ')} ·{' '}
          {shelf.kind ? kindWords(t, shelf.kind) : t('shelf.all_kinds')}
          {shelf.demo && <span className="chip demo"> {t('shell.demo')}</span>}
        </div>
        {compact && active && <div className="dim">{t('shelf.still_active')}</div>}
      </td>
      {!compact && <td>{shelf.alarm ? stateWords(t, `alarm_${shelf.beneath}`) : t('shelf.no_alarm')}</td>}
      <td>
        {shelf.reason && <bdi>“{shelf.reason}”</bdi>}
        <div className="dim">
          {shelf.end === 'rule' ? t('shelf.by_rule', { rule: shelf.rule }) : shelf.by_name || shelf.by}{' '}
          <At at={shelf.since} />
        </div>
        {shelf.patrol && <div className="dim">{t('shelf.patrol', { patrol: shelf.patrol })}</div>}
      </td>
      <td>
        {shelf.until && (
          <>
            <At at={shelf.until} />{' '}
          </>
        )}
        <div className="dim">{t(`shelf.end.${shelf.end}`)}</div>
        {shelf.needs_confirm && <span className="chip old">{t('shelf.needs_confirm')}</span>}
      </td>
      <td>
        <div className="row-acts">
          {shelf.needs_confirm && mine && <Confirm shelf={shelf} />}
          {mine ? (
            <button type="button" className="btn sm" disabled={!link.up} onClick={onRestore}>
              {t('shelf.restore')}
            </button>
          ) : (
            shelf.end === 'rule' && <span className="faint">{t('shelf.ends_by_rule')}</span>
          )}
        </div>
      </td>
    </tr>
  )
}

/** The incoming officer takes responsibility for what the outgoing shift shelved. */
function Confirm({ shelf }: { shelf: Shelf }) {
  const { t } = useTranslation()
  const link = useLink()
  const [state, setState] = useState<'idle' | 'sending' | 'failed'>('idle')
  const [fault, setFault] = useState<unknown>(null)
  return (
    <>
      <button
        type="button"
        className="btn sm pri"
        disabled={!link.up || state === 'sending'}
        onClick={async () => {
          setState('sending')
          try {
            const done = await ask<Shelf>(`/shelf/${encodeURIComponent(shelf.id)}/confirm`, {
              method: 'POST',
            })
            if (done?.id) board.thing('shelf', done)
            setState('idle')
          } catch (why) {
            setFault(why)
            setState('failed')
          }
        }}
      >
        {t('shelf.confirm')}
      </button>
      {state === 'failed' && (
        <span className="fault" role="alert">
          {whyWords(t, fault)}
        </span>
      )}
    </>
  )
}
