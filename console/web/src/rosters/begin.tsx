// A new draft: for which days, for whom, and what it begins with.
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { Choice, Field } from '../shell/field'
import { FormDialog } from '../shell/form-dialog'
import type { Draft } from './contract'
import { addDays, spanWords } from './days'
import type { Period } from './open-roster'
import type { Rolls } from './register'
import { Span, useSpan } from './span'
import { refusedWords } from './words'

export default function Begin(props: {
  station: string
  rolls: Rolls
  drafts: Draft[]
  period: Period
  onClose: () => void
}) {
  const { station, rolls, drafts, period, onClose } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const navigate = useNavigate({ from: '/rosters' })
  const [[from, until], setSpan] = useSpan(addDays(period.until, 1), addDays(period.until, 35))
  const [name, setName] = useState('')
  const [unit, setUnit] = useState('')
  const [copy, setCopy] = useState('')
  return (
    <FormDialog
      title={t('rosters.begin_title')}
      submit={t('rosters.begin_do')}
      words={(_, fault) => refusedWords(t, fault)}
      own={['name', 'from', 'until', 'unit']}
      onClose={onClose}
      send={async () => {
        const draft = await ask<Draft>(`/rosters/${station}/drafts`, {
          method: 'POST',
          body: { name: name.trim() || spanWords(from, until), from, until, unit, copy },
          timeout: 30_000,
        })
        await client.invalidateQueries({ queryKey: ['rosters', station, 'drafts'] })
        void navigate({ search: (old) => ({ ...old, draft: draft.id, from: undefined, until: undefined }) })
      }}
    >
      {(fault) => (
        <>
          <Span from={from} until={until} fault={fault} onChange={setSpan} />
          <Field label={t('rosters.draft_name')} at="name" fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                maxLength={100}
                placeholder={spanWords(from, until)}
                value={name}
                onChange={(e) => setName(e.target.value)}
              />
            )}
          </Field>
          <Choice
            label={t('rosters.for_whom')}
            at="unit"
            fault={fault}
            hint={t('rosters.for_whom_hint')}
            value={unit}
            onChange={(e) => setUnit(e.target.value)}
          >
            <option value="">{t('rosters.whole_station')}</option>
            {rolls.units.map((u) => (
              <option key={u} value={u}>
                {u}
              </option>
            ))}
          </Choice>
          <Choice label={t('rosters.begin_with')} value={copy} onChange={(e) => setCopy(e.target.value)}>
            <option value="">{t('rosters.begin_published')}</option>
            <option value="empty">{t('rosters.begin_empty')}</option>
            {drafts.map((d) => (
              <option key={d.id} value={d.id}>
                {t('rosters.begin_copy', { name: d.name, period: spanWords(d.from, d.until) })}
              </option>
            ))}
          </Choice>
        </>
      )}
    </FormDialog>
  )
}
