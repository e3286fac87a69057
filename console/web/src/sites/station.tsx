// One station: its facts, its premises as a tree, its points and cameras as
// tables, and the whole of it as a file.
import './sites.css'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Station } from '../contract'
import { useDesk } from '../session/desk'
import { FormDialog } from '../shell/form-dialog'
import { Failed, Loading, NotAllowed } from '../shell/states'
import { CameraTable } from './cameras'
import { useSite, useSiteIndex } from './data'
import { Files } from './files'
import { PointTable } from './points'
import { levelWords } from './stations'
import { Tree } from './tree'

const tabs = ['places', 'points', 'cameras', 'files'] as const

export default function StationPage() {
  const { id } = useParams({ from: '/stations/$id' })
  const search = useSearch({ from: '/stations/$id' })
  const navigate = useNavigate({ from: '/stations/$id' })
  const { t } = useTranslation()
  const desk = useDesk()
  const station = desk.stations.find((s) => s.id === id)
  const site = useSite(id)
  const index = useSiteIndex(site.data)
  const tab = tabs.find((name) => name === search.tab) ?? 'places'
  if (!desk.may('sites.read', id)) return <NotAllowed permission="sites.read" />
  if (!station) return <p className="empty">{t('sites.no_station')}</p>
  return (
    <div className="page-one">
      <Facts key={station.id} station={station} />
      <section className="panel fills" aria-label={t(`sites.station_tab.${tab}`)} data-panel>
        <div className="ph">
          <nav className="seg" aria-label={t('sites.parts')}>
            {tabs.map((name) => (
              <button
                key={name}
                type="button"
                aria-current={tab === name ? 'page' : undefined}
                onClick={() =>
                  void navigate({ search: (s) => ({ ...s, tab: name === 'places' ? undefined : name }), replace: true })
                }
              >
                {t(`sites.station_tab.${name}`)}
              </button>
            ))}
          </nav>
          <div className="grow" />
          <Link to="/plans" className="btn sm">
            {t('sites.to_plans')}
          </Link>
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t(`sites.station_tab.${tab}`)}>
          {site.error ? (
            <Failed fault={site.error} again={() => void site.refetch()} />
          ) : !index ? (
            <Loading />
          ) : tab === 'places' ? (
            <Tree index={index} />
          ) : tab === 'points' ? (
            <PointTable index={index} />
          ) : tab === 'cameras' ? (
            <CameraTable index={index} />
          ) : (
            <Files station={station.id} mayEdit={desk.may('sites.edit', station.id)} />
          )}
        </div>
      </section>
    </div>
  )
}

const days = [1, 2, 3, 4, 5, 6, 7]

function Facts({ station }: { station: Station }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  // What was saved a moment ago; the desk's own list follows with the next session look.
  const [told, setTold] = useState(station)
  const [editing, setEditing] = useState(false)
  return (
    <section className="panel" aria-label={told.name} data-panel>
      <div className="ph">
        <h2>
          <bdi>{told.name}</bdi>
        </h2>
        {told.demo && <span className="chip demo">{t('shell.demo')}</span>}
        <div className="grow" />
        {may('stations.manage', station.id) && (
          <button type="button" className="btn sm" onClick={() => setEditing(true)}>
            {t('sites.change')}
          </button>
        )}
      </div>
      <dl className="pairs facts">
        <dt>{t('sites.time_zone')}</dt>
        <dd>
          <bdi>{told.time_zone}</bdi>
        </dd>
        <dt>{t('sites.working_week')}</dt>
        <dd>{(told.working_week ?? []).map((d) => t(`sites.day.${d}`)).join(', ') || t('sites.no_days')}</dd>
        <dt>{t('sites.security_level')}</dt>
        <dd data-security-level>{levelWords(t, told.security_level)}</dd>
      </dl>
      {editing && (
        <ChangeStation
          station={told}
          onDone={(next) => {
            if (next) setTold(next)
            setEditing(false)
          }}
        />
      )}
    </section>
  )
}

function ChangeStation({ station, onDone }: { station: Station; onDone: (changed?: Station) => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState(station.name)
  const [zone, setZone] = useState(station.time_zone)
  const [level, setLevel] = useState(station.security_level)
  const [week, setWeek] = useState<number[]>(station.working_week ?? [])
  const save = async () => {
    const body = { name, time_zone: zone, security_level: level, working_week: week }
    onDone(await ask<Station>(`/stations/${encodeURIComponent(station.id)}`, { method: 'PATCH', body }))
  }
  return (
    <FormDialog title={t('sites.change_station')} submit={t('sites.save')} send={save} onClose={() => onDone()}>
      <label className="field">
        {t('sites.name')}
        <input className="input" value={name} maxLength={200} required onChange={(e) => setName(e.target.value)} />
      </label>
      <label className="field">
        {t('sites.time_zone')}
        <input className="input" value={zone} list="zones" required onChange={(e) => setZone(e.target.value)} />
        <datalist id="zones">
          {Intl.supportedValuesOf('timeZone').map((z) => (
            <option key={z} value={z} />
          ))}
        </datalist>
      </label>
      <label className="field">
        {t('sites.security_level')}
        <select className="input" value={level} onChange={(e) => setLevel(Number(e.target.value))}>
          {[0, 1, 2, 3, 4, 5, 6].map((n) => (
            <option key={n} value={n}>
              {levelWords(t, n)}
            </option>
          ))}
        </select>
        <span className="faint">{t('sites.security_level_why')}</span>
      </label>
      <fieldset className="days">
        <legend>{t('sites.working_week')}</legend>
        {days.map((d) => (
          <label key={d} className="inline">
            <input
              type="checkbox"
              checked={week.includes(d)}
              onChange={(e) =>
                setWeek(e.target.checked ? [...week, d].sort((a, b) => a - b) : week.filter((o) => o !== d))
              }
            />
            {t(`sites.day.${d}`)}
          </label>
        ))}
      </fieldset>
    </FormDialog>
  )
}
