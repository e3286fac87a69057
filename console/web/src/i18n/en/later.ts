// The words of pages that nobody opens in a hurry: they are loaded with the page.
import audit from './audit.json'
import configuration from './configuration.json'
import duty from './duty.json'
import editors from './editors.json'
import { joined } from './joined'
import rosters from './rosters.json'
import users from './users.json'

export default joined(audit, configuration, duty, editors, rosters, users)
