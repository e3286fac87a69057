import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Refusal } from '../ask'
import type { Alarm } from '../contract'
import { useLink } from '../live'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { type ShelvingFor, shelve, useAttempt } from './acts'
import { isLifeSafety, isRemoved } from './order'
import { Subject, Told } from './subject'

const minutes = ['15', '30', '60'] as const
const longer = ['120', '240', '480'] as const // by right; the console knows the station's longest
type Length = 'shift' | 'once' | (typeof minutes)[number] | (typeof longer)[number]

const asked = (length: Length): ShelvingFor =>
  length === 'shift' ? { until_shift: true } : length === 'once' ? { one_shot: true } : { minutes: Number(length) }

/** Whether somebody has to patrol what a shelved sensor no longer guards. */
export const isPerimeter = (alarm: Pick<Alarm, 'category' | 'kind'>): boolean =>
  alarm.category === 'intrusion' || alarm.kind.startsWith('zone.')

/** The field for which something was refused, if any. */
const refusedFor = (fault: unknown): unknown => (fault instanceof Refusal ? fault.problem.params?.field : undefined)

/** Takes an alarm out of the list for a time, with a reason; by default until the shift ends. */
export function ShelveDialog({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  if (isLifeSafety(alarm)) return <Never alarm={alarm} words={t('alarms.never_shelved')} onClose={onClose} />
  if (isRemoved(alarm)) return <Never alarm={alarm} words={t('alarms.shelved_already')} onClose={onClose} />
  if (!may('alarms.shelve', alarm.station))
    return <Never alarm={alarm} words={t('alarms.may_not_shelve')} onClose={onClose} />
  return <Shelving alarm={alarm} onClose={onClose} />
}

function Never({ alarm, words, onClose }: { alarm: Alarm; words: string; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog title={t('alarms.do.shelve')} onClose={onClose}>
      <div className="body">
        <Subject alarm={alarm} />
        <p role="alert">{words}</p>
        <div className="actions">
          <button type="button" className="btn" data-autofocus onClick={onClose}>
            {t('shell.close')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Shelving({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const link = useLink()
  const attempt = useAttempt(alarm.id)
  const [reason, setReason] = useState('')
  const [length, setLength] = useState<Length>('shift')
  const [patrol, setPatrol] = useState('')
  const [tried, setTried] = useState(false)
  const long = may('alarms.shelve_long', alarm.station)
  // The console knows which areas lie on the perimeter, and says so when it is asked.
  const perimeter = isPerimeter(alarm) || patrol !== '' || refusedFor(attempt?.fault) === 'patrol'
  const noReason = reason.trim() === ''
  const noPatrol = perimeter && patrol.trim() === ''
  return (
    <Dialog title={t('alarms.do.shelve')} onClose={onClose}>
      <form
        className="body"
        onSubmit={async (event) => {
          event.preventDefault()
          setTried(true)
          if (noReason || noPatrol || !link.up) return
          if (await shelve(alarm, reason.trim(), asked(length), patrol.trim())) onClose()
        }}
      >
        <Subject alarm={alarm} />
        <label className="field">
          {t('alarms.shelve_reason')}
          <input
            type="text"
            className="input"
            data-autofocus
            maxLength={500}
            aria-invalid={tried && noReason}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
          />
          {tried && noReason && <span role="alert">{t('alarms.shelve_reason_first')}</span>}
        </label>
        {perimeter && (
          <label className="field">
            {t('alarms.shelve_patrol')}
            <input
              type="text"
              className="input"
              maxLength={200}
              aria-invalid={tried && noPatrol}
              value={patrol}
              onChange={(e) => setPatrol(e.target.value)}
            />
            <span className={tried && noPatrol ? undefined : 'dim'} role={tried && noPatrol ? 'alert' : undefined}>
              {t('alarms.shelve_patrol_why')}
            </span>
          </label>
        )}
        <fieldset className="alarm-choices">
          <legend>{t('alarms.shelve_long')}</legend>
          {(['shift', ...minutes, ...(long ? longer : []), 'once'] as Length[]).map((one) => (
            <label key={one} className={length === one ? 'choice on' : 'choice'}>
              <input type="radio" name="length" value={one} checked={length === one} onChange={() => setLength(one)} />
              <span>
                <b>{t(`alarms.length.${one}`)}</b>
                {(one === 'shift' || one === 'once') && <small>{t(`alarms.length_why.${one}`)}</small>}
              </span>
            </label>
          ))}
        </fieldset>
        {!long && <p className="dim">{t('alarms.shelve_longer_right')}</p>}
        <Told attempt={attempt} />
        <div className="actions">
          <button type="submit" className="btn pri" disabled={!link.up || attempt?.state === 'sending'}>
            {t('alarms.do.shelve')} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
