// Every code that the board may show, with its hours.
import { useTranslation } from 'react-i18next'
import { useDesk } from '../session/desk'
import { leaveShown } from './contract'
import { Menu } from './menu'
import type { Rolls } from './register'
import { leaveCode, leaveWords } from './words'

export function Legend({ rolls }: { rolls: Rolls }) {
  const { t } = useTranslation()
  const medical = useDesk().may('rosters.medical', rolls.register.station)
  const types = [...rolls.types.values()]
    .filter((type) => !type.gone)
    .sort((a, b) => (a.parts[0]?.start ?? '').localeCompare(b.parts[0]?.start ?? ''))
  const hours = (type: (typeof types)[number]) => type.parts.map((p) => `${p.start}–${p.end}`).join(', ')
  return (
    <Menu
      className="legend"
      head={
        <>
          {types.slice(0, 4).map((type) => (
            <span key={type.code} className={`rt ${type.class}`} aria-hidden>
              {type.code}
            </span>
          ))}
          {t('rosters.legend')}
        </>
      }
    >
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
        {leaveShown(medical).map((kind) => (
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
    </Menu>
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
    <Menu head={t('rosters.keys')}>
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
    </Menu>
  )
}
