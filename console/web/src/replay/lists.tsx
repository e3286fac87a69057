// The past as lists: the alarms as they stood, what has just happened, what was shelved.
import { useTranslation } from 'react-i18next'
import { AlarmGlyph } from '../alarms/glyph'
import { bandOf, compareAlarms, isLifeSafety, isRemoved, priorityOf, stateOf } from '../alarms/order'
import type { Alarm } from '../contract'
import { clockTime, dayOrClock } from '../i18n/time'
import { ageWords, alarmPlace, kindWords, stateWords } from '../i18n/words'
import type { FilmStep, Scene, Still } from './past'

export function AlarmsThen(props: {
  scene: Scene
  at: number
  zone: string
  selected: string | undefined
  onPoint: (point: string) => void
}) {
  const { scene, at, zone, selected, onPoint } = props
  const { t } = useTranslation()
  const all = [...scene.alarms.values()].sort(
    (a, b) => Number(isLifeSafety(b)) - Number(isLifeSafety(a)) || compareAlarms(a, b),
  )
  return (
    <section className="panel" aria-label={t('replay.alarms')} data-panel>
      <div className="ph">
        <h2>{t('replay.alarms_then', { count: all.length })}</h2>
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('replay.alarms')}>
        {all.length === 0 ? (
          <p className="empty">{t('replay.no_alarms')}</p>
        ) : (
          <table className="table replay-alarms">
            <thead>
              <tr>
                <th scope="col">{t('replay.alarm')}</th>
                <th scope="col">{t('replay.where')}</th>
                <th scope="col">{t('replay.stood')}</th>
                <th scope="col">{t('replay.raised')}</th>
              </tr>
            </thead>
            <tbody>
              {all.map((alarm) => (
                <tr key={alarm.id} className={alarm.point === selected ? 'on' : undefined} data-then={alarm.id}>
                  <td>
                    <button type="button" className="rowlink replay-row" onClick={() => onPoint(alarm.point)}>
                      <AlarmGlyph priority={priorityOf(alarm)} band={bandOf(alarm)} size={16} still={false} />
                      {kindWords(t, alarm.kind)}
                    </button>
                  </td>
                  <td>
                    <bdi>{alarmPlace(alarm, true)}</bdi>
                  </td>
                  <td>
                    <StateThen alarm={alarm} />
                  </td>
                  <td className="num" title={dayOrClock(alarm.raised_at, zone, at)}>
                    {dayOrClock(alarm.raised_at, zone, at)}
                    <div className="faint">{ageWords(t, (at - Date.parse(alarm.raised_at)) / 1000)}</div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  )
}

function StateThen({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation()
  const state = stateOf(alarm)
  return (
    <>
      {t(`replay.state.${state}`, { defaultValue: state })}
      {isRemoved(alarm) && alarm.removed && <div className="faint">{alarm.removed.reason}</div>}
      {alarm.owner && <div className="faint">{t('replay.owner', { name: alarm.owner.by_name })}</div>}
      {alarm.acknowledged && (
        <div className="faint">
          {t('replay.answered', { name: alarm.acknowledged.by_name || alarm.acknowledged.by })}
        </div>
      )}
    </>
  )
}

export function WhatHappened(props: { steps: FilmStep[]; zone: string; playing: boolean }) {
  const { steps, zone, playing } = props
  const { t } = useTranslation()
  if (steps.length === 0) return <p className="empty">{playing ? t('replay.quiet') : t('replay.play_to_see')}</p>
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('replay.happened')}>
      <table className="table">
        <tbody>
          {steps.map((step) => (
            <tr key={`${step.at} ${step.signal ? `s${step.signal.id}` : `a${step.alarm?.id} ${step.what}`}`}>
              <td className="num">{clockTime(step.at, zone)}</td>
              <td>{step.signal ? t('replay.signal') : t(`replay.what.${step.what}`, { defaultValue: step.what })}</td>
              <td>{kindWords(t, step.signal?.kind ?? step.alarm?.kind ?? '')}</td>
              <td>
                <bdi>{step.signal?.point ?? (step.alarm ? alarmPlace(step.alarm, true) : '')}</bdi>
              </td>
              <td>
                {step.signal?.state ? stateWords(t, step.signal.state) : ''} <bdi>{step.signal?.text}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function Shelved({ still, zone }: { still: Still | undefined; zone: string }) {
  const { t } = useTranslation()
  const shelf = still?.shelf ?? []
  const layers = still?.layers ?? []
  if (shelf.length + layers.length === 0) return <p className="empty">{t('replay.none_shelved')}</p>
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('replay.shelved')}>
      <table className="table">
        <thead>
          <tr>
            {['what_held', 'point', 'why', 'by', 'since'].map((head) => (
              <th scope="col" key={head}>
                {t(`replay.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layers.map((l) => (
            <tr key={l.what + l.id}>
              <td>{t(`replay.layer.${l.what}`, { defaultValue: l.what })}</td>
              <td>
                <bdi>{l.name}</bdi>
              </td>
              <td />
              <td />
              <td className="num">{dayOrClock(l.since, zone, Date.now())}</td>
            </tr>
          ))}
          {shelf.map((r) => (
            <tr key={r.id}>
              <td>{t(`replay.state.${r.mode}`, { defaultValue: r.mode })}</td>
              <td>
                <bdi>{r.point}</bdi> {r.kind && kindWords(t, r.kind)}
              </td>
              <td>{r.reason}</td>
              <td>
                <bdi>{r.by_name}</bdi>
              </td>
              <td className="num">{dayOrClock(r.since, zone, Date.now())}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
