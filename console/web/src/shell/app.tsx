// From a closed page to a manned desk: who is it, may they, which station.
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sound } from '../alarms/siren'
import { ask, forgetAhead, onSessionRefused, Refusal } from '../ask'
import type { Session, Station } from '../contract'
import { refusalWords } from '../i18n/words'
import { clock, stream } from '../live'
import { ALL, type Desk, DeskContext, permits } from '../session/desk'
import { useRights } from '../session/rights'
import { FrameAhead } from './frame-ahead'
import { mantineTheme, mantineVariables } from './mantine'
import { router } from './router'
import { useTheme } from './use-theme'

const SignIn = lazy(() => import('../session/sign-in'))
const NewPassword = lazy(() => import('../session/password'))

const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 10_000, refetchOnWindowFocus: false, retry: (n, fault) => n < 2 && worthTrying(fault) },
  },
})

function worthTrying(fault: unknown): boolean {
  return !(fault instanceof Refusal) || fault.problem.status === 0 || fault.problem.status >= 500
}

export function App() {
  const theme = useTheme()
  return (
    <MantineProvider theme={mantineTheme} cssVariablesResolver={mantineVariables} forceColorScheme={theme}>
      <QueryClientProvider client={queries}>
        <Suspense fallback={<FrameAhead />}>
          <Door />
        </Suspense>
      </QueryClientProvider>
    </MantineProvider>
  )
}

/** Asks who is here, and lets them in. */
function Door() {
  const client = useQueryClient()
  const { t } = useTranslation()
  const session = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      try {
        const got = await ask<Session>('/session')
        clock.sample(got.server_time)
        return got
      } catch (fault) {
        if (fault instanceof Refusal && fault.code === 'unauthenticated') return null
        throw fault
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: (query) => (query.state.status === 'error' ? 3_000 : false),
  })
  useEffect(
    () =>
      onSessionRefused((code) => {
        if (code === 'unauthenticated') client.setQueryData(['session'], null)
        else void client.invalidateQueries({ queryKey: ['session'] })
      }),
    [client],
  )
  const entered = (s: Session) => {
    forgetAhead()
    client.removeQueries({ predicate: (q) => q.queryKey[0] !== 'session' && q.queryKey[0] !== 'about' })
    clock.sample(s.server_time)
    client.setQueryData(['session'], s)
  }

  if (session.data === null) return <SignIn onSession={entered} />
  if (!session.data) {
    return session.error ? (
      <Outside>
        <h1>{t('session.not_reached')}</h1>
        <p role="alert">{refusalWords(t, session.error)}</p>
        <p className="dim">{t('session.trying')}</p>
      </Outside>
    ) : (
      <FrameAhead />
    )
  }
  if (session.data.user.must_change_password)
    return <NewPassword session={session.data} onDone={() => void session.refetch()} />
  return <Inside session={session.data} />
}

function Outside({ children }: { children: ReactNode }) {
  return (
    <div className="sign-in">
      <main>{children}</main>
    </div>
  )
}

/** The zone in which a desk of several stations reads: theirs where they share one, else UTC. */
function zoneOfAll(stations: readonly Station[]): string {
  const zones = new Set(stations.map((s) => s.time_zone))
  return (zones.size === 1 && stations[0]?.time_zone) || 'UTC'
}

function Inside({ session }: { session: Session }) {
  const [chosen, choose] = useState(() => new URLSearchParams(location.search).get('station') ?? ALL)
  const client = useQueryClient()
  useEffect(() => {
    stream.start()
    sound.start()
    return () => {
      sound.stop()
      stream.stop()
    }
  }, [])
  useRights()
  // After the link was lost, anything that was read before may have changed.
  useEffect(() => {
    let was = stream.link.up
    return stream.subscribe(() => {
      if (stream.link.up && !was) {
        void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' })
        void client.invalidateQueries({ queryKey: ['session'] })
      }
      was = stream.link.up
    })
  }, [client])
  const desk = useMemo<Desk>(() => {
    const stations = session.stations ?? []
    const only = stations.length === 1 ? stations[0] : undefined
    const station = only ? only.id : stations.some((s) => s.id === chosen) ? chosen : ALL
    const zone = stations.find((s) => s.id === station)?.time_zone || zoneOfAll(stations)
    return {
      session,
      station,
      stations,
      zone,
      choose,
      may: (permission, at) => permits(session.permissions, permission, at),
    }
  }, [session, chosen])
  sound.supervises = (at) => desk.may('watch.supervise', at)
  return (
    <DeskContext value={desk}>
      <RouterProvider router={router} />
    </DeskContext>
  )
}
