// The languages there are: one folder each, one file per noun. A language is
// loaded when it is first needed.
export type Catalogue = Record<string, unknown>

type Load = () => Promise<{ default: Catalogue }>

const languages: Record<string, { first: Load; later: Load }> = {
  en: { first: () => import('./en'), later: () => import('./en/later') },
}

/** The wished language where there is one, else English. */
export function languageOf(wish: string): string {
  return Object.hasOwn(languages, wish) ? wish : 'en'
}

/** The language that the address or the browser asks for. */
export function wishedLanguage(): string {
  return languageOf(new URLSearchParams(location.search).get('lang') ?? navigator.language.slice(0, 2))
}

/** The words that every page needs. */
export async function firstWords(lng: string): Promise<Catalogue> {
  return (await languages[lng]?.first())?.default ?? {}
}

/** The words of the pages for the office. */
export async function laterWords(lng: string): Promise<Catalogue> {
  return (await (languages[lng] ?? languages.en)?.later())?.default ?? {}
}
