// The editor of a plan. Nothing leaves this page before "Save"; what somebody
// else has saved meanwhile is shown and can be joined.
import { useQueryClient } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, Refusal } from '../../ask'
import type { Device, Point } from '../../contract'
import { refusalWords } from '../../i18n/words'
import { useLink } from '../../live'
import { Dialog } from '../../shell/dialog'
import { useKeys } from '../../shell/keys'
import type { SiteIndex } from '../data'
import { distance, faultOf } from '../geometry'
import type { Place, Plan, PlanConflict, Vertex } from '../schema'
import type { Sheet } from '../surface'
import { Canvas, stride, type Tool } from './canvas'
import { ConflictDialog, MeasureDialog, VersionsDialog } from './dialogs'
import {
  type Act,
  areaAt,
  begin,
  bind,
  type Doc,
  docOf,
  history,
  isChanged,
  type Key,
  keyOf,
  keysOf,
  merge,
  move,
  proposals,
  remove,
} from './document'
import { Sidebar } from './sidebar'

interface EditorProps {
  plan: Plan
  index: SiteIndex
  level: Place
  points: Map<string, Point>
  devices: Map<string, Device>
  onClose: () => void
}

const GRIDS = [0, 1, 5, 10, 25]

export default function Editor(props: EditorProps) {
  const { index, level, points, devices, onClose } = props
  const { t } = useTranslation()
  const client = useQueryClient()
  const link = useLink()
  // The plan as it was when the editor opened or last saved; a newer one of somebody else comes with the refusal.
  const [base, setBase] = useState(props.plan)
  const [h, act] = useReducer(history, props.plan, (plan) => begin(docOf(plan)))
  const [selection, setSelection] = useState<ReadonlySet<Key>>(new Set())
  const [tool, setTool] = useState<Tool>({ kind: 'select' })
  const [grid, setGrid] = useState(5)
  const [saving, setSaving] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [said, setSaid] = useState('')
  const [conflict, setConflict] = useState<PlanConflict | null>(null)
  const [versions, setVersions] = useState(false)
  const [measured, setMeasured] = useState<number | null>(null)
  const sheet = useRef<Sheet>(null)
  const doc = h.now
  const changed = isChanged(h)
  const blocker = useBlocker({ shouldBlockFn: () => changed, withResolver: true, enableBeforeUnload: changed })

  const onDo = useCallback(
    (next: Doc, step?: string) => act(step === undefined ? { do: next } : { do: next, step }),
    [],
  )
  const under = useCallback((x: number, y: number): Vertex => sheet.current?.under(x, y) ?? [0, 0], [])
  const reach = useCallback(() => 9 / (sheet.current?.k() ?? 1), [])
  const centre = useCallback((): Vertex => {
    const box = sheet.current?.element()?.closest('.surface')?.getBoundingClientRect()
    return box
      ? (under(box.x + box.width / 2, box.y + box.height / 2).map(Math.round) as Vertex)
      : [doc.width / 2, doc.height / 2]
  }, [under, doc.width, doc.height])

  const place = (at: Vertex) => {
    if (tool.kind === 'area') {
      const first = tool.shape[0]
      if (first && tool.shape.length > 2 && distance(first, at) < reach() * 1.5) return finish()
      setTool({ ...tool, shape: [...tool.shape, at] })
    } else if (tool.kind === 'point') putPoint(tool.point, at)
    else if (tool.kind === 'camera') putCamera(tool.camera, at)
    else if (tool.kind === 'label') putLabel(at)
    else if (tool.kind === 'measure') {
      if (tool.from) {
        setMeasured(distance(tool.from, at))
        setTool({ kind: 'select' })
      } else setTool({ kind: 'measure', from: at })
    }
  }
  const put = (next: Doc, key: Key) => {
    onDo(next)
    setSelection(new Set([key]))
    setTool({ kind: 'select' })
    setFault(null)
  }
  const putPoint = (point: string, at: Vertex) =>
    put(
      {
        ...doc,
        points: [...doc.points, { point, place: areaAt(doc, level.id, at), x: at[0], y: at[1], rotation: 0 }],
      },
      keyOf('point', point),
    )
  const putCamera = (camera: string, at: Vertex) =>
    put(
      {
        ...doc,
        cameras: [
          ...doc.cameras,
          {
            camera,
            place: areaAt(doc, level.id, at),
            x: at[0],
            y: at[1],
            direction: 180,
            angle: 80,
            range: Math.round(Math.min(doc.width, doc.height) / 4),
          },
        ],
      },
      keyOf('camera', camera),
    )
  const putLabel = (at: Vertex) => {
    const id = `label-${crypto.randomUUID()}`
    put(
      { ...doc, labels: [...doc.labels, { id, text: t('sites.new_label'), x: at[0], y: at[1], size: 16 }] },
      keyOf('label', id),
    )
  }
  const putArea = (id: string, name: string, shape: Vertex[]) =>
    put({ ...doc, areas: [...doc.areas, { place: id, name, shape }] }, keyOf('area', id))
  const finish = () => {
    if (tool.kind !== 'area') return
    // A double click gives its place twice.
    const shape = tool.shape.filter((v, i) => i === 0 || distance(v, tool.shape[i - 1] as Vertex) > 1e-6)
    const why = faultOf(shape)
    if (why) {
      setSaid(t(`sites.shape_fault.${why}`))
      setTool({ ...tool, shape: why === 'crosses' ? shape.slice(0, -1) : shape })
      return
    }
    putArea(tool.place, tool.name, shape)
  }
  /** What a tool does without a mouse: in the middle of what is seen. */
  const inTheMiddle = (wish: Tool) => {
    const [x, y] = centre()
    if (wish.kind === 'point') putPoint(wish.point, [x, y])
    else if (wish.kind === 'camera') putCamera(wish.camera, [x, y])
    else if (wish.kind === 'label') putLabel([x, y])
    else if (wish.kind === 'area')
      putArea(wish.place, wish.name, [
        [x - 60, y - 40],
        [x + 60, y - 40],
        [x + 60, y + 40],
        [x - 60, y + 40],
      ])
  }

  const save = async () => {
    if (saving || !changed) return
    setSaving(true)
    setFault(null)
    try {
      const saved = await ask<Plan>(`/plans/${level.id}`, {
        method: 'PUT',
        body: { version: base.version, ...bodyOf(doc) },
      })
      setBase(saved)
      act({ saved: docOf(saved) })
      setSaid(t('sites.saved', { version: saved.version }))
      void client.invalidateQueries({ queryKey: ['plan', level.id] })
      void client.invalidateQueries({ queryKey: ['site', index.site.station] })
    } catch (refusal) {
      const current =
        refusal instanceof Refusal && refusal.code === 'stale' ? refusal.problem.params?.current : undefined
      if (current) setConflict(current as PlanConflict)
      else setFault(refusal)
    } finally {
      setSaving(false)
    }
  }
  const join = (mine: boolean) => {
    if (!conflict) return
    const theirs = docOf(conflict.plan)
    const next = mine ? merge(docOf(base), doc, theirs) : theirs
    act({ start: next, saved: theirs } satisfies Act)
    setBase(conflict.plan)
    setConflict(null)
    setSelection(new Set())
    setSaid(mine ? t('sites.joined') : t('sites.theirs_taken'))
  }
  const nudge = (dx: number, dy: number) => (event: KeyboardEvent) => {
    const onSheet = event.target instanceof Element && event.target.closest('.plan-sheet, .live-plan')
    if (selection.size === 0 || !onSheet) return false
    const far = stride(event, grid)
    onDo(move(doc, selection, dx * far, dy * far), 'nudge')
    event.stopPropagation()
  }
  const drop = () => {
    if (selection.size === 0) return false
    onDo(remove(doc, selection))
    setSelection(new Set())
  }
  useKeys({
    'Ctrl+KeyZ': () => act({ undo: true }),
    'Ctrl+Shift+KeyZ': () => act({ redo: true }),
    'Ctrl+KeyY': () => act({ redo: true }),
    'Ctrl+KeyS': () => void save(),
    'Ctrl+KeyA': (event) => (typingIn(event.target) ? false : setSelection(new Set(keysOf(doc)))),
    Delete: drop,
    Backspace: drop,
    Enter: () => (tool.kind === 'area' ? finish() : false),
    Escape: () => (tool.kind !== 'select' ? setTool({ kind: 'select' }) : setSelection(new Set())),
    ArrowLeft: nudge(-1, 0),
    ArrowRight: nudge(1, 0),
    ArrowUp: nudge(0, -1),
    ArrowDown: nudge(0, 1),
    'Shift+ArrowLeft': nudge(-1, 0),
    'Shift+ArrowRight': nudge(1, 0),
    'Shift+ArrowUp': nudge(0, -1),
    'Shift+ArrowDown': nudge(0, 1),
  })
  const wrong = useMemo(() => proposals(doc, level.id), [doc, level.id])
  // What was undone may be chosen no longer.
  useEffect(() => {
    const there = new Set(keysOf(doc))
    if ([...selection].some((k) => !there.has(k))) setSelection(new Set([...selection].filter((k) => there.has(k))))
  }, [doc, selection])

  return (
    <div className="plans editing">
      <section className="panel plan-panel" aria-label={t('sites.editor')} data-panel>
        <div className="ph">
          <h2>
            {t('sites.editing')} <bdi>{index.path(level.id)}</bdi>
          </h2>
          <span className="chip">{changed ? t('sites.unsaved') : t('sites.version', { version: base.version })}</span>
          <div className="grow" />
          <button type="button" className="btn sm" disabled={h.past.length === 0} onClick={() => act({ undo: true })}>
            {t('sites.undo')} <kbd>Ctrl Z</kbd>
          </button>
          <button type="button" className="btn sm" disabled={h.future.length === 0} onClick={() => act({ redo: true })}>
            {t('sites.redo')} <kbd>Ctrl Y</kbd>
          </button>
          <label className="inline">
            {t('sites.grid')}
            <select className="input building" value={grid} onChange={(e) => setGrid(Number(e.target.value))}>
              {GRIDS.map((g) => (
                <option key={g} value={g}>
                  {g === 0 ? t('sites.grid_off') : g}
                </option>
              ))}
            </select>
          </label>
          <button type="button" className="btn sm" onClick={() => setVersions(true)}>
            {t('sites.versions')}
          </button>
          <button type="button" className="btn sm" onClick={onClose}>
            {t('sites.leave')}
          </button>
          <button
            type="button"
            className="btn sm pri"
            disabled={!changed || saving || !link.up}
            onClick={() => void save()}
          >
            {saving ? t('sites.saving') : t('sites.save')} <kbd>Ctrl S</kbd>
          </button>
        </div>
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        {tool.kind !== 'select' && (
          <Hint act={t('shell.cancel')} keyed="Esc" onAct={() => setTool({ kind: 'select' })}>
            {t(`sites.tool.${tool.kind}`)}
          </Hint>
        )}
        {wrong.length > 0 && (
          <Hint act={t('sites.take_proposals')} onAct={() => onDo(bind(doc, wrong))}>
            {t('sites.proposals', { count: wrong.length })}
          </Hint>
        )}
        <div className="sr" role="status">
          {said}
        </div>
        <Canvas
          name={index.path(level.id)}
          station={index.site.station}
          doc={doc}
          points={points}
          devices={devices}
          cameras={index.site.cameras ?? []}
          selection={selection}
          tool={tool}
          grid={grid}
          sheet={sheet}
          reach={reach}
          under={under}
          onSelect={setSelection}
          onDo={onDo}
          onPlace={place}
          onFinish={finish}
        />
      </section>
      <Sidebar
        doc={doc}
        index={index}
        level={level}
        points={points}
        devices={devices}
        selection={selection}
        wrong={wrong}
        tool={tool}
        onSelect={(keys) => {
          setSelection(keys)
          const [what, id] = [...keys][0]?.split(/:(.*)/s) ?? []
          const at = [...doc.points, ...doc.cameras].find((o) => ('point' in o ? o.point : o.camera) === id)
          if (at && (what === 'point' || what === 'camera')) sheet.current?.show(at.x, at.y)
        }}
        onDo={onDo}
        onTool={(wish, byKey) => (byKey ? inTheMiddle(wish) : setTool(wish))}
        onFault={setFault}
      />
      {conflict && (
        <ConflictDialog conflict={conflict} onJoin={join} onClose={() => setConflict(null)} points={points} />
      )}
      {versions && (
        <VersionsDialog
          level={level.id}
          version={base.version}
          changed={changed}
          onRestored={(plan, left) => {
            act({ start: docOf(plan), saved: docOf(plan) })
            setBase(plan)
            setVersions(false)
            setSaid(
              left.length > 0
                ? t('sites.restored_without', { count: left.length, what: left.join(', ') })
                : t('sites.restored'),
            )
            void client.invalidateQueries({ queryKey: ['site', index.site.station] })
          }}
          onClose={() => setVersions(false)}
        />
      )}
      {measured !== null && (
        <MeasureDialog
          units={measured}
          onScale={(scale) => {
            onDo({ ...doc, scale })
            setMeasured(null)
          }}
          onClose={() => setMeasured(null)}
        />
      )}
      {blocker.status === 'blocked' && (
        <Dialog title={t('sites.unsaved')} onClose={blocker.reset}>
          <div className="body">
            <p>{t('sites.unsaved_why')}</p>
            <div className="actions">
              <button type="button" className="btn danger" onClick={blocker.proceed}>
                {t('sites.drop_changes')}
              </button>
              <button type="button" className="btn pri" data-autofocus onClick={blocker.reset}>
                {t('sites.go_on_editing')}
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  )
}

function Hint(props: { act: string; keyed?: string; onAct: () => void; children: string }) {
  return (
    <p className="notice" role="status">
      {props.children}
      <button type="button" className="btn sm" onClick={props.onAct}>
        {props.act} {props.keyed && <kbd>{props.keyed}</kbd>}
      </button>
    </p>
  )
}

/** What is sent: without what only the console knows. */
function bodyOf(doc: Doc): object {
  const { drawing, ...rest } = doc
  return drawing ? { ...rest, drawing } : rest
}

const typingIn = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
