import alarms from './alarms.json'
import audit from './audit.json'
import commands from './commands.json'
import devices from './devices.json'
import doors from './doors.json'
import figures from './figures.json'
import fire from './fire.json'
import impairments from './impairments.json'
import live from './live.json'
import people from './people.json'
import rationale from './rationale.json'
import replay from './replay.json'
import rules from './rules.json'
import session from './session.json'
import shell from './shell.json'
import sites from './sites.json'
import users from './users.json'
import watch from './watch.json'

type Catalogue = { [key: string]: string | Catalogue }

/** One catalogue of many: a group such as "kind" or "error" may have words in the file of each noun. */
function joined(...parts: object[]): Catalogue {
  const all: Catalogue = {}
  for (const part of parts as Catalogue[]) {
    for (const [key, words] of Object.entries(part)) {
      const there = all[key]
      all[key] = typeof words === 'object' && typeof there === 'object' ? joined(there, words) : words
    }
  }
  return all
}

export default joined(
  shell,
  doors,
  people,
  live,
  session,
  alarms,
  devices,
  commands,
  users,
  audit,
  watch,
  figures,
  rationale,
  rules,
  replay,
  fire,
  impairments,
  sites,
)
