// The words of pages that nobody opens in a hurry: they are loaded with the page.
import audit from './audit.json'
import editors from './editors.json'
import { joined } from './joined'
import users from './users.json'

export default joined(audit, editors, users)
