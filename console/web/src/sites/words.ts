// What the console refuses here, in words.
import type { TFunction } from 'i18next'
import { Refusal } from '../ask'
import { refusalWords } from '../i18n/words'

export function sayFault(t: TFunction, fault: unknown): string {
  if (fault instanceof Refusal) {
    const { code, params, detail } = fault.problem
    if (params?.reason === 'occupied') return `${String(params.name)}: ${String(params.why)}`
    if (params?.reason === 'exists') return t('sites.exists')
    if (code === 'stale') return t('sites.stale')
    if (code === 'invalid' && detail && !fault.problem.errors?.length) return detail
  }
  return refusalWords(t, fault)
}
