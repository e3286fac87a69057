// A rule in one sentence.
import type { TFunction } from 'i18next'
import { ageWords, kindWords } from '../i18n/words'
import type { Logic } from './rules'

export function ruleWords(t: TFunction, l: Logic): string {
  const kinds = (m: Logic['match'] | undefined) => (m?.kinds ?? []).map((k) => kindWords(t, k)).join(t('rules.or'))
  const about = {
    first: kinds(l.match),
    second: kinds(l.second ?? undefined),
    count: l.count ?? 0,
    within: ageWords(t, l.within),
    group: l.by === 'detail' ? t('rules.same_field', { field: l.field }) : t(`rules.same.${l.by}`),
  }
  if (l.pattern === 'count') return t('rules.count_words', about)
  return t(l.any_order ? 'rules.any_words' : 'rules.sequence_words', about)
}
