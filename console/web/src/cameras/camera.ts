// Cameras as the console says them, and how their pictures stand now.
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useMemo } from 'react'
import type { components } from '../api.d.ts'
import { ask, everything, Refusal } from '../ask'
import { refusalWords } from '../i18n/words'
import { useThings } from '../live'
import { ALL, useDesk } from '../session/desk'

type Schemas = components['schemas']

export type Camera = Schemas['VideoCamera']
export type CameraState = Schemas['CameraState']
export type AlarmCameras = Schemas['AlarmCameras']
export type AlarmCamera = Schemas['AlarmCamera']
export type Preset = Schemas['CameraPreset']
export type Lease = Schemas['PTZLease']
export type Timeline = Schemas['CameraTimeline']
export type Bookmark = Schemas['CameraBookmark']
export type Clip = Schemas['CameraExport']
export type CameraSettings = Schemas['CameraSettings']
export type Person = Schemas['CameraPerson']
export type Wall = Schemas['VideoWall']

/** main is the sharp picture, sub the small one for tiles. */
export type StreamName = 'main' | 'sub'

/** A camera's address in the API. */
export const pathOf = (id: string, rest = ''): string => `/cameras/${encodeURIComponent(id)}${rest}`

/** The cameras that this officer may know of, by number; of one station, or of all. */
export function useCameras(station: string): UseQueryResult<Camera[]> {
  const { may } = useDesk()
  const known = useThings<CameraState>('camera')
    .map((c) => c.id)
    .sort()
    .join(' ')
  return useQuery({
    queryKey: ['cameras', station, known],
    queryFn: ({ signal }) => everything<Camera>('/cameras', { station: station === ALL ? undefined : station }, signal),
    enabled: station !== '' && may('cameras.watch', station === ALL ? undefined : station),
    placeholderData: (before) => before,
    staleTime: 30_000,
  })
}

/** How each camera is now, by id. */
export function useStates(): Map<string, CameraState> {
  const all = useThings<CameraState>('camera')
  return useMemo(() => new Map(all.map((c) => [c.id, c])), [all])
}

/** The camera with its newest state. */
export const withState = (camera: Camera, states: Map<string, CameraState>): CameraState =>
  states.get(camera.id) ?? camera.state

/** Where a camera stands, as far as anybody said. */
export const placeOf = (camera: Camera): string =>
  [...new Set([camera.location, camera.area_name].filter(Boolean))].join(' · ')

/** What plans, doors and texts call a camera: its number, or its whole id. */
export const isCalled = (camera: Camera, name: string): boolean => camera.number === name || camera.id === name

/** The cameras of an alarm, the most telling first. */
export function useAlarmCameras(alarm: string | undefined, station: string | undefined): UseQueryResult<AlarmCameras> {
  const { may } = useDesk()
  return useQuery({
    queryKey: ['alarm-cameras', alarm],
    queryFn: ({ signal }) => ask<AlarmCameras>(`/alarms/${encodeURIComponent(alarm ?? '')}/cameras`, { signal }),
    enabled: alarm !== undefined && may('cameras.watch', station),
    staleTime: 15_000,
  })
}

/** What the console refused about a camera, and why. */
export function cameraRefusal(t: TFunction, fault: unknown): string {
  const params = fault instanceof Refusal ? fault.problem.params : undefined
  const reason = typeof params?.reason === 'string' ? params.reason : ''
  const known = reason && t(`cameras.refused.${reason}`, { ...params, defaultValue: '' })
  return known || refusalWords(t, fault)
}

/** Why there is no picture, in words. */
export function faultWords(t: TFunction, state: Pick<CameraState, 'fault' | 'fault_text'>): string {
  if (!state.fault) return ''
  const words = t(`cameras.fault.${state.fault}`, { defaultValue: '' })
  return words || t('cameras.fault_unknown', { code: state.fault, detail: state.fault_text })
}
