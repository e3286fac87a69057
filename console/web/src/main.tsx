import '@fontsource-variable/inter'
import '@mantine/core/styles.layer.css'
import './shell/tokens.css'
import './shell/parts.css'
import './shell/shell.css'
import { createRoot } from 'react-dom/client'
import { startLanguage } from './i18n'
import { App } from './shell/app'
import { applyTheme } from './shell/theme'

applyTheme()

// All flashing symbols in phase: every animation starts at document time 0.
document.addEventListener('animationstart', (event) => {
  for (const animation of (event.target as Element).getAnimations()) animation.startTime = 0
})

await startLanguage(new URLSearchParams(location.search).get('lang') ?? navigator.language.slice(0, 2))
createRoot(document.getElementById('root') as HTMLElement).render(<App />)
