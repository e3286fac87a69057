import alarms from './alarms.json'
import audit from './audit.json'
import commands from './commands.json'
import devices from './devices.json'
import live from './live.json'
import session from './session.json'
import shell from './shell.json'
import users from './users.json'

export default { ...shell, ...live, ...session, ...alarms, ...devices, ...commands, ...users, ...audit }
