// The next configuration of a gateway: its text, what is wrong with it by line,
// what it changes, and what would no longer be watched.
import { type FormEvent, useDeferredValue, useId, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, Refusal } from '../ask'
import type { Device } from '../contract'
import { refusalWords } from '../i18n/words'
import { around, type Change, changes, unnamed } from './changes'
import type { GatewayConfig } from './configuration'

const PATIENCE = 20_000 // ms: the gateway answers within ten seconds, or the console says that it has not

interface LineFault {
  line: number // 0: of the whole
  reason: string
}

export function ConfigurationEditor(props: {
  id: string
  start: string
  sent: GatewayConfig
  working: string | undefined // what is in force; undefined: the gateway's own file
  devices: Device[]
  online: boolean
  onSent: () => void
  onShow: () => void
}) {
  const { id, start, sent, working, devices, online, onSent, onShow } = props
  const { t } = useTranslation()
  const [text, setText] = useState(start || t('configuration.sample'))
  // What was seen when the editing began; what somebody else sends meanwhile is not overwritten.
  const [seen, setSeen] = useState(sent.version)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [told, setTold] = useState<LineFault[]>(() => (start === sent.text ? asLines(sent.faults) : []))
  const [sure, setSure] = useState('')
  const area = useRef<HTMLTextAreaElement>(null)
  const lost = useMemo(
    () =>
      unnamed(
        text,
        devices.map((d) => d.device),
      ),
    [text, devices],
  )
  const missing = lost.join(' ')
  const stale = fault instanceof Refusal && fault.code === 'stale'
  const able = sent.managed && online

  const send = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setFault(null)
    setTold([])
    try {
      const body = { version: seen, text }
      const done = await ask<GatewayConfig>(`/gateways/${encodeURIComponent(id)}/config`, {
        method: 'POST',
        body,
        timeout: PATIENCE,
      })
      setSeen(done.version)
    } catch (why) {
      setFault(why)
      const errors = why instanceof Refusal ? faultsOf(why) : []
      setTold(errors)
      const version = why instanceof Refusal ? Number(why.problem.params?.version ?? 0) : 0
      if (version > 0) setSeen(version) // it was kept, and refused
    }
    setBusy(false)
    onSent()
  }
  const goTo = (line: number) => {
    const field = area.current
    if (!field || line === 0) return
    const begin =
      text
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line > 1 ? 1 : 0)
    const end = text.indexOf('\n', begin)
    field.focus()
    field.setSelectionRange(begin, end < 0 ? text.length : end)
    field.scrollTop = Math.max(0, (line - 4) * LINE)
  }
  return (
    <form className="configuration-editor" onSubmit={send}>
      {!sent.managed && <p className="note">{t('configuration.not_managed')}</p>}
      {sent.managed && !online && (
        <p className="note" role="status">
          {t('configuration.offline')}
        </p>
      )}
      <Text area={area} text={text} faults={told} onText={setText} />
      {told.length > 0 ? (
        <div className="fault" role="alert">
          {t('configuration.faults', { count: told.length })}
          <ul>
            {told.map((f) => (
              <li key={`${f.line} ${f.reason}`}>
                <button type="button" className="rowlink" onClick={() => goTo(f.line)} disabled={f.line === 0}>
                  {f.line > 0 ? t('configuration.line', { line: f.line }) : t('configuration.whole')}
                </button>
                : <bdi>{f.reason}</bdi>
              </li>
            ))}
          </ul>
        </div>
      ) : (
        fault !== null && (
          <div className="fault" role="alert">
            {stale ? t('configuration.stale') : refusalWords(t, fault)}{' '}
            {stale && (
              <button type="button" className="btn sm" onClick={onShow}>
                {t('configuration.reload')}
              </button>
            )}
          </div>
        )
      )}
      <WhatChanges before={working} version={sent.good} text={text} />
      {lost.length > 0 && (
        <div className="note unwatched" data-unwatched={lost.length}>
          {t('configuration.unwatched', { count: lost.length })} <bdi className="mono">{lost.join(', ')}</bdi>
          <label>
            <input
              type="checkbox"
              checked={sure === missing}
              onChange={(e) => setSure(e.target.checked ? missing : '')}
            />{' '}
            {t('configuration.sure')}
          </label>
        </div>
      )}
      <div className="actions">
        {busy && <span role="status">{t('configuration.sending')}</span>}
        <button
          type="submit"
          className="btn pri"
          disabled={!able || busy || text.trim() === '' || (lost.length > 0 && sure !== missing)}
        >
          {t('configuration.send')}
        </button>
      </div>
    </form>
  )
}

const LINE = 18 // px, as in configuration.css

/** A text with its lines numbered; those with a fault are marked. */
function Text(props: {
  area: React.RefObject<HTMLTextAreaElement | null>
  text: string
  faults: LineFault[]
  onText: (text: string) => void
}) {
  const { area, text, faults, onText } = props
  const { t } = useTranslation()
  const id = useId()
  const numbers = useRef<HTMLDivElement>(null)
  const count = text.split('\n').length
  const wrong = new Set(faults.map((f) => f.line))
  return (
    <div className="field configuration-text">
      <label htmlFor={id}>{t('configuration.edit')}</label>
      <small id={`${id}-hint`} className="faint">
        {t('configuration.edit_hint')}
      </small>
      <div className="numbered" dir="ltr">
        <div className="numbers" ref={numbers} aria-hidden>
          {Array.from({ length: count }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            <div key={i} className={wrong.has(i + 1) ? 'wrong' : undefined}>
              {i + 1}
            </div>
          ))}
        </div>
        <textarea
          id={id}
          ref={area}
          aria-describedby={`${id}-hint`}
          aria-invalid={faults.length > 0}
          spellCheck={false}
          autoCapitalize="off"
          wrap="off"
          maxLength={256 * 1024}
          value={text}
          onChange={(e) => onText(e.target.value)}
          onScroll={(e) => {
            if (numbers.current) numbers.current.scrollTop = e.currentTarget.scrollTop
          }}
        />
      </div>
    </div>
  )
}

function WhatChanges({ before, version, text }: { before: string | undefined; version: number; text: string }) {
  const { t } = useTranslation()
  const settled = useDeferredValue(text)
  const shown = useMemo(() => (before === undefined ? [] : around(changes(before, settled))), [before, settled])
  const different = shown.some((c) => c !== null && c.kind !== 'same')
  return (
    <details className="what-changes" open>
      <summary>{t('configuration.changes')}</summary>
      {before === undefined ? (
        <p className="dim">{t('configuration.against_own')}</p>
      ) : !different ? (
        <p className="dim">{t('configuration.changes_none')}</p>
      ) : (
        <>
          <p className="dim">{t('configuration.against', { version })}</p>
          <ol className="mono" dir="ltr" tabIndex={0} aria-label={t('configuration.changes')}>
            {shown.map((change, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
              <ChangedLine key={i} change={change} />
            ))}
          </ol>
        </>
      )}
    </details>
  )
}

function ChangedLine({ change }: { change: Change | null }) {
  const { t } = useTranslation()
  if (change === null) return <li className="faint">… {t('configuration.left_out')}</li>
  return (
    <li className={change.kind}>
      {change.kind !== 'same' && <span className="sr">{t(`configuration.kind.${change.kind}`)} </span>}
      <span className="faint" aria-hidden>
        {{ same: ' ', gone: '−', new: '+' }[change.kind]} {change.line}
      </span>{' '}
      {change.text}
    </li>
  )
}

function asLines(faults: GatewayConfig['faults'] | null): LineFault[] {
  return (faults ?? []).map((f) => ({ line: f.line ?? 0, reason: f.reason }))
}

/** What the gateway found, from a refusal with places such as "text:3". */
function faultsOf(refusal: Refusal): LineFault[] {
  return (refusal.problem.errors ?? []).flatMap(({ location, message }) => {
    const line = /^text:(\d+)$/.exec(location ?? '')?.[1]
    return line === undefined ? [] : [{ line: Number(line), reason: message ?? '' }]
  })
}
