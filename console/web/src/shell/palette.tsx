// Search and command: pages, devices, points, open alarms, by name or id.
import { useNavigate } from '@tanstack/react-router'
import { useId, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOpenAlarms } from '../alarms/open'
import { sound } from '../alarms/siren'
import { useCatalogue } from '../devices/catalogue'
import { alarmPlace, alarmTitle } from '../i18n/words'
import { Dialog } from './dialog'
import type { Page } from './pages'

interface Hit {
  key: string
  kind: string
  words: string
  more: string
  go: () => void
}

const SHOWN = 30

export default function Palette({ pages, onClose }: { pages: Page[]; onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { devices } = useCatalogue()
  const alarms = useOpenAlarms()
  const [wish, setWish] = useState('')
  const [at, setAt] = useState(0)
  const list = useId()

  const all = useMemo<Hit[]>(() => {
    const hits: Hit[] = pages.map((p) => ({
      key: p.to,
      kind: t('shell.page'),
      words: t(`page.${p.name}`),
      more: '',
      go: () => void navigate({ to: p.to, search: {} }),
    }))
    hits.push({
      key: 'silence',
      kind: t('shell.command'),
      words: t('alarms.silence'),
      more: 'S',
      go: () => sound.silence(),
    })
    for (const alarm of alarms)
      hits.push({
        key: alarm.id,
        kind: t('shell.alarm'),
        words: alarmTitle(t, alarm),
        more: alarmPlace(alarm),
        go: () => void navigate({ to: '/control', search: { alarm: alarm.id } }),
      })
    for (const device of devices) {
      hits.push({
        key: device.id,
        kind: t('shell.device'),
        words: device.name || device.device,
        more: [device.location, device.id].filter(Boolean).join(' · '),
        go: () => void navigate({ to: '/devices', search: { device: device.id } }),
      })
      for (const point of device.points ?? [])
        hits.push({
          key: point.id,
          kind: t('shell.point'),
          words: point.name || point.id,
          more: [point.location, device.name, point.id].filter(Boolean).join(' · '),
          go: () => void navigate({ to: '/control', search: { point: point.id } }),
        })
    }
    return hits
  }, [pages, devices, alarms, navigate, t])

  const hits = useMemo(() => {
    const words = wish.toLocaleLowerCase().split(/\s+/).filter(Boolean)
    const fits = (h: Hit) => words.every((w) => `${h.words} ${h.more} ${h.kind}`.toLocaleLowerCase().includes(w))
    return all.filter(fits).slice(0, SHOWN)
  }, [all, wish])
  const chosen = Math.min(at, hits.length - 1)
  const take = (hit: Hit | undefined) => {
    if (!hit) return
    onClose()
    hit.go()
  }
  return (
    <Dialog title={t('shell.search')} onClose={onClose} bare>
      <div className="palette">
        <input
          autoFocus
          role="combobox"
          aria-expanded={hits.length > 0}
          aria-controls={list}
          aria-activedescendant={hits[chosen] ? `${list}-${chosen}` : undefined}
          aria-label={t('shell.search')}
          placeholder={t('shell.search_hint')}
          value={wish}
          onChange={(e) => {
            setWish(e.target.value)
            setAt(0)
          }}
          onKeyDown={(e) => {
            if (e.key === 'ArrowDown') setAt(Math.min(chosen + 1, hits.length - 1))
            else if (e.key === 'ArrowUp') setAt(Math.max(0, chosen - 1))
            else if (e.key === 'Enter') take(hits[chosen])
            else return
            e.preventDefault()
          }}
        />
        {hits.length === 0 && <p className="empty">{t('shell.nothing_found')}</p>}
        <div className="hits" id={list} role="listbox" aria-label={t('shell.search')}>
          {hits.map((hit, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the input
            <div
              key={hit.key}
              id={`${list}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === chosen}
              onClick={() => take(hit)}
            >
              <span className="chip">{hit.kind}</span>
              <span>
                <bdi>{hit.words}</bdi>
                {hit.more && <span className="faint"> · {hit.more}</span>}
              </span>
            </div>
          ))}
        </div>
      </div>
    </Dialog>
  )
}
