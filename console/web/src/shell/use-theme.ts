import { useSyncExternalStore } from 'react'
import { type Theme, theme } from './theme'

/** The theme that this window wears. */
export const useTheme = (): Theme => useSyncExternalStore(theme.subscribe, () => theme.current)
