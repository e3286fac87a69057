// The plan of the level as one picture for paper: the drawing, the area of the
// zone, and the detector.
import { useQuery } from '@tanstack/react-query'
import { ask } from '../ask'
import type { Sheet } from './sheet-body'

interface Vertex {
  x: number
  y: number
}

interface Plan {
  level: string
  station: string
  version: number
  width: number
  height: number
  drawing: { hash: string; kind: string; x: number; y: number; width: number; height: number; invert: boolean } | null
  areas: { place: string; name: string; shape: (Vertex | [number, number])[] }[] | null
  points: { point: string; x: number; y: number }[] | null
}

export interface PlanPicture {
  width: number
  height: number
  drawing: { href: string; x: number; y: number; width: number; height: number } | null
  areas: { id: string; name: string; path: string; x: number; y: number; hot: boolean }[]
  at: Vertex | null
}

const corner = (v: Vertex | [number, number]): Vertex => (Array.isArray(v) ? { x: v[0], y: v[1] } : v)

/** The picture, or null where nobody has drawn the level. */
export function usePlanPicture(sheet: Sheet | undefined): PlanPicture | null {
  const level = sheet?.where.level ?? ''
  const got = useQuery({
    queryKey: ['/plans', level, 'sheet'],
    queryFn: async ({ signal }) => {
      const plan = await ask<Plan>(`/plans/${level}`, { signal })
      return { plan, href: plan.drawing ? await picture(plan, signal) : '' }
    },
    enabled: level !== '',
    staleTime: 300_000,
    retry: 1,
  })
  if (!sheet || !got.data || got.data.plan.version === 0) return null
  const { plan, href } = got.data
  const hot = new Set([sheet.where.area, sheet.where.zone].filter(Boolean))
  const at = plan.points?.find((p) => p.point === sheet.alarm.point)
  return {
    width: plan.width,
    height: plan.height,
    drawing: plan.drawing && href ? { ...plan.drawing, href } : null,
    areas: (plan.areas ?? []).map((a) => {
      const shape = a.shape.map(corner)
      const middle = (axis: 'x' | 'y') => shape.reduce((sum, v) => sum + v[axis], 0) / Math.max(1, shape.length)
      return {
        id: a.place,
        name: a.name,
        path: `M${shape.map((v) => `${v.x} ${v.y}`).join('L')}Z`,
        x: middle('x'),
        y: middle('y'),
        hot: hot.has(a.place),
      }
    }),
    at: at ? { x: at.x, y: at.y } : null,
  }
}

/** The drawing as a data address, so that a saved sheet needs nothing else. */
async function picture(plan: Plan, signal: AbortSignal): Promise<string> {
  const answer = await fetch(`/api/v1/sites/${plan.station}/drawings/${plan.drawing?.hash}`, {
    credentials: 'same-origin',
    signal,
  })
  if (!answer.ok) return ''
  const blob = await answer.blob()
  return new Promise((resolve) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => resolve('')
    reader.readAsDataURL(blob)
  })
}
