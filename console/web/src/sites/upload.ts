// Sending a file as it is, and reading the answer as of every other request.
import { NO_ANSWER, NOT_REACHED, Refusal } from '../ask'
import type { Problem } from '../contract'

const PATIENCE = 60_000 // ms: a large drawing over a slow line

export async function upload<T>(path: string, file: Blob): Promise<T> {
  const limit = AbortSignal.timeout(PATIENCE)
  let response: Response
  try {
    response = await fetch(`/api/v1${path}`, {
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/octet-stream' },
      body: file,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: limit,
    })
  } catch {
    throw new Refusal({ status: 0, code: limit.aborted ? NO_ANSWER : NOT_REACHED })
  }
  const answer: unknown = await response.json().catch(() => ({}))
  if (response.ok) return answer as T
  throw new Refusal({ code: 'unavailable', ...(answer as Partial<Problem>), status: response.status })
}
