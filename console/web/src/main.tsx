import '@fontsource-variable/inter'
import '@mantine/core/styles.layer.css'
import './shell/tokens.css'
import './shell/parts.css'
import './shell/shell.css'
import { createRoot } from 'react-dom/client'
import { startLanguage } from './i18n'
import { App } from './shell/app'
import { startFlash } from './shell/flash'
import { applyTheme } from './shell/theme'

applyTheme()

startFlash()

await startLanguage(new URLSearchParams(location.search).get('lang') ?? navigator.language.slice(0, 2))
createRoot(document.getElementById('root') as HTMLElement).render(<App />)
