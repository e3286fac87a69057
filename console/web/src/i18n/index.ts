// Every word on the screens comes from a catalogue: one folder per language,
// one file per noun. A language is loaded when it is first needed.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'

export type Catalogue = Record<string, unknown>

const languages: Record<string, () => Promise<{ default: Catalogue }>> = {
  en: () => import('./en'),
}

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur'])

/** Loads the language, or English, and turns the page the way it reads. */
export async function startLanguage(wish: string): Promise<void> {
  const lng = wish in languages ? wish : 'en'
  const load = languages[lng] ?? languages.en
  const { default: catalogue } = (await load?.()) ?? { default: {} }
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
