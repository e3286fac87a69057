// What a draft asks for beside the standing hours: an event, a visit, a closed road.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { FormDialog } from '../shell/form-dialog'
import type { Demand, Draft } from './contract'
import { daysFrom, dayWords } from './days'
import { Named, Shifts } from './options'
import type { Rolls } from './register'
import type { Roster } from './roster'
import { Span, useSpan } from './span'
import { refusedWords, shiftName } from './words'

export default function Demands({ roster, rolls, onClose }: { roster: Roster; rolls: Rolls; onClose: () => void }) {
  const { t } = useTranslation()
  const draft = roster.board.draft
  const [list, setList] = useState<Demand[]>(draft?.demands ?? [])
  const posts = [...rolls.posts.values()].filter((p) => !p.gone)
  const [post, setPost] = useState(posts[0]?.id ?? '')
  const worked = rolls.posts.get(post)?.shifts ?? []
  const types = [...rolls.types.values()].filter(
    (type) => !type.gone && (worked.length === 0 || worked.includes(type.code)),
  )
  const [[from, until], setSpan] = useSpan(roster.board.from, roster.board.from)
  const [chosen, setShift] = useState('')
  const shift = types.some((type) => type.code === chosen) ? chosen : (types[0]?.code ?? '')
  const [headcount, setHeadcount] = useState(1)
  const inside = from >= roster.board.from && until <= roster.board.until && from <= until && headcount >= 1
  const add = () =>
    setList([
      ...list,
      ...daysFrom(from, until).map(
        (date): Demand => ({
          ...{ post, date, shift, from: '00:00', to: '00:00', headcount },
          ...{ min_rank: '', required: [], source: 'extra' },
        }),
      ),
    ])
  return (
    <FormDialog
      title={t('rosters.demands')}
      submit={t('shell.save')}
      wide
      off={list === draft?.demands || (!draft?.demands && list.length === 0)}
      words={(_, fault) => refusedWords(t, fault, rolls)}
      onClose={onClose}
      send={async () => {
        await ask<Draft>(`/rosters/${roster.station}/drafts/${roster.draft}/demands`, {
          method: 'PUT',
          body: { version: draft?.version ?? 0, demands: list },
        })
        await roster.reload()
      }}
    >
      <p className="dim">{t('rosters.demands_why')}</p>
      <ul className="place-here">
        {list.map((d, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: demands have no name, and a row is its place
          <li key={i}>
            <span>
              <b>{rolls.posts.get(d.post)?.name ?? d.post}</b> · {dayWords(d.date)} ·{' '}
              {d.shift ? shiftName(rolls, d.shift) : `${d.from}–${d.to}`} ·{' '}
              {t('rosters.officers_n', { count: d.headcount })}
            </span>
            <button type="button" className="btn sm ghost" onClick={() => setList(list.filter((_, n) => n !== i))}>
              {t('rosters.remove')}
            </button>
          </li>
        ))}
        {list.length === 0 && <li className="dim">{t('rosters.none')}</li>}
      </ul>
      <div className="rosters-four">
        <label className="field">
          {t('rosters.post')}
          <select className="input" value={post} onChange={(e) => setPost(e.target.value)} data-autofocus>
            <Named of={posts} />
          </select>
        </label>
        <Span
          from={from}
          until={until}
          fault={null}
          onChange={setSpan}
          least={roster.board.from}
          most={roster.board.until}
        />
        <label className="field">
          {t('rosters.shift')}
          <select className="input" value={shift} onChange={(e) => setShift(e.target.value)}>
            <Shifts of={types} />
          </select>
        </label>
        <label className="field">
          {t('rosters.wanted')}
          <input
            className="input"
            type="number"
            min={1}
            max={200}
            value={headcount}
            onChange={(e) => setHeadcount(Number(e.target.value))}
          />
        </label>
        <button type="button" className="btn" disabled={post === '' || !inside} onClick={add}>
          {t('rosters.add')}
        </button>
      </div>
    </FormDialog>
  )
}
