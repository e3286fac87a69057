// What must be known on every page before anything else is believed.
import { IconPlugConnectedX, IconRefresh, IconVolumeOff, IconWindow } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sound, useSound } from '../alarms/siren'
import { clock, useEachSecond, useLink } from '../live'
import { useDesk } from '../session/desk'
import { useClockTime } from './times'
import { openPanel, panelNames, theWindows, useWindows } from './windows'

export function Banners() {
  return (
    <>
      <NoContact />
      <SoundOff />
      <NewVersion />
      <WindowsGone />
    </>
  )
}

function NoContact() {
  const { t } = useTranslation()
  const link = useLink()
  const clockTime = useClockTime()
  useEffect(() => {
    document.documentElement.classList.toggle('no-contact', link.known && !link.up)
    return () => document.documentElement.classList.remove('no-contact')
  }, [link])
  const opened = useRef(performance.now())
  const slow = useEachSecond(() => performance.now() - opened.current > 5_000)
  if (link.up || (!link.known && !slow)) return null
  return (
    <div className="banner p2" role="alert" data-banner="no-contact">
      <IconPlugConnectedX size={18} aria-hidden />
      {link.known ? t('live.no_contact', { since: clockTime(link.since) }) : t('live.no_contact_yet')}
      <span style={{ fontWeight: 480 }}>{t('live.no_contact_means')}</span>
    </div>
  )
}

/** Browsers hold the sound back until a gesture; an officer must know that. */
function SoundOff() {
  const { t } = useTranslation()
  const { on } = useSound()
  useWindows()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 600)
    return () => clearTimeout(timer)
  }, [])
  if (on || !late || theWindows()?.defers()) return null // another window of this desk is heard
  return (
    <div className="banner p1" role="alert" data-banner="sound">
      <IconVolumeOff size={18} aria-hidden />
      {t('alarms.sound_off')}
      <button type="button" className="btn sm" onClick={() => void sound.unlock()}>
        {t('alarms.sound_on')}
      </button>
    </div>
  )
}

/** A window of this desk that was open is gone: what it showed is shown nowhere else, or here again. */
function WindowsGone() {
  const { t } = useTranslation()
  const clockTime = useClockTime()
  const { lost } = useWindows()
  return lost.map(({ panel, at }) => {
    const name = t(`windows.name.${panel || 'control'}`)
    const since = clockTime(clock.now() - (performance.now() - at))
    return (
      <div key={panel} className="banner info" role="status" data-window-gone={panel || 'control'}>
        <IconWindow size={18} aria-hidden />
        {t('windows.gone', { name, since })}
        <button type="button" className="btn sm" onClick={() => again(panel)}>
          {t('windows.again')}
        </button>
        <button type="button" className="btn sm" onClick={() => theWindows()?.forget(panel)}>
          {t('windows.leave')}
        </button>
      </div>
    )
  })
}

function again(panel: string): void {
  const name = panelNames.find((p) => p === panel)
  if (name) openPanel(name)
  else window.open('/control', '_blank')
  theWindows()?.forget(panel)
}

/** The console was renewed while this page stayed open. */
function NewVersion() {
  const { t } = useTranslation()
  const { build } = useLink()
  const { session } = useDesk()
  const mine = useRef(session.build)
  if (!build || !mine.current || build === mine.current) return null
  return (
    <div className="banner info" role="status">
      <IconRefresh size={18} aria-hidden />
      {t('shell.new_version')}
      <button type="button" className="btn sm" onClick={() => location.reload()}>
        {t('shell.reload')}
      </button>
    </div>
  )
}
