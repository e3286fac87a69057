import type { TFunction } from 'i18next'
import { Refusal } from '../ask'
import { refusalWords } from '../i18n/words'

/** What was refused of an entry of the register, in words. */
export const changedWords = (t: TFunction, fault: unknown): string =>
  fault instanceof Refusal && fault.code === 'stale' ? t('impairments.changed') : refusalWords(t, fault)
