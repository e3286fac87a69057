// The pages of the rail: where, by which key, and who may open them.
import { IconBell, IconClipboardList, IconDevices, IconHistory, IconUsers } from '@tabler/icons-react'
import type { Permission } from '../contract'

export const pages = [
  { to: '/control', name: 'control', icon: IconBell, needs: ['alarms.read'] },
  { to: '/devices', name: 'devices', icon: IconDevices, needs: ['devices.read'] },
  { to: '/alarms', name: 'history', icon: IconHistory, needs: ['alarms.read'] },
  { to: '/users', name: 'users', icon: IconUsers, needs: ['users.manage', 'tokens.manage'] },
  { to: '/audit', name: 'audit', icon: IconClipboardList, needs: ['audit.read'] },
] as const satisfies readonly { to: string; name: string; icon: unknown; needs: Permission[] }[]

export type Page = (typeof pages)[number]
