// A list of the console as a table, page by page: refused, on its way, empty, or there.
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type Paged, Pager } from './pages-of'
import { Failed, Loading } from './states'

export function PagedTable<T>(props: {
  label: string
  paged: Paged<T>
  none: string // what is said when there is nothing
  words: string // the group of the catalogue that has the heads
  heads: readonly string[]
  className?: string
  row: (item: T) => ReactNode
}) {
  const { label, paged, none, words, heads, className = 'table', row } = props
  return (
    <>
      <div className="scroll" tabIndex={0} role="group" aria-label={label}>
        {paged.error ? (
          <Failed fault={paged.error} again={paged.again} />
        ) : paged.loading ? (
          <Loading />
        ) : paged.items.length === 0 ? (
          <p className="empty">{none}</p>
        ) : (
          <table className={className}>
            <Heads words={words} names={heads} />
            <tbody>{paged.items.map(row)}</tbody>
          </table>
        )}
      </div>
      <Pager paged={paged} />
    </>
  )
}

/** The head of a table, from the catalogue. */
export function Heads({ words, names }: { words: string; names: readonly string[] }) {
  const { t } = useTranslation()
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th scope="col" key={name}>
            {t(`${words}.${name}`)}
          </th>
        ))}
      </tr>
    </thead>
  )
}
