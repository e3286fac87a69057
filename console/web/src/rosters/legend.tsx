// Every code that the board may show, with its hours.
import { useTranslation } from 'react-i18next'
import { leaveKinds } from './contract'
import type { Rolls } from './register'
import { leaveCode, leaveWords } from './words'

export function Legend({ rolls }: { rolls: Rolls }) {
  const { t } = useTranslation()
  const types = [...rolls.types.values()]
    .filter((type) => !type.gone)
    .sort((a, b) => (a.parts[0]?.start ?? '').localeCompare(b.parts[0]?.start ?? ''))
  const hours = (type: (typeof types)[number]) => type.parts.map((p) => `${p.start}–${p.end}`).join(', ')
  return (
    <details className="rosters-menu legend">
      <summary className="btn ghost sm">
        {types.slice(0, 4).map((type) => (
          <span key={type.code} className={`rt ${type.class}`} aria-hidden>
            {type.code}
          </span>
        ))}
        {t('rosters.legend')}
      </summary>
      <dl className="rosters-menu-list legend-list">
        {types.map((type) => (
          <div key={type.code}>
            <dt>
              <span className={`rt ${type.class}`}>{type.code}</span>
            </dt>
            <dd>
              {type.name || type.code} <bdi className="dim">{hours(type)}</bdi> {type.key && <kbd>{type.key}</kbd>}
            </dd>
          </div>
        ))}
        {leaveKinds.map((kind) => (
          <div key={kind}>
            <dt>
              <span className={`rt away ${kind === 'training' ? 'training' : ''}`}>{leaveCode(t, kind)}</span>
            </dt>
            <dd>{leaveWords(t, kind)}</dd>
          </div>
        ))}
        {(['must', 'exc', 'wish', 'chg', 'reserve'] as const).map((name) => (
          <div key={name}>
            <dt>
              <span className={`rc rt day ${name}`}>D</span>
            </dt>
            <dd>{t(`rosters.mark.${name}`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

const keys: [string, string][] = [
  ['↑ ↓ ← →', 'go'],
  ['Ctrl ↑ ↓ ← →', 'edge'],
  ['Shift ↑ ↓ ← →', 'range'],
  ['Ctrl click', 'more'],
  ['D E N …', 'set'],
  ['Enter', 'type'],
  ['Del', 'clear'],
  ['M', 'move'],
  ['Ctrl C X V', 'copy'],
  ['Ctrl D', 'down'],
  ['Ctrl Enter', 'across'],
  ['Ctrl Z', 'undo'],
  ['Ctrl Shift Z', 'redo'],
  ['!', 'problem'],
  ['G', 'place'],
  ['P', 'plan'],
]

/** Every key of the board; all of it can be done by pointer too. */
export function Keys() {
  const { t } = useTranslation()
  return (
    <details className="rosters-menu">
      <summary className="btn ghost sm">{t('rosters.keys')}</summary>
      <dl className="rosters-menu-list keys-list">
        {keys.map(([key, name]) => (
          <div key={name}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(`rosters.key.${name}`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
