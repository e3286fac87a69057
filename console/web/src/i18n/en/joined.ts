export type Catalogue = { [key: string]: string | Catalogue }

/** One catalogue of many: a group such as "kind" or "error" may have words in the file of each noun. */
export function joined(...parts: object[]): Catalogue {
  const all: Catalogue = {}
  for (const part of parts as Catalogue[]) {
    for (const [key, words] of Object.entries(part)) {
      const there = all[key]
      all[key] = typeof words === 'object' && typeof there === 'object' ? joined(there, words) : words
    }
  }
  return all
}
