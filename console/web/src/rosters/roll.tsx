// A register as a table with a form for one entry: saved with the version that was
// seen, removed when no roster names it.
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { FormDialog } from '../shell/form-dialog'
import { WordsFilter } from '../shell/words-filter'
import type { Kept, Register } from './contract'
import { type Rolls, registerKey } from './register'
import { refusedWords } from './words'

export interface RollProps {
  station: string
  rolls: Rolls
  write: boolean
}

export function Roll<T>(props: {
  station: string
  write: boolean
  path: string // of the route that saves
  kind: string // of the route that removes
  label: string
  items: Kept<T>[]
  id: (item: T) => string
  name: (item: T) => string
  words: (item: T) => string // what the filter looks through
  heads: readonly string[] // keys of the catalogue
  row: (item: T) => ReactNode[] // one for each head
  fresh: () => T
  own: readonly string[] // fields that say themselves what is wrong with them
  form: (item: T, set: (change: Partial<T>) => void, fault: unknown, isNew: boolean) => ReactNode
  more?: ReactNode
}) {
  const { station, write, path, kind, label, items, id, name, words, heads, row, fresh, own, form, more } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const search = useSearch({ from: '/rosters/registers' })
  const navigate = useNavigate({ from: '/rosters/registers' })
  const [open, setOpen] = useState<Kept<T> | null>(null)
  const q = search.q?.toLowerCase() ?? ''
  const list = items.filter(({ item }) => q === '' || words(item).toLowerCase().includes(q))
  const take = (register: Register) => client.setQueryData(registerKey(station), register)
  return (
    <>
      <div className="filters">
        <WordsFilter
          width={240}
          label={t('rosters.search')}
          value={search.q}
          onChange={(v) => void navigate({ search: (old) => ({ ...old, q: v }), replace: true })}
        />
        <span className="dim">{t('rosters.entries', { count: list.length })}</span>
        {more}
        <span className="grow" />
        {write && (
          <button type="button" className="btn sm pri" onClick={() => setOpen({ version: 0, item: fresh() })}>
            {t('rosters.add')}
          </button>
        )}
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={label}>
        {list.length === 0 ? (
          <p className="empty">{t(items.length === 0 ? 'rosters.roll_empty' : 'rosters.roll_none')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {heads.map((head) => (
                  <th scope="col" key={head}>
                    {t(`rosters.head.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.map((kept) => {
                const cells = row(kept.item)
                return (
                  <tr key={id(kept.item)} data-roll={id(kept.item)}>
                    {cells.map((cell, i) => (
                      <td key={heads[i]}>
                        {i === 0 ? (
                          <button type="button" className="rowlink" onClick={() => setOpen(kept)}>
                            {cell}
                          </button>
                        ) : (
                          cell
                        )}
                      </td>
                    ))}
                  </tr>
                )
              })}
            </tbody>
          </table>
        )}
      </div>
      {open && (
        <Entry
          key={id(open.item)}
          title={open.version === 0 ? t('rosters.add') : name(open.item)}
          kept={open}
          write={write}
          own={own}
          form={form}
          onClose={() => setOpen(null)}
          onSave={async (item) =>
            take(
              await ask<Register>(`/rosters/${station}/${path}`, {
                method: 'POST',
                body: { items: [{ version: open.version, item }] },
                timeout: 20_000,
              }),
            )
          }
          onRemove={
            open.version > 0 && write
              ? async () =>
                  take(
                    await ask<Register>(`/rosters/${station}/register/${kind}/${encodeURIComponent(id(open.item))}`, {
                      method: 'DELETE',
                      query: { version: open.version },
                    }),
                  )
              : undefined
          }
        />
      )}
    </>
  )
}

function Entry<T>(props: {
  title: string
  kept: Kept<T>
  write: boolean
  own: readonly string[]
  form: (item: T, set: (change: Partial<T>) => void, fault: unknown, isNew: boolean) => ReactNode
  onClose: () => void
  onSave: (item: T) => Promise<unknown>
  onRemove: (() => Promise<unknown>) | undefined
}) {
  const { title, kept, write, own, form, onClose, onSave, onRemove } = props
  const { t } = useTranslation()
  const [item, setItem] = useState(kept.item)
  const [fault, setFault] = useState<unknown>(null)
  const set = (change: Partial<T>) => setItem((old) => ({ ...old, ...change }))
  // The route names the place in its list: items[0].item.name.
  return (
    <FormDialog
      title={title}
      submit={t('shell.save')}
      off={!write}
      wide
      own={own}
      words={(_, why) => refusedWords(t, why)}
      onClose={onClose}
      send={() => onSave(item)}
    >
      {(why) => (
        <>
          <fieldset className="roll-form" disabled={!write}>
            {form(item, set, why, kept.version === 0)}
          </fieldset>
          {fault !== null && (
            <p className="fault" role="alert">
              {refusedWords(t, fault)}
            </p>
          )}
          {onRemove && (
            <div className="acts">
              <button
                type="button"
                className="btn sm danger"
                onClick={() => {
                  setFault(null)
                  void onRemove().then(onClose, setFault)
                }}
              >
                {t('rosters.remove')}
              </button>
            </div>
          )}
        </>
      )}
    </FormDialog>
  )
}

/** Words between commas, as a list. */
export function Listed(props: {
  value: readonly string[]
  onChange: (list: string[]) => void
  id?: string
  label?: string
}) {
  const [text, setText] = useState(props.value.join(', '))
  return (
    <input
      id={props.id}
      aria-label={props.label}
      className="input"
      value={text}
      onChange={(e) => {
        setText(e.target.value)
        props.onChange(
          e.target.value
            .split(',')
            .map((w) => w.trim())
            .filter(Boolean),
        )
      }}
    />
  )
}
