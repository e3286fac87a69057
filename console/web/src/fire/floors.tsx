import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { At } from '../shell/times'
import { useAct } from './act'
import type { Evacuation, Floor, FloorState } from './live'

const states: FloorState[] = ['swept', 'not_swept', 'not_reached']
const keys: Record<string, FloorState> = {
  Digit1: 'swept',
  Digit2: 'not_swept',
  Digit3: 'not_reached',
  Digit0: 'open',
}

export function Floors({ of: e, writes, off }: { of: Evacuation; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const swept = e.floors.filter((f) => f.state === 'swept').length
  return (
    <section className="panel" aria-label={t('fire.floors')} data-panel>
      <div className="ph">
        <h2>{t('fire.floors')}</h2>
        <span className="dim" role="status">
          {t('fire.swept_of', { swept, count: e.floors.length })}
        </span>
        <span className="grow" />
        {writes && <span className="faint no-print">{t('fire.floor_keys')}</span>}
      </div>
      <ul className="rows">
        {e.floors.map((f) => (
          <FloorRow key={f.id} board={e.id} of={f} writes={writes} off={off} />
        ))}
      </ul>
    </section>
  )
}

function FloorRow({ board, of: f, writes, off }: { board: string; of: Floor; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const { act, busy, fault, stale } = useAct()
  // What somebody types here stays theirs until it is sent, whatever the other desks do.
  const [typed, setTyped] = useState<{ warden?: string; remark?: string }>({})
  const warden = typed.warden ?? f.warden
  const remark = typed.remark ?? f.remark
  const set = async (state: FloorState) => {
    const back = state === 'open'
    const done = await act(`/fire/evacuations/${board}/floors/${encodeURIComponent(f.id)}`, {
      version: f.version,
      state,
      warden: back ? '' : warden,
      remark: back ? '' : remark,
    })
    if (done) setTyped({})
  }
  return (
    <li
      className="board-row"
      data-floor={f.name}
      data-floor-state={f.state}
      onKeyDown={(event) => {
        const state = keys[event.code]
        const plain = !event.ctrlKey && !event.altKey && !event.metaKey
        if (!state || !plain || !writes || off || busy || event.target instanceof HTMLInputElement) return
        event.preventDefault()
        event.stopPropagation()
        void set(state)
      }}
    >
      <div className="what">
        <b>
          <bdi>{f.name}</bdi>
        </b>
        <span className={`floor-state ${f.state}`}>{t(`fire.floor.${f.state}`)}</span>
        {f.at && (
          <span className="faint">
            <At at={f.at} /> {f.by_name}
          </span>
        )}
      </div>
      {writes ? (
        <div className="do">
          <input
            className="input"
            aria-label={t('fire.warden_of', { floor: f.name })}
            placeholder={t('fire.warden')}
            value={warden}
            maxLength={120}
            onChange={(e) => setTyped({ ...typed, warden: e.target.value })}
          />
          <input
            className="input wide"
            aria-label={t('fire.remark_of', { floor: f.name })}
            placeholder={t('fire.remark')}
            value={remark}
            maxLength={1000}
            onChange={(e) => setTyped({ ...typed, remark: e.target.value })}
          />
          <div className="seg" role="group" aria-label={t('fire.state_of', { floor: f.name })}>
            {states.map((state) => (
              <button
                key={state}
                type="button"
                aria-pressed={f.state === state}
                disabled={off || busy}
                onClick={() => void set(state)}
              >
                {t(`fire.floor.${state}`)}
              </button>
            ))}
          </div>
          <button
            type="button"
            className="btn sm ghost"
            disabled={off || busy || f.state === 'open'}
            onClick={() => void set('open')}
          >
            {t('fire.undo')}
          </button>
        </div>
      ) : (
        <div className="do dim">{[f.warden, f.remark].filter(Boolean).join(' · ')}</div>
      )}
      {fault !== null && (
        <div className="fault" role="alert">
          {stale ? t('fire.row_changed', { name: f.by_name }) : refusalWords(t, fault)}
        </div>
      )}
    </li>
  )
}
