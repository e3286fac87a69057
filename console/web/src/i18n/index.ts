// Every word on the screens comes from a catalogue.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { firstWords, laterWords } from './catalogues'

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur'])

/** Loads the language and turns the page the way it reads. */
export async function startLanguage(lng: string): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng,
    fallbackLng: 'en',
    resources: { [lng]: { translation: await firstWords(lng) } },
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  const trial = new URLSearchParams(location.search).get('dir')
  document.documentElement.lang = lng
  document.documentElement.dir = trial === 'rtl' || trial === 'ltr' ? trial : rightToLeft.has(lng) ? 'rtl' : 'ltr'
}

let more: Promise<unknown> | undefined

/** Loads the words of the pages for the office, once; those of the desk are there from the start. */
export function moreWords(): Promise<unknown> {
  const lng = i18next.language
  more ??= laterWords(lng)
    .then((words) => i18next.addResourceBundle(lng, 'translation', words, true))
    .catch((fault) => {
      more = undefined // the next page tries again
      throw fault
    })
  return more
}
