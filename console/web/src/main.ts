// The first of the program, and small: it asks at once for all that the page at
// this address needs, so that nothing waits for something that it does not use.
import '@fontsource-variable/inter'
import './shell/mantine.css'
import './shell/tokens.css'
import './shell/parts.css'
import './shell/shell.css'
import { askAhead } from './ask'
import { firstWords, laterWords, wishedLanguage } from './i18n/catalogues'
import { rosterAhead } from './rosters/ahead'
import { programAt } from './shell/programs'
import { applyTheme } from './shell/theme'

askAhead('/session')
rosterAhead(location)
const start = import('./shell/start')

applyTheme()
if (new URLSearchParams(location.search).has('panel')) document.querySelector('.ahead')?.remove()
const language = wishedLanguage()
const page = programAt(location.pathname === '/' ? '/control' : location.pathname)
const soon: (Promise<unknown> | undefined)[] = [
  firstWords(language),
  page?.office ? laterWords(language) : undefined,
  page?.load(),
]
for (const part of soon) part?.catch(() => undefined) // whoever needs it tries again, and says what is wrong

void start.then((program) => program.start(language))
