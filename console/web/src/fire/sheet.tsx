// One sheet for the fire service: what burns, where, since when, who is missing,
// which doors are locked. Made for paper; it also leaves as one file that needs
// nothing else.
import './fire.css'
import sheetCSS from './sheet.css?raw'
import './sheet.css'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { DeskContext, useDesk } from '../session/desk'
import { useKeys } from '../shell/keys'
import { Failed, Loading } from '../shell/states'
import { type Sheet, SheetBody } from './sheet-body'
import { usePlanPicture } from './sheet-plan'

export default function SheetPage() {
  const { alarm } = useParams({ from: '/fire/sheet/$alarm' })
  const { t } = useTranslation()
  const desk = useDesk()
  const page = useRef<HTMLElement>(null)
  const got = useQuery({
    queryKey: ['/fire/sheet', alarm],
    queryFn: ({ signal }) => ask<Sheet>(`/fire/sheet/${alarm}`, { signal }),
    refetchInterval: 15_000,
  })
  const plan = usePlanPicture(got.data)
  useKeys({ KeyP: () => window.print() })
  if (!got.data) return got.error ? <Failed fault={got.error} again={() => void got.refetch()} /> : <Loading />
  const sheet = got.data
  return (
    <div className="sheet-page">
      <div className="sheet-tools no-print">
        <button type="button" className="btn pri" onClick={() => window.print()}>
          {t('fire.print')} <kbd>P</kbd>
        </button>
        <button type="button" className="btn" onClick={() => save(page.current, sheet)}>
          {t('fire.save_file')}
        </button>
        <button type="button" className="btn" onClick={() => void got.refetch()}>
          {t('fire.again')}
        </button>
        {got.error !== null && (
          <span className="fault" role="alert">
            {t('fire.sheet_old')}
          </span>
        )}
      </div>
      <DeskContext.Provider value={{ ...desk, zone: sheet.time_zone }}>
        <main ref={page} className="fire-sheet" data-sheet={sheet.alarm.id}>
          <SheetBody of={sheet} plan={plan} />
        </main>
      </DeskContext.Provider>
    </div>
  )
}

/** The sheet as one file: its words, its drawing and its style, and no script. */
function save(page: HTMLElement | null, sheet: Sheet) {
  if (!page) return
  const root = document.documentElement
  const title = `${sheet.station_name} ${sheet.alarm.point_name}`.replace(/[<>&]/g, ' ')
  const html = `<!doctype html>
<html lang="${root.lang}" dir="${root.dir}">
<head><meta charset="utf-8"><title>${title}</title><style>${sheetCSS}</style></head>
<body>${page.outerHTML}</body>
</html>
`
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([html], { type: 'text/html' }))
  link.download = `fire-${sheet.at.slice(0, 19).replace(/\D/g, '')}.html`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
