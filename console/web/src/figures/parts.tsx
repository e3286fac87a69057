// The tables of the figures: each is the alternative to its bars.
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ageWords, kindWords } from '../i18n/words'
import { Age, At } from '../shell/times'
import type { Figures } from './figures'
import { asNumber, asPercent } from './tiles'

function Part({ name, wide, children }: { name: string; wide?: boolean; children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <section className={wide ? 'part wide' : 'part'} aria-label={t(`figures.part.${name}`)}>
      <h2 className="h3">{t(`figures.part.${name}`)}</h2>
      {children}
    </section>
  )
}

/** A share as a bar with its target as a mark; the number stands beside it. */
function Share({ value, target }: { value: number; target?: number }) {
  return (
    <span className="share" aria-hidden>
      <span className="fill" style={{ inlineSize: `${Math.min(value, 1) * 100}%` }} />
      {target !== undefined && <span className="mark" style={{ insetInlineStart: `${target * 100}%` }} />}
    </span>
  )
}

function Head({ heads }: { heads: string[] }) {
  const { t } = useTranslation()
  return (
    <thead>
      <tr>
        {heads.map((head, i) => (
          <th scope="col" key={head} className={i > 0 ? 'num' : undefined}>
            {t(`figures.head.${head}`)}
          </th>
        ))}
      </tr>
    </thead>
  )
}

export function Mix({ f }: { f: Figures }) {
  const { t } = useTranslation()
  const [urgent = 0.05, medium = 0.15, low = 0.8] = f.targets.priorities ?? []
  const groups = [
    { name: '1 + 2', n: shareOf(f, 1) + shareOf(f, 2), target: urgent },
    { name: '3', n: shareOf(f, 3), target: medium },
    { name: '4', n: shareOf(f, 4), target: low },
  ]
  return (
    <Part name="mix">
      <table className="table">
        <Head heads={['priority', 'share', 'target', 'bar']} />
        <tbody>
          {groups.map((g) => (
            <tr key={g.name}>
              <td>{t('figures.priority', { n: g.name })}</td>
              <td className="num">{asPercent(g.n)}</td>
              <td className="num dim">{asPercent(g.target)}</td>
              <td>
                <Share value={g.n} target={g.target} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  )
}

const shareOf = (f: Figures, priority: number): number => f.priorities?.find((p) => p.priority === priority)?.share ?? 0

export function Answers({ f }: { f: Figures }) {
  const { t } = useTranslation()
  const [first = 0.8, second = 0.985] = f.targets.answered ?? []
  const rows = f.answers ?? []
  return (
    <Part name="answers">
      {(rows[0]?.n ?? 0) === 0 ? (
        <p className="empty">{t('figures.none.answers')}</p>
      ) : (
        <table className="table">
          <Head heads={['priority', 'answered', 'p50', 'p90', 'first', 'second']} />
          <tbody>
            {rows.map((a) => (
              <tr key={a.priority}>
                <td>{a.priority === 0 ? t('figures.all') : t('figures.priority', { n: a.priority })}</td>
                <td className="num">{a.n}</td>
                <td className="num">{took(t, a.p50)}</td>
                <td className="num">{took(t, a.p90)}</td>
                <td className={a.first < first ? 'num short' : 'num'}>{asPercent(a.first)}</td>
                <td className={a.second < second ? 'num short' : 'num'}>{asPercent(a.second)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="faint note">{t('figures.answered_aim', { first: asPercent(first), second: asPercent(second) })}</p>
    </Part>
  )
}

const took = (t: Parameters<typeof ageWords>[0], seconds: number): string =>
  seconds < 10 ? t('time.s', { s: asNumber(Math.round(seconds * 10) / 10) }) : ageWords(t, Math.round(seconds))

export function Actors({ f }: { f: Figures }) {
  const { t } = useTranslation()
  const rows = f.bad_actors ?? []
  return (
    <Part name="actors" wide>
      {rows.length === 0 ? (
        <p className="empty">{t('figures.none.actors')}</p>
      ) : (
        <table className="table">
          <Head heads={['what', 'alarms', 'share', 'chatter', 'fleeting', 'proposal']} />
          <tbody>
            {rows.slice(0, 10).map((a) => (
              <tr key={`${a.point} ${a.kind}`} data-actor={a.point}>
                <td>
                  <Link to="/rationale" search={{ point: a.point, kind: a.kind }}>
                    <bdi>{a.point_name || a.point}</bdi>
                  </Link>
                  <span className="dim">
                    {' '}
                    {kindWords(t, a.kind)}
                    {a.location && (
                      <>
                        {' · '}
                        <bdi>{a.location}</bdi>
                      </>
                    )}
                  </span>
                </td>
                <td className="num">{a.n}</td>
                <td className="num">{asPercent(a.share)}</td>
                <td className="num">
                  {a.chatter > 0 ? t('figures.episodes', { count: a.chatter, worst: a.worst }) : '–'}
                </td>
                <td className="num">
                  {a.fleeting > 0 ? t('figures.fleeting_held', { count: a.fleeting, held: a.held }) : '–'}
                </td>
                <td className="num">
                  {a.life_safety ? (
                    <span className="faint">{t('figures.never_shelved')}</span>
                  ) : a.propose ? (
                    <span className="chip">{t(`figures.propose.${a.propose}`)}</span>
                  ) : (
                    '–'
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  )
}

export function Closed({ f }: { f: Figures }) {
  const { t } = useTranslation()
  const rows = (f.closed ?? []).filter((c) => c.n > 0)
  return (
    <Part name="closed">
      {rows.length === 0 ? (
        <p className="empty">{t('figures.none.closed')}</p>
      ) : (
        <table className="table">
          <Head heads={['disposition', 'alarms', 'share', 'bar']} />
          <tbody>
            {rows.map((c) => (
              <tr key={c.disposition}>
                <td>{t(`figures.disposition.${c.disposition}`, { defaultValue: c.disposition })}</td>
                <td className="num">{c.n}</td>
                <td className="num">{asPercent(c.share)}</td>
                <td>
                  <Share value={c.share} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  )
}

export function Floods({ f }: { f: Figures }) {
  const { t } = useTranslation()
  const rows = f.floods ?? []
  return (
    <Part name="floods">
      {rows.length === 0 ? (
        <p className="empty">{t('figures.none.floods')}</p>
      ) : (
        <table className="table">
          <Head heads={['since', 'until', 'alarms', 'peak']} />
          <tbody>
            {rows.slice(-10).map((one) => (
              <tr key={one.since}>
                <td>
                  <At at={one.since} date />
                </td>
                <td className="num">{one.ended ? <At at={one.ended} date /> : t('figures.lasts')}</td>
                <td className="num">{one.total}</td>
                <td className="num">{one.peak}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  )
}

export function Stale({ f }: { f: Figures }) {
  const { t } = useTranslation()
  const rows = f.stale ?? []
  return (
    <Part name="stale" wide>
      {rows.length === 0 ? (
        <p className="empty">{t('figures.none.stale')}</p>
      ) : (
        <table className="table">
          <Head heads={['what', 'since', 'age', 'priority_n']} />
          <tbody>
            {rows.map((one) => (
              <tr key={one.alarm}>
                <td>
                  <Link to="/control" search={{ alarm: one.alarm }}>
                    <bdi>{one.point_name || one.point}</bdi>
                  </Link>{' '}
                  <span className="dim">
                    {kindWords(t, one.kind)} · <bdi>{one.location}</bdi>
                  </span>
                </td>
                <td className="num">
                  <At at={one.since} date />
                </td>
                <td className="num">
                  <Age at={one.since} />
                </td>
                <td className="num">{one.priority}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  )
}
