import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { At } from '../shell/times'
import { useAct } from './act'
import { AddLine } from './add-line'
import type { Assembly, Evacuation } from './live'

export function AssemblyList({ of: e, writes, off }: { of: Evacuation; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const counted = e.assembly.reduce((sum, a) => sum + (a.count ?? 0), 0)
  return (
    <section className="panel" aria-label={t('fire.assembly')} data-panel>
      <div className="ph">
        <h2>{t('fire.assembly')}</h2>
        <span className="dim" role="status">
          {t('fire.counted', { count: counted })}
        </span>
      </div>
      <ul className="rows">
        {e.assembly.map((a) => (
          <AssemblyRow key={a.id} board={e.id} of={a} writes={writes} off={off} />
        ))}
      </ul>
      {writes && (
        <AddLine
          path={`/fire/evacuations/${e.id}/assembly`}
          field="name"
          label={t('fire.assembly_name')}
          longest={120}
          off={off}
        />
      )}
    </section>
  )
}

function AssemblyRow({ board, of: a, writes, off }: { board: string; of: Assembly; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const { act, busy, fault, stale } = useAct()
  const [count, setCount] = useState('')
  const say = async (event: FormEvent) => {
    event.preventDefault()
    const n = Number(count)
    const body = { version: a.version, warden: a.warden, ...(count.trim() !== '' && { count: n }) }
    if (await act(`/fire/evacuations/${board}/assembly/${a.id}`, body)) setCount('')
  }
  return (
    <li className="board-row" data-assembly={a.name}>
      <div className="what">
        <b>
          <bdi>{a.name}</bdi>
        </b>
        <span>{a.count === null ? t('fire.not_counted') : t('fire.stand_here', { count: a.count })}</span>
        {a.at && (
          <span className="faint">
            <At at={a.at} /> {a.by_name}
          </span>
        )}
      </div>
      {writes && (
        <form className="do" onSubmit={say}>
          <input
            className="input"
            style={{ inlineSize: 90 }}
            inputMode="numeric"
            pattern="[0-9]*"
            aria-label={t('fire.count_at', { name: a.name })}
            placeholder={t('fire.count')}
            value={count}
            maxLength={6}
            onChange={(e) => setCount(e.target.value.replace(/\D/g, ''))}
          />
          <button type="submit" className="btn sm" disabled={off || busy || count === ''}>
            {t('fire.set')}
          </button>
        </form>
      )}
      {fault !== null && (
        <div className="fault" role="alert">
          {stale ? t('fire.row_changed', { name: a.by_name }) : refusalWords(t, fault)}
        </div>
      )}
    </li>
  )
}
