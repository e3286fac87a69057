// How long each door may stand open: by its class, and where it differs by a time
// of its own and by the hours of the week.
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { At } from '../shell/times'
import { DoorTimeForm } from './door-time'
import { useDoorTimes } from './door-times'
import { daysWords } from './hours'
import type { DoorTime } from './rationale'

export default function Doors({ station }: { station: string }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const [open, setOpen] = useState('')
  const times = useDoorTimes(station)
  const { got, doors } = times
  const write = may('alarms.rationalise', station)
  return (
    <>
      <p className="filters dim">{t('rationale.doors_why')}</p>
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
                  <th scope="col" key={head} className={numbers.has(head) ? 'num' : undefined}>
                    {t(`rationale.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {doors.map((d) => (
                <Fragment key={d.point}>
                  <tr data-door={d.point} className={open === d.point ? 'on' : undefined}>
                    <Cells door={d} open={open === d.point} onOpen={() => setOpen(open === d.point ? '' : d.point)} />
                  </tr>
                  {open === d.point && (
                    <tr className="on">
                      <td colSpan={7}>
                        <DoorTimeForm
                          key={d.version}
                          door={d}
                          times={times}
                          write={write}
                          onClose={() => setOpen('')}
                        />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </>
  )
}

const numbers = new Set(['held_after', 'warn', 'counts_now'])

function Cells({ door: d, open, onOpen }: { door: DoorTime; open: boolean; onOpen: () => void }) {
  const { t, i18n } = useTranslation()
  const watched = d.class !== '' && d.class !== 'unsupervised'
  const seconds = (s: number, none: string) => (watched ? (s > 0 ? t('time.s', { s }) : none) : '–')
  return (
    <>
      <td>
        <button type="button" className="rowlink" aria-expanded={open} onClick={onOpen}>
          <bdi>{d.name}</bdi>
        </button>
        <div className="dim">
          <bdi>{d.area_name || d.location}</bdi>
        </div>
      </td>
      <td>
        {d.class === '' ? (
          <span className="chip late">{t('rationale.unclassed')}</span>
        ) : (
          t(`rationale.classes.${d.class}`)
        )}
      </td>
      <td className="num">{seconds(d.held_after, t('rationale.of_class'))}</td>
      <td className="num">{seconds(d.warn, t('time.s', { s: 10 }))}</td>
      <td>
        {(d.hours ?? []).length === 0
          ? '–'
          : (d.hours ?? []).map((h) => (
              <div key={`${h.days} ${h.from} ${h.to}`}>
                {daysWords(h.days ?? [], i18n.language)}{' '}
                <bdi dir="ltr">
                  {h.from}–{h.to}
                </bdi>{' '}
                <b>{t('time.s', { s: h.held_after })}</b>
              </div>
            ))}
      </td>
      <td className="num">{d.now > 0 ? t('time.s', { s: d.now }) : t('rationale.controller_alone')}</td>
      <td>
        {d.changed_at && (
          <>
            <At at={d.changed_at} date /> <bdi className="dim">{d.changed_by}</bdi>
          </>
        )}
      </td>
    </>
  )
}
