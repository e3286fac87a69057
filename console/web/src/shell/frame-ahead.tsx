// The frame of the page while nobody knows yet what is in it, as index.html draws it
// before any program is here.
import { useTranslation } from 'react-i18next'
import { Shield } from './shield'

export function FrameAhead() {
  const { t } = useTranslation()
  if (new URLSearchParams(location.search).has('panel')) return null // a window with one panel has another frame
  return (
    <div className="app ahead">
      <div className="top">
        <Shield size={22} />
      </div>
      <div className="rail" />
      <div className="page">
        <p className="empty ahead-slow">{t('shell.still_loading')}</p>
      </div>
      <div className="foot" />
    </div>
  )
}
