// The pages of the rail: where, by which key, and who may open them.
import {
  IconBell,
  IconBellOff,
  IconBuildingSkyscraper,
  IconChartBar,
  IconClipboardList,
  IconDevices,
  IconDoor,
  IconEye,
  IconFileSearch,
  IconFlame,
  IconHistory,
  IconHistoryToggle,
  IconId,
  IconListDetails,
  IconMap2,
  IconPlugOff,
  IconRoute,
  IconUsers,
  IconVideo,
} from '@tabler/icons-react'
import type { Permission } from '../contract'

export const pages = [
  { to: '/control', name: 'control', icon: IconBell, needs: ['alarms.read'] },
  { to: '/fire', name: 'fire', icon: IconFlame, needs: ['sites.read'] },
  { to: '/registers', name: 'registers', icon: IconPlugOff, needs: ['sites.read'] },
  { to: '/plans', name: 'plans', icon: IconMap2, needs: ['sites.read'] },
  { to: '/stations', name: 'stations', icon: IconBuildingSkyscraper, needs: ['sites.read', 'alarms.read'] },
  { to: '/watch', name: 'watch', icon: IconEye, needs: ['alarms.read'] },
  { to: '/doors', name: 'doors', icon: IconDoor, needs: ['devices.read'] },
  { to: '/people', name: 'people', icon: IconId, needs: ['people.read'] },
  { to: '/cameras', name: 'cameras', icon: IconVideo, needs: ['cameras.watch'] },
  { to: '/devices', name: 'devices', icon: IconDevices, needs: ['devices.read'] },
  { to: '/alarms', name: 'history', icon: IconHistory, needs: ['alarms.read'] },
  { to: '/shelf', name: 'shelf', icon: IconBellOff, needs: ['alarms.read'] },
  { to: '/replay', name: 'replay', icon: IconHistoryToggle, needs: ['signals.read'] },
  { to: '/search', name: 'search', icon: IconFileSearch, needs: ['signals.read'] },
  { to: '/figures', name: 'figures', icon: IconChartBar, needs: ['figures.read'] },
  { to: '/rationale', name: 'rationale', icon: IconListDetails, needs: ['alarms.read'] },
  { to: '/rules', name: 'rules', icon: IconRoute, needs: ['alarms.read'] },
  { to: '/users', name: 'users', icon: IconUsers, needs: ['users.manage', 'tokens.manage'] },
  { to: '/audit', name: 'audit', icon: IconClipboardList, needs: ['audit.read'] },
] as const satisfies readonly { to: string; name: string; icon: unknown; needs: Permission[] }[]

export type Page = (typeof pages)[number]
