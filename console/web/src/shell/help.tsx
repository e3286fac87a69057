import { useTranslation } from 'react-i18next'
import { Dialog } from './dialog'
import { setLetterKeys, useLetterKeys } from './keys'

const groups: [string, [string, string][]][] = [
  [
    'everywhere',
    [
      ['1 … 9', 'pages'],
      ['Ctrl K', 'search'],
      ['S', 'silence_long'],
      ['F6', 'panel_long'],
      ['Ctrl P', 'print_long'],
      ['Esc', 'back'],
      ['?', 'all_long'],
    ],
  ],
  [
    'alarms',
    [
      ['↑ ↓ · J K', 'select_long'],
      ['↵', 'open_long'],
      ['R', 'respond_long'],
      ['A', 'acknowledge_long'],
      ['Shift A', 'acknowledge_comment'],
      ['T', 'take_long'],
      ['H', 'shelve_long'],
      ['C', 'close_long'],
      ['F', 'sheet_long'],
      ['M', 'plan_long'],
      ['V', 'cameras_long'],
      ['[ ]', 'lists_long'],
      ['G', 'group_long'],
      ['P', 'before_long'],
    ],
  ],
  [
    'cameras',
    [
      ['1 … 9', 'tiles_long'],
      ['Shift ↑ ↓', 'tile_move'],
      ['F', 'full_long'],
      ['R', 'back30_long'],
      ['L', 'live_long'],
      ['T', 'turn_long'],
      ['B', 'mark_long'],
      ['Del', 'tile_empty'],
    ],
  ],
]

export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const letters = useLetterKeys()
  return (
    <Dialog title={t('keys.title')} onClose={onClose} wide>
      <div className="body">
        {groups.map(([name, keys]) => (
          <section key={name} aria-label={t(`keys.group.${name}`)}>
            <h3 className="h3" style={{ paddingInline: 0 }}>
              {t(`keys.group.${name}`)}
            </h3>
            <dl className="keys">
              {keys.map(([key, what]) => (
                <div key={key} style={{ display: 'contents' }}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{t(`keys.${what}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <label className="tick">
          <input type="checkbox" checked={letters} onChange={(e) => setLetterKeys(e.target.checked)} />
          {t('keys.letters')}
        </label>
        <p className="dim">{t('keys.note')}</p>
      </div>
    </Dialog>
  )
}
