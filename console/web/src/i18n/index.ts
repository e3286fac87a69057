// Every word on the screens comes from a catalogue: one folder per language,
// one file per noun. A language is loaded when it is first needed.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'

export type Catalogue = Record<string, unknown>

type Load = () => Promise<{ default: Catalogue }>

const languages: Record<string, { first: Load; later: Load }> = {
  en: { first: () => import('./en'), later: () => import('./en/later') },
}

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur'])

/** Loads the language, or English, and turns the page the way it reads. */
export async function startLanguage(wish: string): Promise<void> {
  const lng = wish in languages ? wish : 'en'
  const { default: catalogue } = (await languages[lng]?.first()) ?? { default: {} }
  await i18next.use(initReactI18next).init({
    lng,
    fallbackLng: 'en',
    resources: { [lng]: { translation: catalogue } },
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
  more ??= (languages[lng] ?? languages.en)
    ?.later()
    .then(({ default: words }) => i18next.addResourceBundle(lng, 'translation', words, true))
    .catch((fault) => {
      more = undefined // the next page tries again
      throw fault
    })
  return more ?? Promise.resolve()
}
