import { useTranslation } from 'react-i18next'
import type { Device } from '../contract'

/** How the gateway keeps up with a device: the requests it sends, or the topics it listens to. */
export function ReadPlan({ plan }: { plan: Device['plan'] }) {
  const { t } = useTranslation()
  if (!plan) return null
  const reads = plan.reads ?? []
  const topics = plan.topics ?? []
  return (
    <details className="read-plan">
      <summary>
        {reads.length > 0
          ? t('devices.plan.reads', { count: reads.length, fast: plan.fast, slow: plan.slow })
          : t('devices.plan.topics', { count: topics.length })}
      </summary>
      {plan.life_sign && <p className="dim">{t('devices.plan.life_sign', { words: plan.life_sign })}</p>}
      {reads.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              {['table', 'address', 'count', 'every'].map((head) => (
                <th scope="col" key={head}>
                  {t(`devices.plan.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {reads.map((read) => (
              <tr key={`${read.table}-${read.address}-${read.tier}`}>
                <td>{t(`devices.plan.tables.${read.table}`, { defaultValue: read.table })}</td>
                <td className="mono">
                  <bdi>{read.address}</bdi>
                </td>
                <td className="mono">
                  <bdi>{read.count}</bdi>
                </td>
                <td className="mono">
                  <bdi>{read.tier === 'fast' ? plan.fast : plan.slow}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {topics.length > 0 && (
        <ul className="mono">
          {topics.map((topic) => (
            <li key={topic}>
              <bdi>{topic}</bdi>
            </li>
          ))}
        </ul>
      )}
    </details>
  )
}
