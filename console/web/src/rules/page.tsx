// Rules: what several signals together mean. Written, tried over the past, then
// switched on.
import './rules.css'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { RuleEditor } from './editor'
import { blank, type Rule } from './rules'
import { ruleWords } from './words'

const NEW = 'new'

export default function Page() {
  const { t } = useTranslation()
  const { may, session, stations } = useDesk()
  const { station } = useOneStation()
  const search = useSearch({ from: '/rules' })
  const navigate = useNavigate({ from: '/rules' })
  const write = may('alarms.rationalise', station)
  const got = useQuery({
    queryKey: ['rules', station],
    queryFn: ({ signal }) => ask<List<Rule>>('/rules', { query: { station }, signal }),
    staleTime: 0,
  })
  const rules = got.data?.items ?? []
  const open = rules.find((r) => r.id === search.rule)
  const show = (rule: string | undefined) => void navigate({ search: { rule }, replace: true })
  const again = async (rule?: string) => {
    await got.refetch()
    show(rule)
  }
  return (
    <div className="quiet rules-page">
      <section className="panel" aria-label={t('page.rules')} data-panel>
        <div className="ph">
          <h1>{t('page.rules')}</h1>
          {(session.demo || stations.some((s) => s.id === station && s.demo)) && (
            <span className="chip demo">{t('shell.demo')}</span>
          )}
          <OneStation />
          <div className="grow" />
          {write && (
            <button type="button" className="btn sm pri" onClick={() => show(NEW)}>
              {t('rules.add')}
            </button>
          )}
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t('page.rules')}>
          {got.error ? (
            <Failed fault={got.error} again={() => void got.refetch()} />
          ) : !got.data ? (
            <Loading />
          ) : rules.length === 0 ? (
            <p className="empty">{t('rules.none')}</p>
          ) : (
            <table className="table">
              <thead>
                <tr>
                  {['name', 'state', 'tried', 'hits', 'last_hit'].map((head) => (
                    <th scope="col" key={head}>
                      {t(`rules.${head}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rules.map((r) => (
                  <tr key={r.id} className={r.id === open?.id ? 'on' : undefined} data-rule={r.code}>
                    <td>
                      <button
                        type="button"
                        className="rowlink"
                        aria-expanded={r.id === open?.id}
                        onClick={() => show(r.id)}
                      >
                        <bdi>{r.name}</bdi>
                      </button>
                      <div className="dim">{ruleWords(t, r)}</div>
                    </td>
                    <td>
                      <span className={r.enabled ? 'chip accent' : 'chip'}>
                        {t(r.enabled ? 'rules.on' : 'rules.off')}
                      </span>
                    </td>
                    <td>
                      {r.tried ? (
                        t('rules.tried_found', { count: r.tried.hits })
                      ) : (
                        <span className="chip late">{t('rules.not_tried')}</span>
                      )}
                    </td>
                    <td className="num">{r.hits}</td>
                    <td>
                      <At at={r.last_hit} date />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      </section>
      {open && (
        <RuleEditor
          key={`${open.id} ${open.version}`}
          station={station}
          rule={open}
          write={write}
          again={again}
          onClose={() => show(undefined)}
        />
      )}
      {!open && search.rule === NEW && write && (
        <RuleEditor
          key={NEW}
          station={station}
          rule={null}
          start={blank}
          write
          again={again}
          onClose={() => show(undefined)}
        />
      )}
    </div>
  )
}
