// How long each door may stand open before the console says so.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { List } from '../contract'
import { refusalWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import type { DoorTime } from './rationale'

const classes = ['inside', 'entrance', 'dock', 'unsupervised'] as const

export default function Doors({ station }: { station: string }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const [fault, setFault] = useState<unknown>(null)
  const write = may('alarms.rationalise', station)
  const got = useQuery({
    queryKey: ['door-times', station],
    queryFn: ({ signal }) => ask<List<DoorTime>>('/door-times', { query: { station }, signal }),
    staleTime: 0,
  })
  const set = async (door: DoorTime, change: Partial<DoorTime>) => {
    const next = { ...door, ...change }
    setFault(null)
    try {
      await ask('/door-times', {
        method: 'POST',
        body: {
          station,
          items: [
            {
              point: next.point,
              class: next.class || 'inside',
              held_after: next.held_after,
              warn: next.warn,
              hours: next.hours ?? [],
              version: next.version,
            },
          ],
        },
      })
    } catch (why) {
      setFault(why)
    }
    await got.refetch()
  }
  const doors = got.data?.items ?? []
  return (
    <>
      <p className="filters dim">{t('rationale.doors_why')}</p>
      {fault !== null && (
        <p className="fault" role="alert">
          {refusalWords(t, fault)}
        </p>
      )}
      <div className="scroll" tabIndex={0} role="group" aria-label={t('rationale.part.doors')}>
        {got.error ? (
          <Failed fault={got.error} again={() => void got.refetch()} />
        ) : !got.data ? (
          <Loading />
        ) : doors.length === 0 ? (
          <p className="empty">{t('rationale.no_doors')}</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                {['door', 'class', 'held_after', 'warn', 'hours', 'counts_now', 'changed'].map((head) => (
                  <th scope="col" key={head}>
                    {t(`rationale.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {doors.map((d) => (
                <tr key={d.point} data-door={d.point}>
                  <td>
                    <bdi>{d.name}</bdi>
                    <div className="dim">
                      <bdi>{d.area_name || d.location}</bdi>
                    </div>
                  </td>
                  <td>
                    <select
                      className="input"
                      aria-label={t('rationale.class_of', { name: d.name })}
                      value={d.class}
                      disabled={!write}
                      onChange={(e) => void set(d, { class: e.target.value as DoorTime['class'] })}
                    >
                      {d.class === '' && <option value="">{t('rationale.unclassed')}</option>}
                      {classes.map((c) => (
                        <option key={c} value={c}>
                          {t(`rationale.classes.${c}`)}
                        </option>
                      ))}
                    </select>
                  </td>
                  <td>
                    <Seconds
                      label={t('rationale.held_of', { name: d.name })}
                      value={d.held_after}
                      disabled={!write || d.class === '' || d.class === 'unsupervised'}
                      onChange={(held_after) => void set(d, { held_after })}
                    />
                  </td>
                  <td>
                    <Seconds
                      label={t('rationale.warn_of', { name: d.name })}
                      value={d.warn}
                      disabled={!write || d.class === '' || d.class === 'unsupervised'}
                      onChange={(warn) => void set(d, { warn })}
                    />
                  </td>
                  <td>
                    <Hours
                      door={d}
                      write={write && d.class !== '' && d.class !== 'unsupervised'}
                      onChange={(hours) => void set(d, { hours })}
                    />
                  </td>
                  <td className="num">{d.now > 0 ? t('time.s', { s: d.now }) : t('rationale.controller_alone')}</td>
                  <td>
                    {d.changed_at && (
                      <>
                        <At at={d.changed_at} date /> <bdi className="dim">{d.changed_by}</bdi>
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </>
  )
}

function Seconds(props: { label: string; value: number; disabled: boolean; onChange: (n: number) => void }) {
  const [text, setText] = useState<string | null>(null)
  const done = () => {
    const n = Number(text)
    if (text !== null && Number.isInteger(n) && n !== props.value) props.onChange(n)
    setText(null)
  }
  return (
    <input
      className="input seconds"
      type="number"
      min={0}
      aria-label={props.label}
      disabled={props.disabled}
      placeholder="–"
      value={text ?? (props.value === 0 ? '' : String(props.value))}
      onChange={(e) => setText(e.target.value)}
      onBlur={done}
      onKeyDown={(e) => e.key === 'Enter' && done()}
    />
  )
}

type Span = NonNullable<DoorTime['hours']>[number]

/** Hours with a time of their own, one a line: "1-5 06:00-09:00 180". */
function Hours({ door, write, onChange }: { door: DoorTime; write: boolean; onChange: (hours: Span[]) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState<string | null>(null)
  const [wrong, setWrong] = useState('')
  const hours = door.hours ?? []
  const done = () => {
    if (text === null) return
    const read = readHours(text)
    if (typeof read === 'string') return setWrong(read)
    setWrong('')
    setText(null)
    if (hoursWords(read) !== hoursWords(hours)) onChange(read)
  }
  return (
    <>
      <textarea
        className="input hours"
        rows={Math.max(1, hours.length)}
        aria-label={t('rationale.hours_of', { name: door.name })}
        aria-invalid={wrong !== ''}
        title={t('rationale.hours_how')}
        placeholder="1-5 06:00-09:00 180"
        disabled={!write}
        value={text ?? hoursWords(hours)}
        onChange={(e) => setText(e.target.value)}
        onBlur={done}
      />
      {wrong && (
        <span className="danger" role="alert">
          {t('rationale.hours_wrong', { line: wrong })}
        </span>
      )}
    </>
  )
}

export function hoursWords(hours: Span[]): string {
  return hours.map((h) => `${(h.days ?? []).join(',')} ${h.from}-${h.to} ${h.held_after}`).join('\n')
}

/** Reads lines of hours; the line that cannot be read otherwise. */
export function readHours(text: string): Span[] | string {
  const spans: Span[] = []
  for (const line of text.split('\n').map((l) => l.trim())) {
    if (line === '') continue
    const found = /^([1-7](?:[-,][1-7])*)\s+(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s+(\d+)$/.exec(line)
    if (!found) return line
    const [, days = '', from = '', to = '', held = ''] = found
    spans.push({ days: daysOf(days), from, to, held_after: Number(held) })
  }
  return spans
}

function daysOf(text: string): number[] {
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number)
    for (let day = first; day <= last; day++) days.add(day)
  }
  return [...days].sort()
}
