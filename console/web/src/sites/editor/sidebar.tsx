// Beside the sheet: what can be added, what is chosen, and everything as a table.
import { useId, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Device, Point } from '../../contract'
import { isOwnPoint } from '../../devices/standing'
import type { SiteIndex } from '../data'
import { faultOf } from '../geometry'
import type { Place, Vertex } from '../schema'
import type { Tool } from './canvas'
import {
  corners,
  type Doc,
  type Key,
  keyOf,
  partsOf,
  patchArea,
  patchCamera,
  patchLabel,
  patchPoint,
  remove,
} from './document'
import { DrawingProperties } from './drawing'

export interface SidebarProps {
  doc: Doc
  index: SiteIndex
  level: Place
  points: Map<string, Point>
  devices: Map<string, Device>
  selection: ReadonlySet<Key>
  wrong: { key: Key; place: string }[]
  tool: Tool
  onSelect: (keys: ReadonlySet<Key>) => void
  onDo: (doc: Doc, step?: string) => void
  /** byKey: the button was pressed without a mouse, so the thing is put into the middle of what is seen. */
  onTool: (tool: Tool, byKey: boolean) => void
  onFault: (fault: unknown) => void
}

const MOST = 60 // rows of a list that are shown at once

export function Sidebar(props: SidebarProps) {
  const { t } = useTranslation()
  const [tab, setTab] = useState<'add' | 'all' | 'sheet'>('add')
  const names = ['add', 'all', 'sheet'] as const
  return (
    <div className="side">
      <Chosen {...props} />
      <section className="panel fills" aria-label={t('sites.contents')} data-panel>
        <div className="ph">
          <div className="seg">
            {names.map((name) => (
              <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>
                {t(`sites.tab.${name}`)}
              </button>
            ))}
          </div>
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t(`sites.tab.${tab}`)}>
          {tab === 'add' && <Adding {...props} />}
          {tab === 'all' && <Everything {...props} />}
          {tab === 'sheet' && <DrawingProperties {...props} />}
        </div>
      </section>
    </div>
  )
}

const byKey = (event: React.MouseEvent): boolean => event.detail === 0

/** What is not drawn yet. */
function Adding(props: SidebarProps) {
  const { doc, index, level, points, devices, tool, onTool } = props
  const { t } = useTranslation()
  const search = useId()
  const [wish, setWish] = useState('')
  const [name, setName] = useState('')
  const drawnAreas = new Set(doc.areas.map((a) => a.place))
  const spare = (index.site.places ?? []).filter(
    (p) => p.kind === 'area' && p.parent === level.id && !drawnAreas.has(p.id),
  )
  const drawnElsewhere = useMemo(
    () =>
      new Set(
        (index.site.plans ?? [])
          .filter((p) => p.level !== level.id)
          .flatMap((p) => [...(p.points ?? []), ...(p.cameras ?? [])]),
      ),
    [index, level],
  )
  const drawn = new Set<string>([...doc.points.map((p) => p.point as string), ...doc.cameras.map((c) => c.camera)])
  const words = wish.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const fits = (text: string) => words.every((w) => text.toLocaleLowerCase().includes(w))
  // Points of this level first, then those of which nobody said where they are.
  const unplaced = [...points.values()]
    .filter((p) => !drawn.has(p.id) && !drawnElsewhere.has(p.id) && (p.kinds ?? []).length > 0 && !isOwnPoint(p))
    .filter((p) => fits(`${p.name} ${p.id} ${p.location} ${devices.get(p.id)?.name}`))
    .map((p) => ({
      point: p,
      rank: index.levelOf(index.placeOf.get(p.id))?.id === level.id ? 0 : index.placeOf.has(p.id) ? 2 : 1,
    }))
    .sort((a, b) => a.rank - b.rank || a.point.name.localeCompare(b.point.name, undefined, { numeric: true }))
  const cameras = (index.site.cameras ?? []).filter(
    (c) => !drawn.has(c.id) && !drawnElsewhere.has(c.id) && fits(`${c.id} ${c.name}`),
  )
  const area = (id: string, called: string): Tool => ({ kind: 'area', place: id, name: called, shape: [] })
  return (
    <div className="adding">
      <h3 className="h3">{t('sites.areas')}</h3>
      <form
        className="find"
        onSubmit={(event) => {
          event.preventDefault()
          const by = (event.nativeEvent as SubmitEvent).submitter
          if (name.trim() === '') return
          onTool(area(crypto.randomUUID(), name.trim()), by instanceof HTMLElement && by.dataset.middle === 'true')
          setName('')
        }}
      >
        <input
          className="input"
          aria-label={t('sites.area_name')}
          placeholder={t('sites.area_name')}
          value={name}
          onChange={(e) => setName(e.target.value)}
        />
        <button type="submit" className="btn sm" disabled={name.trim() === ''}>
          {t('sites.draw')}
        </button>
        <button
          type="submit"
          className="btn sm"
          data-middle="true"
          disabled={name.trim() === ''}
          title={t('sites.rectangle_why')}
        >
          {t('sites.rectangle')}
        </button>
      </form>
      {spare.map((p) => (
        <Row key={p.id} name={p.name} more={t('sites.not_outlined')} on={tool.kind === 'area' && tool.place === p.id}>
          <button type="button" className="btn sm" onClick={(e) => onTool(area(p.id, p.name), byKey(e))}>
            {t('sites.draw')}
          </button>
        </Row>
      ))}
      <h3 className="h3">{t('sites.points')}</h3>
      <div className="find">
        <label className="sr" htmlFor={search}>
          {t('sites.find_unplaced')}
        </label>
        <input
          id={search}
          className="input"
          type="search"
          placeholder={t('sites.find_unplaced')}
          value={wish}
          onChange={(e) => setWish(e.target.value)}
        />
      </div>
      {unplaced.slice(0, MOST).map(({ point }) => (
        <Row
          key={point.id}
          name={point.name || point.id}
          more={index.path(index.placeOf.get(point.id)) || point.location || devices.get(point.id)?.name || ''}
          on={tool.kind === 'point' && tool.point === point.id}
        >
          <button
            type="button"
            className="btn sm"
            data-place={point.id}
            onClick={(e) => onTool({ kind: 'point', point: point.id }, byKey(e))}
          >
            {t('sites.put')}
          </button>
        </Row>
      ))}
      {unplaced.length > MOST && <p className="empty">{t('sites.more_find', { count: unplaced.length - MOST })}</p>}
      {unplaced.length === 0 && <p className="empty">{t('sites.all_placed')}</p>}
      <h3 className="h3">{t('sites.cameras')}</h3>
      {cameras.map((c) => (
        <Row
          key={c.id}
          name={`${c.id} ${c.name}`}
          more={index.path(c.place)}
          on={tool.kind === 'camera' && tool.camera === c.id}
        >
          <button
            type="button"
            className="btn sm"
            data-place={c.id}
            onClick={(e) => onTool({ kind: 'camera', camera: c.id }, byKey(e))}
          >
            {t('sites.put')}
          </button>
        </Row>
      ))}
      {cameras.length === 0 && <p className="empty">{t('sites.no_spare_cameras')}</p>}
      <h3 className="h3">{t('sites.labels')}</h3>
      <Row name={t('sites.new_label')} more="" on={tool.kind === 'label'}>
        <button type="button" className="btn sm" onClick={(e) => onTool({ kind: 'label' }, byKey(e))}>
          {t('sites.put')}
        </button>
      </Row>
    </div>
  )
}

function Row(props: { name: string; more: string; on: boolean; children: React.ReactNode }) {
  return (
    <div className={props.on ? 'add-row on' : 'add-row'}>
      <span>
        <bdi>{props.name}</bdi>
        {props.more && (
          <small>
            <bdi>{props.more}</bdi>
          </small>
        )}
      </span>
      {props.children}
    </div>
  )
}

/** Everything that is drawn, as a table; a row chooses. */
function Everything({ doc, points, index, selection, onSelect, onDo }: SidebarProps) {
  const { t } = useTranslation()
  const rows: { key: Key; what: string; name: string }[] = [
    ...doc.areas.map((a) => ({ key: keyOf('area', a.place), what: 'area', name: a.name })),
    ...doc.points.map((p) => ({
      key: keyOf('point', p.point),
      what: 'point',
      name: points.get(p.point)?.name ?? p.point,
    })),
    ...doc.cameras.map((c) => ({
      key: keyOf('camera', c.camera),
      what: 'camera',
      name: `${c.camera} ${(index.site.cameras ?? []).find((r) => r.id === c.camera)?.name ?? ''}`,
    })),
    ...doc.labels.map((l) => ({ key: keyOf('label', l.id), what: 'label', name: l.text })),
  ]
  if (rows.length === 0) return <p className="empty">{t('sites.blank')}</p>
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t('sites.kind')}</th>
          <th scope="col">{t('sites.name')}</th>
          <th scope="col">
            <span className="sr">{t('sites.take_off')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key} aria-selected={selection.has(row.key)}>
            <td>{t(`sites.what.${row.what}`)}</td>
            <td>
              <button
                type="button"
                className="rowlink"
                onClick={(event) => {
                  if (!event.shiftKey) return onSelect(new Set([row.key]))
                  const next = new Set(selection)
                  if (!next.delete(row.key)) next.add(row.key)
                  onSelect(next)
                }}
              >
                <bdi>{row.name}</bdi>
              </button>
            </td>
            <td>
              <button
                type="button"
                className="btn sm ghost"
                aria-label={t('sites.take_off_named', { name: row.name })}
                onClick={() => onDo(remove(doc, new Set([row.key])))}
              >
                ×
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The properties of what is chosen, each to be typed. */
function Chosen(props: SidebarProps) {
  const { doc, index, points, selection, onDo, onSelect } = props
  const { t } = useTranslation()
  const one = selection.size === 1 ? [...selection][0] : undefined
  const [what, id] = partsOf(one ?? ':')
  const area = what === 'area' ? doc.areas.find((a) => a.place === id) : undefined
  const point = what === 'point' ? doc.points.find((p) => p.point === id) : undefined
  const camera = what === 'camera' ? doc.cameras.find((c) => c.camera === id) : undefined
  const label = what === 'label' ? doc.labels.find((l) => l.id === id) : undefined
  const title =
    area?.name ??
    (point && (points.get(point.point)?.name ?? point.point)) ??
    (camera && `${camera.camera} ${(index.site.cameras ?? []).find((c) => c.id === camera.camera)?.name ?? ''}`) ??
    label?.text ??
    (selection.size > 1 ? t('sites.chosen', { count: selection.size }) : t('sites.nothing_chosen'))
  return (
    <section className="panel" aria-label={t('sites.properties')} data-panel data-properties>
      <div className="ph">
        <h2>
          <bdi>{title}</bdi>
        </h2>
        <div className="grow" />
        {selection.size > 0 && (
          <button
            type="button"
            className="btn sm danger"
            onClick={() => {
              onDo(remove(doc, selection))
              onSelect(new Set())
            }}
          >
            {t('sites.take_off')} <kbd>Del</kbd>
          </button>
        )}
      </div>
      {selection.size === 0 && <p className="empty">{t('sites.how_to_choose')}</p>}
      <div className="props" key={one}>
        {area && (
          <>
            <TextField
              label={t('sites.name')}
              value={area.name}
              onValue={(name) => onDo(patchArea(doc, area.place, { name }), `name ${area.place}`)}
            />
            <ShapeField shape={corners(area)} onShape={(shape) => onDo(patchArea(doc, area.place, { shape }))} />
          </>
        )}
        {point && (
          <>
            <NumberField
              label={t('sites.x')}
              value={point.x}
              onValue={(x) => onDo(patchPoint(doc, point.point, { x }), `x ${id}`)}
            />
            <NumberField
              label={t('sites.y')}
              value={point.y}
              onValue={(y) => onDo(patchPoint(doc, point.point, { y }), `y ${id}`)}
            />
            <NumberField
              label={t('sites.rotation')}
              value={point.rotation}
              least={-360}
              most={360}
              onValue={(rotation) => onDo(patchPoint(doc, point.point, { rotation }), `r ${id}`)}
            />
            <PlaceField
              {...props}
              value={point.place}
              onValue={(place) => onDo(patchPoint(doc, point.point, { place }))}
            />
          </>
        )}
        {camera && (
          <>
            <NumberField
              label={t('sites.x')}
              value={camera.x}
              onValue={(x) => onDo(patchCamera(doc, id, { x }), `x ${id}`)}
            />
            <NumberField
              label={t('sites.y')}
              value={camera.y}
              onValue={(y) => onDo(patchCamera(doc, id, { y }), `y ${id}`)}
            />
            <NumberField
              label={t('sites.direction')}
              value={camera.direction}
              least={-360}
              most={360}
              onValue={(direction) => onDo(patchCamera(doc, id, { direction }), `d ${id}`)}
            />
            <NumberField
              label={t('sites.angle')}
              value={camera.angle}
              least={1}
              most={360}
              onValue={(angle) => onDo(patchCamera(doc, id, { angle }), `a ${id}`)}
            />
            <NumberField
              label={t('sites.range')}
              value={camera.range}
              least={1}
              onValue={(range) => onDo(patchCamera(doc, id, { range }), `l ${id}`)}
            />
            <PlaceField {...props} value={camera.place} onValue={(place) => onDo(patchCamera(doc, id, { place }))} />
          </>
        )}
        {label && (
          <>
            <TextField
              label={t('sites.text')}
              value={label.text}
              onValue={(text) => onDo(patchLabel(doc, id, { text }), `text ${id}`)}
            />
            <NumberField
              label={t('sites.x')}
              value={label.x}
              onValue={(x) => onDo(patchLabel(doc, id, { x }), `x ${id}`)}
            />
            <NumberField
              label={t('sites.y')}
              value={label.y}
              onValue={(y) => onDo(patchLabel(doc, id, { y }), `y ${id}`)}
            />
            <NumberField
              label={t('sites.size')}
              value={label.size}
              least={1}
              most={1000}
              onValue={(size) => onDo(patchLabel(doc, id, { size }), `s ${id}`)}
            />
          </>
        )}
      </div>
    </section>
  )
}

function TextField(props: { label: string; value: string; onValue: (value: string) => void }) {
  return (
    <label className="field wide">
      {props.label}
      <input className="input" maxLength={200} value={props.value} onChange={(e) => props.onValue(e.target.value)} />
    </label>
  )
}

/** A number that may be half typed; only a whole one counts. */
export function NumberField(props: {
  label: string
  value: number
  least?: number
  most?: number
  onValue: (value: number) => void
}) {
  const { label, value, least = -100_000, most = 100_000, onValue } = props
  const [typed, setTyped] = useState<string | null>(null)
  const wrong = typed !== null && !fitsIn(typed, least, most)
  return (
    <label className="field">
      {label}
      <input
        className="input"
        inputMode="decimal"
        dir="ltr"
        aria-invalid={wrong}
        value={typed ?? String(Math.round(value * 1000) / 1000)}
        onChange={(e) => {
          setTyped(e.target.value)
          if (fitsIn(e.target.value, least, most)) onValue(Number(e.target.value.replace(',', '.')))
        }}
        onBlur={() => setTyped(null)}
      />
    </label>
  )
}

const fitsIn = (text: string, least: number, most: number): boolean => {
  const n = Number(text.replace(',', '.'))
  return text.trim() !== '' && Number.isFinite(n) && n >= least && n <= most
}

function PlaceField(props: SidebarProps & { value: string; onValue: (place: string) => void }) {
  const { doc, level, value, onValue } = props
  const { t } = useTranslation()
  return (
    <label className="field wide">
      {t('sites.stands_in')}
      <select className="input" value={value} onChange={(e) => onValue(e.target.value)}>
        <option value={level.id}>{t('sites.level_itself', { name: level.name })}</option>
        {doc.areas.map((a) => (
          <option key={a.place} value={a.place}>
            {a.name}
          </option>
        ))}
        {/* Areas of the level that nobody has outlined. */}
        {(props.index.site.places ?? [])
          .filter((p) => p.kind === 'area' && p.parent === level.id && !doc.areas.some((a) => a.place === p.id))
          .map((p) => (
            <option key={p.id} value={p.id}>
              {p.name}
            </option>
          ))}
      </select>
    </label>
  )
}

/** The corners as text, one a line: the way to draw for those who use no mouse. */
function ShapeField({ shape, onShape }: { shape: Vertex[]; onShape: (shape: Vertex[]) => void }) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState<string | null>(null)
  const fault = typed === null ? '' : faultIn(typed)
  return (
    <label className="field wide">
      {t('sites.corners')}
      <textarea
        className="input mono"
        dir="ltr"
        rows={Math.min(8, shape.length + 1)}
        aria-invalid={fault !== ''}
        value={typed ?? shape.map((v) => v.join(' ')).join('\n')}
        onChange={(e) => setTyped(e.target.value)}
        onBlur={() => {
          if (typed !== null && faultIn(typed) === '') onShape(read(typed))
          setTyped(null)
        }}
      />
      {fault && <span className="refused">{t(`sites.shape_fault.${fault}`)}</span>}
    </label>
  )
}

const read = (text: string): Vertex[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(
      (line) =>
        line
          .trim()
          .split(/[\s;]+/)
          .map(Number) as Vertex,
    )

function faultIn(text: string): string {
  const shape = read(text)
  if (shape.some((v) => v.length !== 2 || v.some((n) => !Number.isFinite(n)))) return 'numbers'
  return faultOf(shape)
}
