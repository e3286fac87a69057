// The one sound of this page.
import { useSyncExternalStore } from 'react'
import { board, stream } from '../live'
import { Sound, type SoundState } from './sound'

export const sound = new Sound(board, stream)

export function useSound(): SoundState {
  return useSyncExternalStore(
    (tell) => sound.subscribe(tell),
    () => sound.current,
  )
}
