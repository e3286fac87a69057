import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, inPath } from '../ask'
import type { Point } from '../contract'
import { kindWords, refusalWords } from '../i18n/words'

/** How grave this point's signals are here, and whether it takes commands that are off by default. */
export function PrioritiesForm({ point, category }: { point: Point; category: string }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [wish, setWish] = useState<Record<string, number>>(point.priorities ?? {})
  const [allowed, setAllowed] = useState(point.commands_allowed ?? false)
  const [state, setState] = useState<'idle' | 'saving' | 'saved'>('idle')
  const [fault, setFault] = useState<unknown>(null)
  const kinds = point.kinds ?? []
  const offByDefault = (point.verbs ?? []).some((v) => v.off_by_default)
  if (kinds.length === 0 && !offByDefault) return null

  const save = async () => {
    setState('saving')
    setFault(null)
    try {
      await ask(`/points/${inPath(point.id)}`, {
        method: 'PATCH',
        body: { priorities: wish, ...(offByDefault && { commands_allowed: allowed }) },
      })
      setState('saved')
      await client.invalidateQueries({ queryKey: ['devices'] })
    } catch (why) {
      setFault(why)
      setState('idle')
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
      style={{ display: 'grid', gap: 8 }}
      aria-label={t('devices.priorities')}
    >
      <b>{t('devices.priorities')}</b>
      {kinds.map((kind) => (
        <label key={kind} style={{ display: 'flex', gap: 10, alignItems: 'center' }}>
          <span className="grow">{kindWords(t, kind)}</span>
          <select
            className="input"
            style={{ inlineSize: 'auto', minBlockSize: 28, paddingBlock: 2 }}
            value={wish[kind] ?? ''}
            onChange={(e) => {
              setState('idle')
              const { [kind]: _, ...rest } = wish
              setWish(e.target.value ? { ...rest, [kind]: Number(e.target.value) } : rest)
            }}
          >
            <option value="">{t('devices.priority_default')}</option>
            {[1, 2, 3, 4].map((p) => (
              <option key={p} value={p}>
                {p} · {t(`priority.${p}`)}
              </option>
            ))}
          </select>
        </label>
      ))}
      {offByDefault && (
        <label style={{ display: 'flex', gap: 10, alignItems: 'center', minBlockSize: 24 }}>
          <input
            type="checkbox"
            checked={allowed}
            onChange={(e) => {
              setState('idle')
              setAllowed(e.target.checked)
            }}
          />
          {t(category === 'fire' ? 'devices.allow_fire' : 'devices.allow_commands')}
        </label>
      )}
      <div>
        <button type="submit" className="btn sm" disabled={state === 'saving'}>
          {t('devices.save')}
        </button>{' '}
        <span role="status">{state === 'saved' ? t('devices.saved') : ''}</span>
      </div>
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
    </form>
  )
}
