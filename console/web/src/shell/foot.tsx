// The keys that work here, and how old what we see is.
import { useTranslation } from 'react-i18next'
import type { Gateway } from '../contract'
import { ageWords } from '../i18n/words'
import { board, clock, useDevicesVersion, useEachSecond, useGateways, useLink } from '../live'
import { useDesk } from '../session/desk'

export function Foot({ onHelp, onControl }: { onHelp: () => void; onControl: boolean }) {
  const { t } = useTranslation()
  const desk = useDesk()
  return (
    <footer className="foot">
      <span className="keys-foot">
        {onControl && (
          <>
            <span>
              <kbd>↑</kbd> <kbd>↓</kbd> {t('keys.select')}
            </span>
            {desk.may('alarms.handle') && (
              <span>
                <kbd>R</kbd> {t('keys.respond')}
              </span>
            )}
            {desk.may('alarms.acknowledge') && (
              <span>
                <kbd>A</kbd> {t('keys.acknowledge')}
              </span>
            )}
            {desk.may('alarms.handle') && (
              <span>
                <kbd>T</kbd> {t('keys.take')}
              </span>
            )}
            {desk.may('alarms.shelve') && (
              <span>
                <kbd>H</kbd> {t('keys.shelve')}
              </span>
            )}
            {desk.may('alarms.handle') && (
              <span>
                <kbd>C</kbd> {t('keys.close')}
              </span>
            )}
            <span>
              <kbd>F</kbd> {t('keys.sheet')}
            </span>
            <span>
              <kbd>↵</kbd> {t('keys.open')}
            </span>
          </>
        )}
        <span>
          <kbd>S</kbd> {t('keys.silence')}
        </span>
        <span>
          <kbd>F6</kbd> {t('keys.panel')}
        </span>
      </span>
      <button type="button" onClick={onHelp} className="bare">
        <kbd>?</kbd> {t('keys.all')}
      </button>
      <div className="grow" />
      <Ages />
    </footer>
  )
}

function Ages() {
  const { t } = useTranslation()
  const gateways = useGateways()
  useDevicesVersion()
  const lives = [...board.devices.values()]
  const up = lives.filter((d) => d.state === 'up').length
  return (
    <div className="ages">
      {gateways.slice(0, 4).map((g) => (
        <GatewayAge key={g.id} gateway={g} />
      ))}
      {gateways.length > 4 && (
        <span>
          {t('live.gateways', { up: gateways.filter((g) => g.state === 'online').length, all: gateways.length })}
        </span>
      )}
      {lives.length > 0 && (
        <span className={up < lives.length ? 'bad' : undefined}>{t('live.devices', { up, all: lives.length })}</span>
      )}
      <LiveMark />
    </div>
  )
}

function GatewayAge({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation()
  const at = Date.parse(gateway.last_heartbeat ?? '')
  const age = useEachSecond((now) => (Number.isNaN(at) ? '' : ageWords(t, (now - at) / 1000)))
  const name = gateway.name || gateway.id
  if (gateway.state === 'online') return <span>{t('live.gateway_age', { name, age })}</span>
  return (
    <span className="bad">
      {t(`live.gateway_${gateway.state}`, { name, age, defaultValue: t('live.gateway_lost', { name, age }) })}
    </span>
  )
}

export function LiveMark() {
  const { t } = useTranslation()
  const link = useLink()
  const age = useEachSecond(() => (link.since ? ageWords(t, (clock.now() - link.since) / 1000) : ''))
  return (
    <span className={link.up ? undefined : 'bad'} data-live={link.up}>
      <i className={link.up ? 'live' : 'live off'} aria-hidden />
      {link.up ? t('live.live') : t('live.not_live', { age })}
    </span>
  )
}
