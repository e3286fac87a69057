// A still of a camera as a picture file. The console sends its newest key picture
// as a film of one frame; the browser draws it, with what and when written under it.
import { refusal } from '../ask'
import { type Camera, pathOf } from './camera'

const FOOT = 28 // px under the picture
const DRAWN = 8_000 // ms

/** Saves the newest picture; words makes the line that is written under it. */
export async function saveSnapshot(camera: Camera, words: (at: number) => string): Promise<void> {
  const answer = await fetch(`/api/v1${pathOf(camera.id, '/snapshot')}`, {
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(DRAWN + 4_000),
  })
  if (!answer.ok) throw refusal(answer.status, await answer.text())
  const at = Date.parse(answer.headers.get('X-Picture-Time') ?? '')
  const film = URL.createObjectURL(await answer.blob())
  try {
    const video = document.createElement('video')
    video.muted = true
    video.preload = 'auto'
    video.src = film
    await drawn(video)
    await saveFrame(video, camera, at, words(at))
  } finally {
    URL.revokeObjectURL(film)
  }
}

/** Saves what a video element shows. */
export async function saveFrame(video: HTMLVideoElement, camera: Camera, at: number, words: string): Promise<void> {
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight + FOOT
  const pen = canvas.getContext('2d')
  if (!pen) return
  pen.drawImage(video, 0, 0)
  pen.fillStyle = '#000'
  pen.fillRect(0, video.videoHeight, canvas.width, FOOT)
  pen.fillStyle = '#fff'
  pen.font = '13px sans-serif'
  pen.fillText(words, 8, video.videoHeight + 18, canvas.width - 16)
  const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'))
  if (!picture) return
  const link = document.createElement('a')
  link.href = URL.createObjectURL(picture)
  link.download = `${camera.number} ${new Date(at).toISOString().slice(0, 19).replaceAll(':', '')}Z.png`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

function drawn(video: HTMLVideoElement): Promise<void> {
  return new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error('the picture was not decoded')), DRAWN)
    video.onloadeddata = () => {
      clearTimeout(limit)
      done()
    }
    video.onerror = () => {
      clearTimeout(limit)
      fail(new Error(video.error?.message ?? 'the picture was not decoded'))
    }
  })
}
