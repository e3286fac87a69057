import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../i18n/words'
import { At } from '../shell/times'
import { useAct } from './act'
import type { Evacuation, Person } from './live'

export function People({ of: e, writes, off }: { of: Evacuation; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const open = e.people.filter((p) => !p.safe)
  const safe = e.people.filter((p) => p.safe)
  return (
    <section className="panel" aria-label={t('fire.people')} data-panel>
      <div className="ph">
        <h2>{t('fire.people')}</h2>
        <span className="dim" role="status">
          {t('fire.missing_n', { count: open.filter((p) => p.kind === 'missing').length })} ·{' '}
          {t('fire.help_n', { count: open.filter((p) => p.kind === 'help').length })}
        </span>
      </div>
      <ul className="rows">
        {[...open, ...safe].map((p) => (
          <PersonRow key={p.id} board={e.id} of={p} writes={writes} off={off} />
        ))}
        {e.people.length === 0 && <li className="board-row dim">{t('fire.nobody_missing')}</li>}
      </ul>
      {writes && <AddPerson board={e.id} off={off} />}
    </section>
  )
}

function PersonRow({ board, of: p, writes, off }: { board: string; of: Person; writes: boolean; off: boolean }) {
  const { t } = useTranslation()
  const { act, busy, fault, stale } = useAct()
  const say = (safe: boolean) =>
    void act(`/fire/evacuations/${board}/people/${p.id}`, {
      version: p.version,
      kind: p.kind,
      name: p.name,
      where: p.where,
      remark: p.remark,
      safe,
    })
  return (
    <li className="board-row" data-person={p.name} data-safe={p.safe}>
      <div className="what">
        <span className={p.safe ? 'chip' : 'chip old'}>
          {t(p.safe ? `fire.person.${p.kind}_safe` : `fire.person.${p.kind}`)}
        </span>
        <b>
          <bdi>{p.name}</bdi>
        </b>
        <span>{p.where}</span>
        <span className="faint">
          <At at={p.at} /> {p.by_name}
        </span>
      </div>
      {writes && (
        <div className="do">
          <button type="button" className="btn sm" disabled={off || busy} onClick={() => say(!p.safe)}>
            {p.safe ? t('fire.undo') : t(`fire.person.${p.kind}_done`)}
          </button>
        </div>
      )}
      {fault !== null && (
        <div className="fault" role="alert">
          {stale ? t('fire.row_changed', { name: p.by_name }) : refusalWords(t, fault)}
        </div>
      )}
    </li>
  )
}

function AddPerson({ board, off }: { board: string; off: boolean }) {
  const { t } = useTranslation()
  const { act, busy, fault } = useAct()
  const [kind, setKind] = useState<Person['kind']>('missing')
  const [name, setName] = useState('')
  const [where, setWhere] = useState('')
  const add = async (event: FormEvent) => {
    event.preventDefault()
    if (await act(`/fire/evacuations/${board}/people`, { kind, name, where })) {
      setName('')
      setWhere('')
    }
  }
  return (
    <form className="line pad no-print" onSubmit={add}>
      <select
        className="input"
        style={{ inlineSize: 'auto' }}
        aria-label={t('fire.person_kind')}
        value={kind}
        onChange={(e) => setKind(e.target.value as Person['kind'])}
      >
        <option value="missing">{t('fire.person.missing')}</option>
        <option value="help">{t('fire.person.help')}</option>
      </select>
      <input
        className="input"
        aria-label={t('fire.person_name')}
        placeholder={t('fire.person_name')}
        value={name}
        maxLength={120}
        onChange={(e) => setName(e.target.value)}
      />
      <input
        className="input"
        aria-label={t('fire.person_where')}
        placeholder={t('fire.person_where')}
        value={where}
        maxLength={1000}
        onChange={(e) => setWhere(e.target.value)}
      />
      <button type="submit" className="btn" disabled={off || busy || name.trim() === ''}>
        {t('fire.add')}
      </button>
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
    </form>
  )
}
