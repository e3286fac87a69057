import alarms from './alarms.json'
import cameras from './cameras.json'
import commands from './commands.json'
import devices from './devices.json'
import doors from './doors.json'
import figures from './figures.json'
import fire from './fire.json'
import impairments from './impairments.json'
import { joined } from './joined'
import live from './live.json'
import people from './people.json'
import rationale from './rationale.json'
import replay from './replay.json'
import rules from './rules.json'
import session from './session.json'
import shell from './shell.json'
import sites from './sites.json'
import watch from './watch.json'

export default joined(
  shell,
  doors,
  people,
  live,
  session,
  alarms,
  devices,
  commands,
  watch,
  figures,
  rationale,
  rules,
  replay,
  fire,
  impairments,
  sites,
  cameras,
)
