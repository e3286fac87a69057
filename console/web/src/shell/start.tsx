// Draws the program once its words are there.
import { createRoot } from 'react-dom/client'
import { startLanguage } from '../i18n'
import { App } from './app'
import { startFlash } from './flash'

export async function start(language: string): Promise<void> {
  startFlash()
  await startLanguage(language)
  createRoot(document.getElementById('root') as HTMLElement).render(<App />)
}
