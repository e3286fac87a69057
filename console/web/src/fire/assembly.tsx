import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { At } from '../shell/times'
import { useAct } from './act'
import type { Assembly, Evacuation } from './live'

export function AssemblyList({ of: e, writes, off }: { of: Evacuation; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const { act, busy, fault } = useAct()
  const [name, setName] = useState('')
  const counted = e.assembly.reduce((sum, a) => sum + (a.count ?? 0), 0)
  const add = async (event: FormEvent) => {
    event.preventDefault()
    if (await act(`/fire/evacuations/${e.id}/assembly`, { name })) setName('')
  }
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
        <form className="line pad no-print" onSubmit={add}>
          <input
            className="input"
            aria-label={t('fire.assembly_name')}
            placeholder={t('fire.assembly_name')}
            value={name}
            maxLength={120}
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="btn" disabled={off || busy || name.trim() === ''}>
            {t('fire.add')}
          </button>
        </form>
      )}
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
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
