// Cover grants: who acts here for a time, and where our officers act.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List, Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { useThings } from '../live'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { useStationName } from './station-names'
import type { Cover, Grant } from './told'

const GrantForm = lazy(() => import('./grant'))

export default function Covers({ station }: { station: Station }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const client = useQueryClient()
  const [granting, setGranting] = useState(false)
  const [ending, setEnding] = useState<Grant | null>(null)
  const got = useQuery({
    queryKey: ['covers', station.id],
    queryFn: ({ signal }) => ask<List<Grant>>('/covers', { query: { station: station.id }, signal }),
  })
  const told = useThings<Cover>('cover')
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change on the stream asks anew
  useEffect(() => void client.invalidateQueries({ queryKey: ['covers'] }), [told, client])
  const done = () => {
    setGranting(false)
    setEnding(null)
    void client.invalidateQueries({ queryKey: ['covers'] })
  }
  const grants = [...(got.data?.items ?? [])].sort((a, b) => rank(a) - rank(b) || b.from.localeCompare(a.from))
  return (
    <>
      {may('cover.grant', station.id) && (
        <div className="filters">
          <button type="button" className="btn sm pri" onClick={() => setGranting(true)}>
            {t('cover.grant')}
          </button>
          <span className="dim">{t('cover.what')}</span>
        </div>
      )}
      <div className="scroll" tabIndex={0} role="group" aria-label={t('watch.tab.covers')}>
        {got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : got.isPending ? (
          <Loading />
        ) : grants.length === 0 ? (
          <p className="empty">{t('cover.none')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {['state', 'covered', 'by', 'from', 'until', 'daily', 'reason', 'granted'].map((head) => (
                  <th scope="col" key={head}>
                    {t(`cover.head.${head}`)}
                  </th>
                ))}
                <th scope="col">
                  <span className="sr">{t('cover.revoke')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {grants.map((g) => (
                <Row key={g.id} grant={g} onEnd={() => setEnding(g)} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      <Suspense fallback={null}>{granting && <GrantForm station={station} onClose={done} />}</Suspense>
      {ending && <Revoke grant={ending} onClose={done} />}
    </>
  )
}

const rank = (g: Grant): number => (g.active ? 0 : g.over ? 2 : 1)

function Row({ grant: g, onEnd }: { grant: Grant; onEnd: () => void }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const name = useStationName()
  const people = Object.values(g.user_names ?? {})
    .filter(Boolean)
    .join(', ')
  const state = g.active ? 'active' : g.revoked_at ? 'revoked' : g.over ? 'over' : 'waiting'
  return (
    <tr data-cover={state}>
      <td>
        <span className={g.active ? 'chip accent' : 'chip'}>{t(`cover.state.${state}`)}</span>
      </td>
      <td>
        <bdi>{name(g.station)}</bdi>
      </td>
      <td>
        <bdi>
          {[
            g.by_station && (people || t('cover.officers_of', { station: name(g.by_station) })),
            !g.by_station && people,
          ]
            .filter(Boolean)
            .join(', ')}
        </bdi>
      </td>
      <td>
        <At at={g.from} date />
      </td>
      <td>
        <At at={g.revoked_at ?? g.until} date />
      </td>
      <td>{g.daily_from ? <bdi dir="ltr">{`${g.daily_from}–${g.daily_to}`}</bdi> : t('cover.all_day')}</td>
      <td>
        {g.reason}
        {g.revoked_at && (
          <span className="dim"> · {t('cover.revoked_by', { name: g.revoked_name, why: g.revoked_why || '–' })}</span>
        )}
      </td>
      <td>
        <bdi>{g.granted_name}</bdi> <At at={g.granted_at} />
      </td>
      <td className="num">
        {!g.over && may('cover.grant', g.station) && (
          <button type="button" className="btn sm" onClick={onEnd}>
            {t('cover.revoke')}
          </button>
        )}
      </td>
    </tr>
  )
}

function Revoke({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  return (
    <Dialog title={t('cover.revoke')} onClose={onClose}>
      <form
        className="body"
        onSubmit={(e) => {
          e.preventDefault()
          ask(`/covers/${encodeURIComponent(grant.id)}`, { method: 'DELETE', query: { reason } }).then(
            onClose,
            setFault,
          )
        }}
      >
        <p style={{ margin: 0 }}>{t('cover.revoke_means')}</p>
        <label className="field">
          {t('cover.reason')}
          <input className="input" maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />
        </label>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            {t('shell.cancel')}
          </button>
          <button type="submit" className="btn pri">
            {t('cover.revoke_now')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
