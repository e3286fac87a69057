// Who changed what of the rationalisation, the newest first.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import { kindWords } from '../i18n/words'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import type { RationaleChange } from './rationale'

export default function Changes({ station }: { station: string }) {
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['rationale', 'changes', station],
    queryFn: ({ signal }) =>
      ask<List<RationaleChange>>('/rationale/changes', { query: { station, limit: 200 }, signal }),
    staleTime: 0,
  })
  const words = (side: Record<string, string>) =>
    Object.entries(side)
      .map(([name, value]) => `${t(`rationale.${name}`)}: ${value || '–'}`)
      .join(' · ')
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('rationale.part.changes')}>
      {got.error ? (
        <Failed fault={got.error} again={() => void got.refetch()} />
      ) : !got.data ? (
        <Loading />
      ) : (got.data.items ?? []).length === 0 ? (
        <p className="empty">{t('rationale.no_changes')}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              {['changed', 'by', 'point', 'was', 'now'].map((head) => (
                <th scope="col" key={head}>
                  {t(`rationale.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(got.data.items ?? []).map((c) => (
              <tr key={c.id}>
                <td>
                  <At at={c.at} date />
                </td>
                <td>
                  <bdi>{c.by_name}</bdi>
                </td>
                <td>
                  <bdi className="mono">{c.point}</bdi>{' '}
                  {c.kind === '' ? t('rationale.all_kinds') : kindWords(t, c.kind)}
                </td>
                <td className="dim">{words(c.was)}</td>
                <td>{words(c.now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
