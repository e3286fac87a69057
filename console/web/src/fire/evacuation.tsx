// The warden board: the same on every desk, at once. Each row knows what it was
// when somebody changes it, so that nobody overwrites what they have not seen.
import './fire.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { withUTC } from '../i18n/time'
import { useLink, useThings } from '../live'
import { DeskContext, useDesk } from '../session/desk'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { AssemblyList } from './assembly'
import { Closing } from './closing'
import { Floors } from './floors'
import type { Evacuation } from './live'
import { Log, type LogLine } from './log'
import { People } from './people'
import { ServiceSteps } from './service'

export default function EvacuationPage() {
  const { id } = useParams({ from: '/fire/evacuation/$id' })
  const desk = useDesk()
  const live = useThings<Evacuation>('evacuation').find((e) => e.id === id)
  const got = useQuery({
    queryKey: ['/fire/evacuations', id, live?.version ?? 0],
    queryFn: ({ signal }) => ask<Evacuation & { log: LogLine[] | null }>(`/fire/evacuations/${id}`, { signal }),
    placeholderData: (before) => (before?.id === id ? before : undefined),
    retry: 1,
  })
  const board = live && live.version >= (got.data?.version ?? 0) ? live : got.data
  if (!board) {
    return got.error ? <Failed fault={got.error} again={() => void got.refetch()} /> : <Loading />
  }
  // A board reads in the wall time of its own station, whatever the desk shows besides.
  const zone = desk.stations.find((s) => s.id === board.station)?.time_zone ?? desk.zone
  return (
    <DeskContext.Provider value={{ ...desk, zone }}>
      <div className="quiet board-page" style={{ gridTemplateRows: 'auto minmax(0, 1fr)' }} data-board={board.id}>
        <Head of={board} />
        <Body of={board} log={got.data?.log ?? []} />
      </div>
    </DeskContext.Provider>
  )
}

function Head({ of: e }: { of: Evacuation }) {
  const { t } = useTranslation()
  const { zone } = useDesk()
  return (
    <header className={e.drill ? 'board-head' : 'board-head p1'}>
      {e.drill && <span className="chip demo big-chip">{t('fire.drill')}</span>}
      {e.demo && <span className="chip demo">{t('shell.demo')}</span>}
      <h1>{t('fire.evacuating', { building: e.building_name })}</h1>
      <span>
        {e.running ? (
          <>
            {t('fire.since')} <At at={e.started_at} /> · <Age at={e.started_at} />
          </>
        ) : (
          <>
            {t('fire.closed_at')} <At at={e.closed_at} date /> {e.closed_by_name}
          </>
        )}
      </span>
      {(e.zone_name || e.reason) && <span className="dim">{[e.zone_name, e.reason].filter(Boolean).join(' · ')}</span>}
      <span className="print-only">{withUTC(Date.now(), zone)}</span>
      <span className="grow" />
      {e.alarm && (
        <Link className="btn no-print" to="/fire/sheet/$alarm" params={{ alarm: e.alarm }} search={{}}>
          {t('fire.sheet')}
        </Link>
      )}
      <button type="button" className="btn no-print" onClick={() => window.print()}>
        {t('fire.print')}
      </button>
      <Link className="btn no-print" to="/fire" search={{}}>
        {t('fire.title')}
      </Link>
    </header>
  )
}

function Body({ of: e, log }: { of: Evacuation; log: LogLine[] }) {
  const { may } = useDesk()
  const link = useLink()
  const writes = e.running && may('wardens.write', e.station)
  const off = !link.up
  return (
    <div className="board">
      <div className="board-main">
        <Floors of={e} writes={writes} off={off} />
        <People of={e} writes={writes} off={off} />
      </div>
      <div className="board-side">
        <ServiceSteps of={e} writes={writes} off={off} />
        <AssemblyList of={e} writes={writes} off={off} />
        {!e.running && <Summary of={e} />}
        {writes && <Closing of={e} off={off} />}
        <Log of={e} lines={log} writes={writes} off={off} />
      </div>
    </div>
  )
}

function Summary({ of: e }: { of: Evacuation }) {
  const { t } = useTranslation()
  return (
    <section className="panel pad" aria-label={t('fire.summary')}>
      <h2>{t('fire.summary')}</h2>
      <p>{e.summary}</p>
    </section>
  )
}
