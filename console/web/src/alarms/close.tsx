import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '../contract'
import { useLink } from '../live'
import { Dialog } from '../shell/dialog'
import { close, useAttempt } from './acts'
import { Subject, Told } from './subject'

const dispositions = ['real', 'nuisance', 'false', 'test', 'drill', 'other'] as const
type Disposition = (typeof dispositions)[number]

/** Says what an alarm was, and closes it; the console refuses while the condition holds. */
export function CloseDialog({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { t } = useTranslation()
  const link = useLink()
  const attempt = useAttempt(alarm.id)
  const [chosen, choose] = useState<Disposition | null>(null)
  const [text, setText] = useState('')
  const [asked, setAsked] = useState(false)
  const needsText = chosen === 'other' && text.trim() === ''
  return (
    <Dialog title={t('alarms.close_title')} onClose={onClose}>
      <form
        className="body"
        onKeyDown={(event) => {
          const digit = /^(?:Digit|Numpad)([1-6])$/.exec(event.code)?.[1]
          const writes = event.target instanceof HTMLInputElement && event.target.type === 'text'
          if (!digit || writes || event.ctrlKey || event.altKey || event.metaKey) return
          event.preventDefault()
          choose(dispositions[Number(digit) - 1] ?? null)
        }}
        onSubmit={async (event) => {
          event.preventDefault()
          setAsked(true)
          if (!chosen || needsText || !link.up) return
          if (await close(alarm, chosen, text.trim())) onClose()
        }}
      >
        <Subject alarm={alarm} />
        <fieldset className="alarm-choices" aria-describedby={asked && !chosen ? 'close-choose' : undefined}>
          <legend>{t('alarms.what_was_it')}</legend>
          {dispositions.map((name, i) => (
            <label key={name} className={chosen === name ? 'choice on' : 'choice'}>
              <input
                type="radio"
                name="disposition"
                value={name}
                data-autofocus={i === 0 || undefined}
                checked={chosen === name}
                onChange={() => choose(name)}
              />
              <kbd>{i + 1}</kbd>
              <span>
                <b>{t(`alarms.disposition.${name}`)}</b>
                <small>{t(`alarms.disposition_why.${name}`)}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {asked && !chosen && (
          <div id="close-choose" className="fault" role="alert">
            {t('alarms.choose_disposition')}
          </div>
        )}
        <label className="field">
          {chosen === 'other' ? t('alarms.close_text_needed') : t('alarms.close_text')}
          <input
            type="text"
            className="input"
            maxLength={1000}
            aria-invalid={asked && needsText}
            required={chosen === 'other'}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
        </label>
        <Told attempt={attempt} />
        <div className="actions">
          <button type="submit" className="btn pri" disabled={!link.up || attempt?.state === 'sending'}>
            {t('alarms.do.close')} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
