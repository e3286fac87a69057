import { useTranslation } from 'react-i18next'
import { Dialog } from './dialog'

const keys: [string, string][] = [
  ['1 … 9', 'pages'],
  ['Ctrl K', 'search'],
  ['↑ ↓ · J K', 'select_long'],
  ['↵', 'open_long'],
  ['A', 'acknowledge_long'],
  ['Shift A', 'acknowledge_comment'],
  ['S', 'silence_long'],
  ['F6', 'panel_long'],
  ['Esc', 'back'],
  ['?', 'all_long'],
]

export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <div className="body">
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
        <p className="dim">{t('keys.note')}</p>
      </div>
    </Dialog>
  )
}
