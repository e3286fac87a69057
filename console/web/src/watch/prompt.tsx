// What every page needs of the watch: this desk reports that it is awake,
// and is asked when it does not.
import './watch.css'
import { IconHandStop, IconMoonStars } from '@tabler/icons-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { ageWords } from '../i18n/words'
import { useEachSecond, useThings } from '../live'
import { ALL, useDesk } from '../session/desk'
import { useClockTime } from '../shell/times'
import { useAlive } from './alive'
import { chime } from './chime'
import { useDeskName } from './desk-name'
import type { Stand } from './told'

export function WatchPrompt() {
  const desk = useDesk()
  const name = useDeskName()
  const stands = useThings<Stand>('watch')
  const here = desk.station === ALL ? '' : desk.station
  const mine = (s: Stand) => desk.may('alarms.handle', s.station) && (here === '' || here === s.station)
  const asking = stands.filter((s) => s.state === 'prompting' && mine(s))
  const missed = stands.filter((s) => s.state === 'missed')
  const wake = asking.length > 0 || missed.some(mine)
  useAlive(desk.may('alarms.handle'), name, here, wake)
  return (
    <>
      {asking.map((s) => (
        <Asked key={s.id} stand={s} />
      ))}
      {missed
        .filter((s) => desk.may('watch.supervise', s.station) || mine(s))
        .map((s) => (
          <Missed key={s.id} stand={s} />
        ))}
    </>
  )
}

function useStationName(id: string): string {
  return useDesk().stations.find((s) => s.id === id)?.name ?? id
}

function Asked({ stand }: { stand: Stand }) {
  const { t } = useTranslation()
  const station = useStationName(stand.station)
  const by = stand.answer_by ? Date.parse(stand.answer_by) : 0
  const left = useEachSecond((now) => Math.max(0, Math.ceil((by - now) / 1000)))
  useEffect(() => {
    chime()
    const timer = setInterval(chime, 5_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <div className="banner watch-asked" role="alert" data-banner="watch-prompt">
      <IconHandStop size={22} aria-hidden />
      <span>
        <b>{t('watch.asked', { station })}</b> {t('watch.asked_key')}
      </span>
      <span className="grow" />
      <span aria-hidden>
        <bdi>{left > 0 ? t('watch.asked_left', { age: ageWords(t, left) }) : t('watch.asked_late')}</bdi>
      </span>
    </div>
  )
}

function Missed({ stand }: { stand: Stand }) {
  const { t } = useTranslation()
  const station = useStationName(stand.station)
  const clockTime = useClockTime()
  return (
    <div className="banner p2" role="alert" data-banner="watch-missed">
      <IconMoonStars size={18} aria-hidden />
      <span>
        {t('watch.missed', { station, since: clockTime(stand.since) })}{' '}
        <span style={{ fontWeight: 480 }}>{t('watch.missed_next', { last: clockTime(stand.last_key) })}</span>
      </span>
    </div>
  )
}
