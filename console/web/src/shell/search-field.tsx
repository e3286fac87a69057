// Search and command: the field, there from the first key on. What it finds is
// loaded meanwhile, and no letter becomes a command of the page behind.
import { type ComponentType, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from './dialog'
import type { Page } from './pages'
import type { FoundProps } from './palette'
import { Failed, Loading } from './states'

export const loadPalette = () => import('./palette')

export function SearchField({ pages, onClose }: { pages: Page[]; onClose: () => void }) {
  const { t } = useTranslation()
  const [wish, setWish] = useState('')
  const [chosen, setChosen] = useState(-1)
  const [shown, setShown] = useState<{ Found?: ComponentType<FoundProps>; fault?: unknown }>({})
  const [tries, setTries] = useState(0)
  const keys = useRef<((event: React.KeyboardEvent) => void) | null>(null)
  const list = useId()
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is loaded at each try
  useEffect(() => {
    let here = true
    loadPalette().then(
      (m) => here && setShown({ Found: m.default }),
      (fault: unknown) => here && setShown({ fault }),
    )
    return () => {
      here = false
    }
  }, [tries])
  const { Found, fault } = shown
  return (
    <Dialog title={t('shell.search')} onClose={onClose} bare>
      <div className="palette">
        <input
          autoFocus
          role="combobox"
          aria-expanded={chosen >= 0}
          aria-controls={list}
          aria-activedescendant={chosen >= 0 ? `${list}-${chosen}` : undefined}
          aria-label={t('shell.search')}
          placeholder={t('shell.search_hint')}
          value={wish}
          onChange={(e) => setWish(e.target.value)}
          onKeyDown={(e) => keys.current?.(e)}
        />
        {Found ? (
          <Found pages={pages} wish={wish} list={list} keys={keys} onChosen={setChosen} onClose={onClose} />
        ) : fault !== undefined ? (
          <Failed fault={fault} again={() => setTries(tries + 1)} />
        ) : (
          <Loading />
        )}
      </div>
    </Dialog>
  )
}
