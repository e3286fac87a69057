// The sheet of the editor: everything on it can be taken hold of, by mouse and
// by key.
import type { PointerEvent as ReactPointerEvent, Ref } from 'react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Device, Point } from '../../contract'
import { bearing, distance, sector, toward } from '../geometry'
import { AreaNames, areaLooks, Background, CameraMark, Mark, outline, spot } from '../marks'
import type { CameraInfo, CameraView, Vertex } from '../schema'
import { type Sheet, Surface } from '../surface'
import {
  corners,
  type Doc,
  insertVertex,
  type Key,
  keyOf,
  move,
  patchCamera,
  removeVertex,
  setVertex,
  snapped,
} from './document'

export type Tool =
  | { kind: 'select' }
  | { kind: 'area'; place: string; name: string; shape: Vertex[] }
  | { kind: 'point'; point: string }
  | { kind: 'camera'; camera: string }
  | { kind: 'label' }
  | { kind: 'measure'; from?: Vertex }

interface CanvasProps {
  name: string
  station: string
  doc: Doc
  points: Map<string, Point>
  devices: Map<string, Device>
  cameras: CameraInfo[]
  selection: ReadonlySet<Key>
  tool: Tool
  grid: number
  sheet: Ref<Sheet>
  reach: () => number // plan units of a few pixels
  under: (clientX: number, clientY: number) => Vertex
  onSelect: (keys: ReadonlySet<Key>) => void
  onDo: (doc: Doc, step?: string) => void
  onPlace: (at: Vertex) => void // the tool is used here
  onFinish: () => void // the outline is complete
}

const none = new Map<string, string>()

export function Canvas(props: CanvasProps) {
  const { doc, selection, tool, sheet, onSelect, onDo, grid } = props
  const { t } = useTranslation()
  const [pointer, setPointer] = useState<Vertex | undefined>(undefined)
  const [frame, setFrame] = useState<[Vertex, Vertex] | undefined>(undefined)
  const drag = useRef<{ from: Vertex; doc: Doc; keys: ReadonlySet<Key>; step: string; moved: boolean } | undefined>(
    undefined,
  )
  const steps = useRef(0)
  const drawing = tool.kind !== 'select'
  const snap = (at: Vertex, but?: string): Vertex => snapped(doc, at, grid, props.reach(), but)

  const choose = (key: Key, more: boolean): ReadonlySet<Key> => {
    if (!more) return selection.has(key) ? selection : new Set([key])
    const next = new Set(selection)
    if (!next.delete(key)) next.add(key)
    return next
  }
  const grab = (key: Key) => (event: ReactPointerEvent) => {
    if (drawing || event.button !== 0) return
    const keys = choose(key, event.shiftKey)
    onSelect(keys)
    if (!keys.has(key)) return
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = {
      from: props.under(event.clientX, event.clientY),
      doc,
      keys,
      step: `drag ${++steps.current}`,
      moved: false,
    }
  }
  const pull = (event: ReactPointerEvent) => {
    const held = drag.current
    if (!held) return
    const at = props.under(event.clientX, event.clientY)
    const far = distance(at, held.from) > props.reach() / 2
    if (!held.moved && !far) return
    held.moved = true
    // The first of what is moved comes to rest on the grid, the others keep their distance.
    const anchor = firstOf(held.doc, held.keys)
    const goal: Vertex = [anchor[0] + at[0] - held.from[0], anchor[1] + at[1] - held.from[1]]
    const rest = grid === 0 ? goal : snapped({ ...held.doc, areas: [] }, goal, grid, 0)
    onDo(move(held.doc, held.keys, rest[0] - anchor[0], rest[1] - anchor[1]), held.step)
  }
  const drop = () => {
    drag.current = undefined
  }
  const handling = { onPointerMove: pull, onPointerUp: drop, onPointerCancel: drop }

  const startFrame = (event: React.MouseEvent) => {
    if (!event.shiftKey || drawing || (event.target as Element).closest('[data-held], .surface-zoom')) return
    event.stopPropagation() // the sheet stays where it is
    event.preventDefault()
    const from = props.under(event.clientX, event.clientY)
    setFrame([from, from])
    const on = (e: MouseEvent) => setFrame([from, props.under(e.clientX, e.clientY)])
    const up = (e: MouseEvent) => {
      window.removeEventListener('mousemove', on)
      window.removeEventListener('mouseup', up)
      setFrame(undefined)
      onSelect(within(doc, from, props.under(e.clientX, e.clientY)))
    }
    window.addEventListener('mousemove', on)
    window.addEventListener('mouseup', up)
  }

  const areas = areaLooks(doc.areas, none)
  const one = selection.size === 1 ? [...selection][0] : undefined
  const chosenArea = doc.areas.find((a) => keyOf('area', a.place) === one)
  const chosenCamera = doc.cameras.find((c) => keyOf('camera', c.camera) === one)
  return (
    <div className={drawing ? 'live-plan drawing' : 'live-plan'} onMouseDownCapture={startFrame}>
      <Surface
        width={doc.width}
        height={doc.height}
        label={t('sites.editor_of', { name: props.name })}
        sheet={sheet}
        onClick={(at) => {
          if (drawing) props.onPlace(snap(at))
          else onSelect(new Set())
        }}
        onDoubleClick={() => props.onFinish()}
        onMove={drawing ? (at) => setPointer(snap(at)) : undefined}
      >
        {(k) => (
          <>
            <Background drawing={doc.drawing} station={props.station} />
            <svg
              className="ground edit"
              viewBox={`0 0 ${doc.width} ${doc.height}`}
              style={{ inlineSize: `calc(var(--k) * ${doc.width}px)`, blockSize: `calc(var(--k) * ${doc.height}px)` }}
              aria-hidden="true"
            >
              <rect className="paper" width={doc.width} height={doc.height} />
              {doc.areas.map((a) => {
                const key = keyOf('area', a.place)
                return (
                  <path
                    key={a.place}
                    className={selection.has(key) ? 'area chosen' : 'area'}
                    d={outline(corners(a))}
                    data-held={drawing ? undefined : true}
                    data-area={a.place}
                    onPointerDown={grab(key)}
                    {...handling}
                  />
                )
              })}
              {doc.cameras.map((c) => (
                <path
                  key={c.camera}
                  className={selection.has(keyOf('camera', c.camera)) ? 'view chosen' : 'view'}
                  d={sector(c.x, c.y, c.direction, c.angle, c.range)}
                />
              ))}
              {tool.kind === 'area' && tool.shape.length > 0 && (
                <path
                  className="draft"
                  d={`M${[...tool.shape, pointer ?? tool.shape[0]].map((v) => v?.join(' ')).join('L')}`}
                />
              )}
              {tool.kind === 'measure' && tool.from && pointer && (
                <path className="draft" d={`M${tool.from.join(' ')}L${pointer.join(' ')}`} />
              )}
              {frame && (
                <rect
                  className="marquee"
                  x={Math.min(frame[0][0], frame[1][0])}
                  y={Math.min(frame[0][1], frame[1][1])}
                  width={Math.abs(frame[0][0] - frame[1][0])}
                  height={Math.abs(frame[0][1] - frame[1][1])}
                />
              )}
            </svg>
            <AreaNames areas={areas} k={k} />
            {doc.labels.map((l) => {
              const key = keyOf('label', l.id)
              return (
                <button
                  type="button"
                  key={l.id}
                  className="plan-label held"
                  data-held
                  data-key={key}
                  aria-pressed={selection.has(key)}
                  style={{ ...spot(l.x, l.y), fontSize: `calc(var(--k) * ${l.size}px)` }}
                  dir="auto"
                  onPointerDown={grab(key)}
                  onClick={(e) => e.detail === 0 && onSelect(choose(key, e.shiftKey))}
                  {...handling}
                >
                  {l.text}
                </button>
              )
            })}
            {doc.cameras.map((c) => (
              <span
                key={c.camera}
                onPointerDown={grab(keyOf('camera', c.camera))}
                {...handling}
                data-key={keyOf('camera', c.camera)}
              >
                <CameraMark
                  view={c}
                  camera={props.cameras.find((r) => r.id === c.camera)}
                  selected={selection.has(keyOf('camera', c.camera))}
                  tab
                  held
                  onPick={(_, e) => e.detail === 0 && onSelect(choose(keyOf('camera', c.camera), e.shiftKey))}
                />
              </span>
            ))}
            {doc.points.map((p) => {
              const key = keyOf('point', p.point)
              return (
                <span key={p.point} onPointerDown={grab(key)} {...handling} data-key={key}>
                  <Mark
                    mark={p}
                    point={props.points.get(p.point)}
                    device={props.devices.get(p.point)}
                    alarm={undefined}
                    selected={selection.has(key)}
                    tab
                    held
                    onPick={(_, e) => e.detail === 0 && onSelect(choose(key, e.shiftKey))}
                  />
                </span>
              )
            })}
            {chosenArea && !drawing && (
              <Corners shape={corners(chosenArea)} place={chosenArea.place} {...props} snap={snap} />
            )}
            {chosenCamera && !drawing && <ViewHandles view={chosenCamera} {...props} />}
          </>
        )}
      </Surface>
    </div>
  )
}

/** Where the first thing stands that is moved. */
function firstOf(doc: Doc, keys: ReadonlySet<Key>): Vertex {
  const point = doc.points.find((p) => keys.has(keyOf('point', p.point)))
  const camera = doc.cameras.find((c) => keys.has(keyOf('camera', c.camera)))
  const label = doc.labels.find((l) => keys.has(keyOf('label', l.id)))
  const one = point ?? camera ?? label
  if (one) return [one.x, one.y]
  const area = doc.areas.find((a) => keys.has(keyOf('area', a.place)))
  return (area && corners(area)[0]) ?? [0, 0]
}

/** What lies wholly in a frame. */
function within(doc: Doc, a: Vertex, b: Vertex): Set<Key> {
  const [x0, x1] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])]
  const [y0, y1] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])]
  const holds = (x: number, y: number) => x >= x0 && x <= x1 && y >= y0 && y <= y1
  return new Set([
    ...doc.areas.filter((r) => corners(r).every(([x, y]) => holds(x, y))).map((r) => keyOf('area', r.place)),
    ...doc.points.filter((p) => holds(p.x, p.y)).map((p) => keyOf('point', p.point)),
    ...doc.cameras.filter((c) => holds(c.x, c.y)).map((c) => keyOf('camera', c.camera)),
    ...doc.labels.filter((l) => holds(l.x, l.y)).map((l) => keyOf('label', l.id)),
  ])
}

const arrows: Record<string, Vertex> = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }

/** How far an arrow key moves something: a unit, or the grid; ten times with Shift. */
export const stride = (event: { shiftKey: boolean }, grid: number): number => (event.shiftKey ? 10 : 1) * (grid || 1)

/** The corners of the chosen area, and a smaller handle between each two that makes a new one. */
function Corners(props: CanvasProps & { shape: Vertex[]; place: string; snap: (at: Vertex, but?: string) => Vertex }) {
  const { shape, place, doc, onDo, grid } = props
  const { t } = useTranslation()
  const held = useRef<{ i: number; step: string } | undefined>(undefined)
  const count = useRef(0)
  const pull = (event: ReactPointerEvent) => {
    if (!held.current) return
    const at = props.snap(props.under(event.clientX, event.clientY), place)
    onDo(setVertex(doc, place, held.current.i, at), held.current.step)
  }
  const handling = {
    onPointerMove: pull,
    onPointerUp: () => {
      held.current = undefined
    },
  }
  return (
    <>
      {shape.map((v, i) => (
        <button
          type="button"
          // biome-ignore lint/suspicious/noArrayIndexKey: a corner is its number
          key={`c${i}`}
          className="vertex"
          data-held
          data-vertex={i}
          style={spot(v[0], v[1])}
          aria-label={t('sites.corner', { n: i + 1, x: v[0], y: v[1] })}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId)
            held.current = { i, step: `corner ${++count.current}` }
          }}
          onKeyDown={(event) => {
            const step = arrows[event.key]
            if (step) {
              const far = stride(event, grid)
              onDo(setVertex(doc, place, i, [v[0] + step[0] * far, v[1] + step[1] * far]), `corner key ${i}`)
            } else if (event.key === 'Delete' || event.key === 'Backspace') onDo(removeVertex(doc, place, i))
            else return
            event.preventDefault()
            event.stopPropagation()
          }}
          {...handling}
        />
      ))}
      {shape.map((v, i) => {
        const next = shape[(i + 1) % shape.length] as Vertex
        const mid: Vertex = [(v[0] + next[0]) / 2, (v[1] + next[1]) / 2]
        return (
          <button
            type="button"
            // biome-ignore lint/suspicious/noArrayIndexKey: a corner is its number
            key={`m${i}`}
            className="vertex mid"
            data-held
            style={spot(mid[0], mid[1])}
            aria-label={t('sites.new_corner', { n: i + 1 })}
            onClick={() => onDo(insertVertex(doc, place, i, mid))}
          />
        )
      })}
    </>
  )
}

/** The handles of a camera: one turns and lengthens its view, one opens it. */
function ViewHandles(props: CanvasProps & { view: CameraView }) {
  const { view, doc, onDo } = props
  const { t } = useTranslation()
  const step = useRef('')
  const count = useRef(0)
  const tip = toward([view.x, view.y], view.direction, view.range)
  const edge = toward([view.x, view.y], view.direction + view.angle / 2, view.range * 0.8)
  const change = (to: Partial<CameraView>, name: string) => onDo(patchCamera(doc, view.camera, to), name)
  const turn = (event: ReactPointerEvent) => {
    if (!step.current) return
    const at = props.under(event.clientX, event.clientY)
    change(
      {
        direction: Math.round(bearing([view.x, view.y], at)),
        range: Math.max(1, Math.round(distance([view.x, view.y], at))),
      },
      step.current,
    )
  }
  const open = (event: ReactPointerEvent) => {
    if (!step.current) return
    const at = props.under(event.clientX, event.clientY)
    const off = Math.abs(((bearing([view.x, view.y], at) - view.direction + 540) % 360) - 180)
    change({ angle: Math.max(1, Math.min(360, Math.round(off * 2))) }, step.current)
  }
  const begin = (event: ReactPointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    step.current = `view ${++count.current}`
  }
  const end = () => {
    step.current = ''
  }
  const byKey = (turnBy: number, lengthBy: number, openBy: number) => (event: React.KeyboardEvent) => {
    const [dx, dy] = arrows[event.key] ?? [0, 0]
    if (dx === 0 && dy === 0) return
    event.preventDefault()
    event.stopPropagation()
    change(
      {
        direction: (view.direction + dx * turnBy + 360) % 360,
        range: Math.max(1, view.range - dy * lengthBy),
        angle: Math.max(1, Math.min(360, view.angle + (dx - dy) * openBy)),
      },
      'view key',
    )
  }
  return (
    <>
      <button
        type="button"
        className="vertex round"
        data-held
        data-handle="direction"
        style={spot(tip[0], tip[1])}
        aria-label={t('sites.handle_direction', { direction: view.direction, range: view.range })}
        onPointerDown={begin}
        onPointerMove={turn}
        onPointerUp={end}
        onKeyDown={byKey(5, 10, 0)}
      />
      <button
        type="button"
        className="vertex round"
        data-held
        data-handle="angle"
        style={spot(edge[0], edge[1])}
        aria-label={t('sites.handle_angle', { angle: view.angle })}
        onPointerDown={begin}
        onPointerMove={open}
        onPointerUp={end}
        onKeyDown={byKey(0, 0, 5)}
      />
    </>
  )
}
