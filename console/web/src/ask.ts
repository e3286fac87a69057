// Asking the console. An answer that is not a success becomes a Refusal with
// the console's own code, which the screens put into words.
import type { Problem } from './contract'

export class Refusal extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.code)
    this.name = 'Refusal'
    this.problem = problem
  }
  get code(): string {
    return this.problem.code
  }
}

// Codes that this side gives, where the console gave no answer of its own.
export const NO_ANSWER = 'no_answer' // nothing came back in time: the wish may or may not have been done
export const NOT_REACHED = 'not_reached' // the connection failed
export const UNCLEAR = 'unclear' // an answer without a code

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  query?: Record<string, string | number | undefined>
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
  timeout?: number // milliseconds
}

const listeners = new Set<(code: string) => void>()

/** Calls back when the console says that the session ended or needs a new password. */
export function onSessionRefused(listener: (code: string) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const EARLY = 10_000 // ms that an answer may wait for whoever needs it

interface Early {
  until: number // by performance.now()
  answer: Promise<{ value: unknown } | undefined>
  here?: { value: unknown }
}

const early = new Map<string, Early>()

/**
 * Asks before the program is here that needs the answer: the first ask for the same
 * takes it. An answer that is no success, or has waited for long, is not worth having.
 */
export function askAhead(path: string): void {
  const one: Early = { until: performance.now() + EARLY, answer: Promise.resolve(undefined) }
  one.answer = (async () => {
    const response = await fetch(`/api/v1${path}`, {
      headers: { Accept: 'application/json' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(EARLY),
    })
    if (response.ok) one.here = { value: await response.json() }
    return one.here
  })().catch(() => undefined)
  early.set(path, one)
}

/** Another officer is here: what was asked ahead was for the one before. */
export const forgetAhead = (): void => early.clear()

/** What was asked ahead and is here already, once: a page that has it need not show that it loads. */
export function hereAhead<T>(path: string): T | undefined {
  const one = early.get(path)
  if (!one?.here || performance.now() > one.until) return undefined
  early.delete(path)
  return one.here.value as T
}

async function takeEarly(path: string): Promise<{ value: unknown } | undefined> {
  const one = early.get(path)
  early.delete(path)
  return one && performance.now() <= one.until ? one.answer : undefined
}

/** Asks /api/v1 and returns the answer's body, or throws a Refusal. */
export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const { method = 'GET', query, body, headers, signal, timeout = 10_000 } = options
  const limit = AbortSignal.timeout(timeout)
  const had = early.size > 0 && method === 'GET' ? await takeEarly(path + search(query)) : undefined
  if (had) return had.value as T
  let response: Response
  try {
    response = await fetch(`/api/v1${path}${search(query)}`, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
  } catch (fault) {
    if (signal?.aborted) throw fault
    throw new Refusal({ status: 0, code: limit.aborted ? NO_ANSWER : NOT_REACHED })
  }
  if (response.status === 204) return undefined as T
  const text = await response.text().catch(() => '')
  if (response.ok) return parse<T>(text, response.status)
  throw refusal(response.status, text)
}

function parse<T>(text: string, status: number): T {
  try {
    return (text === '' ? undefined : JSON.parse(text)) as T
  } catch {
    throw new Refusal({ status, code: UNCLEAR })
  }
}

/** Sends files as a form and returns the answer's body, or throws a Refusal. */
export async function upload<T>(path: string, form: FormData, query: Ask['query'] = {}): Promise<T> {
  let response: Response
  const limit = AbortSignal.timeout(60_000)
  try {
    response = await fetch(`/api/v1${path}${search(query)}`, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: form,
      credentials: 'same-origin',
      signal: limit,
    })
  } catch {
    throw new Refusal({ status: 0, code: limit.aborted ? NO_ANSWER : NOT_REACHED })
  }
  const text = await response.text().catch(() => '')
  if (response.ok) return parse<T>(text, response.status)
  throw refusal(response.status, text)
}

const byStatus: Record<number, string> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  422: 'invalid',
  429: 'too_many_attempts',
  500: 'internal',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

/** What an answer that is no success says. */
export function refusal(status: number, text: string): Refusal {
  let problem: Problem = { status, code: byStatus[status] ?? UNCLEAR }
  try {
    const told = JSON.parse(text) as Partial<Problem>
    problem = { ...problem, ...told, status, code: told.code || problem.code }
  } catch {
    // A proxy answered with a page of its own; the status says enough.
  }
  // A wrong password is no end of the session of whoever is here.
  const wrong = problem.params?.reason === 'credentials'
  if ((problem.code === 'unauthenticated' && !wrong) || problem.code === 'password_change_required') {
    for (const tell of listeners) tell(problem.code)
  }
  return new Refusal(problem)
}

function search(query: Ask['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '')
  if (pairs.length === 0) return ''
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`
}

/** A point or device id as it stands in an address. */
export const inPath = (id: string): string => id.split('/').map(encodeURIComponent).join('/')

/** Reads a list to its end, page by page. */
export async function everything<T>(path: string, query: Ask['query'] = {}, signal?: AbortSignal): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  for (let page = 0; page < 100; page++) {
    const got = await ask<{ items: T[] | null; next?: string }>(path, {
      query: { ...query, limit: 1000, cursor },
      signal,
    })
    all.push(...(got.items ?? []))
    if (!got.next || got.next === cursor) break
    cursor = got.next
  }
  return all
}

/** A key that names one press of one button. */
export function pressKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}
