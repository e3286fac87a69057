import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Instant } from '../contract'
import { At, useClockTime } from '../shell/times'
import { AddLine } from './add-line'
import type { Evacuation } from './live'

export interface LogLine {
  n: number
  at: Instant
  by_name: string
  what: string
  params: Record<string, string> | null
}

/** A line of the log in words; one that nobody knows is shown as it came. */
export function lineWords(t: TFunction, line: LogLine, clock: (at: Instant) => string): string {
  const p = line.params ?? {}
  const word = (group: string, code: string | undefined) =>
    code ? t(`fire.${group}.${code}`, { defaultValue: code }) : ''
  const blank = { zone: '', reason: '', was_warden: '', text: '', summary: '' }
  return t(`fire.log.${line.what}`, {
    ...blank,
    ...p,
    state: word('floor', p.state),
    was: p.was && line.what.startsWith('service') ? clock(p.was) : ((word('floor', p.was) || p.was) ?? ''),
    kind: word('person', p.kind),
    step: word('step', p.step),
    when: p.at ? clock(p.at) : '',
    more: [p.warden, p.where, p.remark, p.note].filter(Boolean).join(' · '),
    defaultValue: `${line.what} ${Object.entries(p)
      .map(([k, v]) => `${k}: ${v}`)
      .join(', ')}`,
  })
}

export function Log(props: { of: Evacuation; lines: LogLine[]; writes: boolean; off: boolean }) {
  const { of: e, lines, writes, off } = props
  const { t } = useTranslation()
  const clock = useClockTime()
  return (
    <section className="panel log" aria-label={t('fire.log_title')} data-panel>
      <div className="ph">
        <h2>{t('fire.log_title')}</h2>
      </div>
      {writes && (
        <AddLine
          path={`/fire/evacuations/${e.id}/log`}
          field="text"
          label={t('fire.log_add')}
          longest={4000}
          off={off}
        />
      )}
      <div className="scroll" tabIndex={0} role="group" aria-label={t('fire.log_title')}>
        <ol className="log-lines" reversed>
          {[...lines].reverse().map((line) => (
            <li key={line.n} data-what={line.what}>
              <span className="faint">
                {e.drill && <b>{t('fire.drill')} </b>}
                <At at={line.at} /> {line.by_name}
              </span>
              <span>{lineWords(t, line, clock)}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  )
}
