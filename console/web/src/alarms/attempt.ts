// What became of a press, in words.
import type { TFunction } from 'i18next'
import { useEffect, useState } from 'react'
import { Refusal } from '../ask'
import { refusalWords } from '../i18n/words'
import type { Attempt } from './acts'

export function attemptWords(t: TFunction, attempt: Attempt, late: boolean): string {
  const act = t(`alarms.act.${attempt.act}`)
  if (attempt.state === 'sending') return late ? t('alarms.sending_late', { act }) : t('alarms.sending', { act })
  const not = t(`alarms.not_done.${attempt.act}`)
  if (attempt.state === 'changed') return t('alarms.changed', { not })
  return t('alarms.failed', { not, why: whyWords(t, attempt.fault) })
}

/** A refusal of an act on an alarm: what still stands in the way, or who has it. */
export function whyWords(t: TFunction, fault: unknown): string {
  if (fault instanceof Refusal) {
    const { code, params, detail } = fault.problem
    const reason = typeof params?.reason === 'string' ? params.reason : ''
    if (code === 'condition')
      return t(`alarms.condition.${reason}`, { defaultValue: detail || t('alarms.condition.active') })
    const name = ownerName(params?.owner)
    if (code === 'conflict' && name) return t('alarms.refused_owner', { name })
    if (code === 'conflict' && detail) return detail
  }
  return refusalWords(t, fault)
}

function ownerName(owner: unknown): string {
  if (typeof owner !== 'object' || owner === null) return ''
  const { by_name, by } = owner as { by_name?: string; by?: string }
  return by_name || by || ''
}

/** Whether a request has been without an answer for three seconds. */
export function useLate(attempt: Attempt | undefined): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    setLate(false)
    if (attempt?.state !== 'sending') return
    const timer = setTimeout(() => setLate(true), 3_000 - (performance.now() - attempt.at))
    return () => clearTimeout(timer)
  }, [attempt])
  return late
}
