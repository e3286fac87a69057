import {
  IconDevices2,
  IconKey,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserShare,
  IconVolume,
} from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sound } from '../alarms/siren'
import { ask } from '../ask'
import { refusalWords, roleWords } from '../i18n/words'
import { useDesk } from '../session/desk'
import { Dialog } from './dialog'
import { setLetterKeys, useLetterKeys } from './keys'
import { ChangeOfficer } from './slots'
import { setTheme } from './theme'
import { useTheme } from './use-theme'

const PasswordForm = lazy(() => import('../session/password-form'))

export function UserMenu() {
  const { t } = useTranslation()
  const { session } = useDesk()
  const client = useQueryClient()
  const theme = useTheme()
  const letters = useLetterKeys()
  const menu = useRef<HTMLDivElement>(null)
  const [changing, setChanging] = useState(false)
  const [relieving, setRelieving] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const roles = [...new Set((session.roles ?? []).map((r) => roleWords(t, r.role)))].join(', ')

  const leave = async (everywhere: boolean) => {
    try {
      await ask(everywhere ? '/sessions' : '/session', { method: 'DELETE' })
      client.setQueryData(['session'], null)
    } catch (why) {
      setFault(why) // still signed in: saying otherwise would leave the desk open
    }
  }
  const close = () => menu.current?.hidePopover?.()
  return (
    <>
      <button type="button" className="who" popoverTarget="user-menu" aria-haspopup="true">
        <b>
          <bdi>{session.user.name || session.user.username}</bdi>
        </b>
        <span>{roles}</span>
      </button>
      <div ref={menu} id="user-menu" className="menu" popover="auto">
        <button type="button" onClick={() => setTheme(theme === 'dark' ? 'light' : 'dark')}>
          {theme === 'dark' ? <IconSun size={16} aria-hidden /> : <IconMoon size={16} aria-hidden />}
          {theme === 'dark' ? t('shell.light') : t('shell.dark')}
        </button>
        <button type="button" onClick={() => setLetterKeys(!letters)}>
          <IconKeyboard size={16} aria-hidden />
          {letters ? t('shell.letters_off') : t('shell.letters_on')}
        </button>
        <button
          type="button"
          onClick={() => {
            close()
            setRelieving(true)
          }}
        >
          <IconUserShare size={16} aria-hidden />
          {t('shell.change_officer')}
        </button>
        <button type="button" onClick={() => sound.test()}>
          <IconVolume size={16} aria-hidden />
          {t('alarms.sound_test')}
        </button>
        <button
          type="button"
          onClick={() => {
            close()
            setChanging(true)
          }}
        >
          <IconKey size={16} aria-hidden />
          {t('session.change_password')}
        </button>
        <button type="button" onClick={() => void leave(true)}>
          <IconDevices2 size={16} aria-hidden />
          {t('session.sign_out_everywhere')}
        </button>
        <button type="button" onClick={() => void leave(false)}>
          <IconLogout size={16} aria-hidden />
          {t('session.sign_out')}
        </button>
        {fault !== null && (
          <div className="fault" role="alert">
            {t('session.still_in')} {refusalWords(t, fault)}
          </div>
        )}
      </div>
      {relieving && <ChangeOfficer onClose={() => setRelieving(false)} />}
      {changing && (
        <Dialog title={t('session.change_password')} onClose={() => setChanging(false)}>
          <div className="body">
            <Suspense fallback={null}>
              <PasswordForm onDone={() => setChanging(false)} />
            </Suspense>
          </div>
        </Dialog>
      )}
    </>
  )
}
