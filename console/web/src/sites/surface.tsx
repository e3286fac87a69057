// The sheet on which a plan lies: Leaflet pans and zooms it, React draws on it.
//
// Everything on the sheet stands at plan units times the custom property --k,
// the pixels of a plan unit; a zoom changes that one property and draws nothing
// anew. Plans read from left to right in every language.
import 'leaflet/dist/leaflet.css'
import { IconMaximize } from '@tabler/icons-react'
import { CRS, type LatLngBoundsExpression, type Map as LeafletMap, map as makeMap } from 'leaflet'
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import type { Vertex } from './schema'

export interface Sheet {
  /** Shows a place of the plan; closer than now when it is far away. */
  show: (x: number, y: number) => void
  whole: () => void
  /** The plan units under a place of the window. */
  under: (clientX: number, clientY: number) => Vertex
  /** Pixels of a plan unit. */
  k: () => number
  element: () => HTMLElement | null
}

interface SurfaceProps {
  width: number
  height: number
  label: string
  children: (k: number) => ReactNode
  sheet?: Ref<Sheet>
  still?: boolean // panning by mouse is off: the mouse draws
  onClick?: (at: Vertex, event: MouseEvent) => void
  onDoubleClick?: (at: Vertex) => void
  onMove?: ((at: Vertex) => void) | undefined
}

export function Surface(props: SurfaceProps) {
  const { width, height, label, sheet, still } = props
  const { t } = useTranslation()
  const frame = useRef<HTMLDivElement>(null)
  const [layer, setLayer] = useState<HTMLElement | null>(null)
  const [k, setK] = useState(1)
  const map = useRef<LeafletMap | null>(null)
  const layerRef = useRef<HTMLElement | null>(null)
  const own = useRef(false) // somebody has chosen what to look at
  const ours = useRef(false) // the sheet is moved by this program
  const byUs = useRef((act: () => void) => {
    ours.current = true
    act()
    ours.current = false
  }).current
  const latest = useRef(props)
  latest.current = props

  useLayoutEffect(() => {
    const element = frame.current
    if (!element) return
    const m = makeMap(element, {
      crs: CRS.Simple,
      attributionControl: false,
      zoomControl: false,
      zoomAnimation: false,
      fadeAnimation: false,
      markerZoomAnimation: false,
      inertia: false,
      zoomSnap: 0,
      zoomDelta: 0.5,
      wheelPxPerZoomLevel: 140,
      minZoom: -8,
      maxZoom: 5,
      doubleClickZoom: false,
      boxZoom: false,
      keyboardPanDelta: 60,
    })
    map.current = m
    const pane = m.createPane('sheet')
    pane.style.zIndex = '400'
    const inner = document.createElement('div')
    inner.className = 'plan-sheet'
    pane.append(inner)
    // What is held by the mouse does not move the sheet under it.
    for (const name of ['mousedown', 'touchstart', 'pointerdown', 'dblclick'] as const)
      pane.addEventListener(name, (event) => {
        if (event.target instanceof Element && event.target.closest('[data-held]')) event.stopPropagation()
      })
    layerRef.current = inner
    const place = () => {
      const zero = m.latLngToLayerPoint([0, 0])
      const scale = m.getZoomScale(m.getZoom(), 0)
      inner.style.transform = `translate(${zero.x}px, ${zero.y}px)`
      inner.style.setProperty('--k', String(scale))
      setK(scale)
    }
    m.on('zoom viewreset', place)
    m.on('zoomstart dragstart', () => {
      if (!ours.current) own.current = true
    })
    byUs(() => {
      m.setView([-height / 2, width / 2], 0)
      whole(m, width, height)
    })
    place()
    setLayer(inner)
    const watch = new ResizeObserver(() => {
      byUs(() => {
        m.invalidateSize({ animate: false })
        if (!own.current) whole(m, latest.current.width, latest.current.height)
      })
    })
    watch.observe(element)
    const at = (event: MouseEvent): Vertex => {
      const p = m.mouseEventToLatLng(event)
      return [p.lng, -p.lat]
    }
    m.on('click', (e) => {
      const on = e.originalEvent.target
      if (on instanceof Element && on.closest('[data-held]')) return
      latest.current.onClick?.(at(e.originalEvent), e.originalEvent)
    })
    m.on('dblclick', (e) => latest.current.onDoubleClick?.(at(e.originalEvent)))
    m.on('mousemove', (e) => latest.current.onMove?.(at(e.originalEvent)))
    return () => {
      watch.disconnect()
      m.remove()
      map.current = null
      setLayer(null)
    }
  }, [width, height, byUs])

  useEffect(() => {
    if (still) map.current?.dragging.disable()
    else map.current?.dragging.enable()
  }, [still])

  useImperativeHandle(sheet, () => ({
    show: (x, y) => {
      const m = map.current
      // Nobody has moved the sheet: all of it is to be seen, also this.
      if (!m || !own.current) return
      const near = m.getBounds().pad(-0.12).contains([-y, x])
      if (!near) byUs(() => m.setView([-y, x], m.getZoom(), { animate: false }))
    },
    whole: () => {
      const m = map.current
      own.current = false
      if (m) byUs(() => whole(m, width, height))
    },
    under: (clientX, clientY) => {
      const box = frame.current?.getBoundingClientRect()
      const p = map.current?.containerPointToLatLng([clientX - (box?.x ?? 0), clientY - (box?.y ?? 0)])
      return p ? [p.lng, -p.lat] : [0, 0]
    },
    k: () => Number(layerRef.current?.style.getPropertyValue('--k') || 1),
    element: () => layerRef.current,
  }))

  const zoom = (by: number) => {
    own.current = true
    map.current?.setZoom((map.current.getZoom() ?? 0) + by, { animate: false })
  }
  return (
    <div className="surface" dir="ltr">
      <div ref={frame} className="surface-map" role="application" aria-label={label} tabIndex={0} />
      {layer && createPortal(props.children(k), layer)}
      <div className="surface-zoom">
        <button type="button" className="btn" aria-label={t('sites.closer')} onClick={() => zoom(0.5)}>
          +
        </button>
        <button type="button" className="btn" aria-label={t('sites.further')} onClick={() => zoom(-0.5)}>
          −
        </button>
        <button
          type="button"
          className="btn"
          aria-label={t('sites.whole')}
          title={t('sites.whole')}
          onClick={() => {
            const m = map.current
            own.current = false
            if (m) byUs(() => whole(m, width, height))
          }}
        >
          <IconMaximize size={16} stroke={1.7} aria-hidden />
        </button>
      </div>
    </div>
  )
}

function whole(m: LeafletMap, width: number, height: number): void {
  const bounds: LatLngBoundsExpression = [
    [-height, 0],
    [0, width],
  ]
  m.fitBounds(bounds, { animate: false, padding: [14, 14] })
}
