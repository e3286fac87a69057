// A console that is not there: it speaks the contract of the API, for work on
// the screens and their browser tests. Run `npm run build`, then
//   node dev/mock.mjs [-http 8080] [-sim 8090] [-dist dist] [-busy] [-flood N] [-symbols N]
// and open http://127.0.0.1:8080, or use it behind `npm run dev`.
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize, resolve } from 'node:path'
import { alarmRoutes, fresh, shown } from './alarms.mjs'
import { changeSymbols, makePlan } from './plan.mjs'
import { busy, id, makeWorld, stateKinds } from './world.mjs'

const flag = (name, fallback) => {
  const i = process.argv.indexOf(`-${name}`)
  return i < 0 ? fallback : (process.argv[i + 1] ?? '')
}
const world = makeWorld()
const symbols = Number(flag('symbols', 0))
const planRoutes = symbols > 0 ? makePlan(world, symbols) : []
const dist = resolve(flag('dist', join(import.meta.dirname, '..', 'dist')))
const password = 'guardroom-demo'
const reads = ['alarms.read', 'devices.read', 'sites.read']
const officer = [
  ...reads,
  ...['alarms.acknowledge', 'alarms.handle', 'alarms.shelve', 'doors.command', 'panels.command', 'signals.read'],
  ...['figures.read', 'people.read', 'lockdown.command', 'wardens.write'],
]
const supervisor = [
  ...officer,
  ...['fire.command', 'alarms.shelve_long', 'alarms.remove', 'watch.supervise', 'cover.grant', 'postures.set'],
]
const roles = {
  officer,
  supervisor,
  chief: [...supervisor, 'audit.read', 'alarms.rationalise', 'watch.manage', 'people.import', 'doors.configure'],
  planner: reads,
  auditor: [...reads, 'signals.read', 'audit.read', 'figures.read'],
  technician: [...reads, 'devices.configure', 'signals.read', 'panels.command', 'alarms.remove', 'sites.edit'],
  division: [...reads, 'figures.read'],
  admin: [
    ...reads,
    ...['devices.configure', 'gateways.manage', 'users.manage', 'tokens.manage', 'stations.manage'],
    ...['audit.read', 'signals.read', 'sites.edit', 'watch.manage', 'figures.read'],
  ],
}
const names = { officer: 'Olga Officer', supervisor: 'Sam Supervisor', chief: 'Chen Chief' }
const users = new Map(
  Object.keys(roles).map((r) => [
    r,
    {
      id: id(),
      username: r,
      name: names[r] ?? r[0].toUpperCase() + r.slice(1),
      roles: [{ role: r, station: '*' }],
      disabled: false,
      created_at: iso(-9e8),
      last_sign_in: null,
      must_change_password: false,
      version: 1,
    },
  ]),
)
const sessions = new Map()
const alarms = new Map()
const commands = new Map()
const shelf = new Map()
const keys = new Map()
const audit = []
const tokens = []
const streams = new Set()
let change = 100
let frozen = false
let doorFault = 'none'
let failed = 0

function iso(ms = 0) {
  return new Date(Date.now() + ms).toISOString()
}
const open = () => [...alarms.values()].filter((a) => a.state !== 'normal')
const tell = (event, data) => {
  if (frozen) return
  for (const s of streams) s.write(`id: ${change}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
const note = (actor, action, subject, params = {}) =>
  audit.unshift({
    change: ++change,
    index: 0,
    at: iso(),
    station: 'unon',
    actor,
    actor_name: users.get(actor)?.name ?? actor,
    address: '127.0.0.1',
    action,
    subject,

    params,
    hash: change.toString(16).padStart(64, '0'),
    previous: (change - 1).toString(16).padStart(64, '0'),
  })

function step(alarm, what, more = {}) {
  alarm.version++
  alarm.change = ++change
  alarm.history.push({
    at: more.at ?? iso(),
    what,
    by_name: more.by_name ?? '',
    comment: more.comment ?? '',
    signal: '',
    by: more.by_name ? 'u' : 'system',
    from: more.from ?? '',
    to: alarm.state,
    address: more.by_name ? '127.0.0.1' : 'gateway:gw-nairobi',
  })
  tell('alarm', { ...alarm, history: undefined })
}

function setPoint(p, state, at = 0) {
  const was = p.reading.state
  p.reading = { ...p.reading, state, states: [], observed: iso() }
  tell('point', { [p.id]: p.reading })
  const device = world.devices.find((d) => d.id === p.device)
  for (const a of open().filter((a) => a.point === p.id && !a.cleared_at && a.signal_state !== state)) {
    a.cleared_at = iso()
    a.close_needed = a.priority <= 2
    shown(a)
    step(a, 'cleared')
  }
  const kind = stateKinds[state]
  if (!kind || was === state) return undefined
  const again = open().find((a) => a.point === p.id && a.kind === kind[0])
  if (again) {
    Object.assign(again, { cleared_at: null, acknowledged: null, count: again.count + 1, last_at: iso() })
    again.chattering = again.count >= 3
    shown(again)
    step(again, 'reraised')
    return again
  }
  const first = open().find((a) => a.device === device.id && a.kind === 'fire.alarm' && kind[0] === 'fire.alarm')
  const alarm = {
    id: id(),
    station: 'unon',
    gateway: 'gw-nairobi',
    device: device.id,
    device_name: device.name,
    point: p.id,
    point_name: p.name,
    location: p.location || device.location,
    kind: kind[0],
    category: device.category,
    priority: p.priorities[kind[0]] ?? kind[1],
    life_safety: kind[2],
    state: 'unacknowledged',
    raised_at: iso(at),
    last_at: iso(at),
    received_at: iso(at + 200),
    cleared_at: null,
    count: 1,
    text: device.category === 'fire' ? `ZONE 07 ${p.name.toUpperCase()}` : '',
    signal_state: state,
    detail: {},
    acknowledged: null,
    confirmed: Boolean(first),
    first_up: first ? { alarm: first.id, point: first.point, point_name: first.point_name, at: first.raised_at } : null,
    cause: null,
    suppressed_children: 0,
    late: false,
    demo: true,
    version: 0,
    change: 0,
    history: [],
    ...fresh(p, device),
  }
  alarms.set(alarm.id, alarm)
  step(alarm, 'raised', { at: iso(at) })
  return alarm
}

function command(by, p, body) {
  const c = {
    id: id(),
    point: p.id,
    station: 'unon',
    verb: body.verb,
    arguments: {},
    reason: body.reason ?? '',
    state: 'requested',
    code: '',
    text: '',
    read_back: '',
    by: by.id,
    by_name: by.name,
    requested_at: iso(),
    deadline: iso(8000),
    finished_at: null,
    version: 1,
  }
  const settle = (state, more = {}) => {
    Object.assign(c, { state, ...more, version: c.version + 1, finished_at: state === 'sent' ? null : iso() })
    tell('command', c)
  }
  commands.set(c.id, c)
  note(by.username, 'command.requested', p.id, { verb: c.verb })
  setTimeout(() => settle('sent'), 60)
  const done = {
    unlock: 'unlocked',
    lock: 'normal',
    block: 'blocked',
    access: 'unlocked',
    arm: 'armed',
    disarm: 'disarmed',
    isolate: 'isolated',
    deisolate: 'normal',
    reset: 'normal',
  }[c.verb]
  if (doorFault === 'refuse')
    setTimeout(() => settle('refused', { code: 'device_refused', text: 'locked by interlock' }), 300)
  else if (doorFault === 'silent') setTimeout(() => settle('unknown', { code: 'no_answer' }), 4500)
  else
    setTimeout(() => {
      if (c.verb === 'reset')
        for (const q of world.devices.find((d) => d.id === p.device).points) setPoint(q, q.states[0])
      else if (done) setPoint(p, done)
      settle('confirmed', { read_back: done ?? p.reading.state })
    }, 350)
  return c
}

if (process.argv.includes('-busy')) {
  for (const [d, local, state, ago, by, cleared, n] of busy) {
    const p = world.points.get(`gw-nairobi/${d}.${local}`)
    const a = setPoint(p, state, -ago * 1000)
    a.count = n
    if (by)
      Object.assign(a, {
        acknowledged: { by, by_name: by, at: iso(-ago * 1000 + 14000), comment: '' },
        owner: ago < 900 ? { by, by_name: by, at: iso(-ago * 1000 + 14000) } : null,
      })
    if (cleared) {
      Object.assign(a, { cleared_at: iso(-60000) })
      p.reading.state = p.states[0]
    }
    shown(a)
  }
  const of = (end) => [...alarms.values()].find((a) => a.point.endsWith(end))
  Object.assign(of('input1'), { chattering: true })
  Object.assign(of('doors-2.door1'), { escalation: { level: 1, to: 'supervisor', at: iso(-20000) } })
  Object.assign(of('door2'), { owner: { by: 'another', by_name: 'P. Otieno', at: iso(-40000) } })
  const over = of('input4')
  Object.assign(over, { cleared_at: iso(-600000), close_needed: true })
  shown(over)
  const late = [...alarms.values()].find((a) => a.point.endsWith('input6'))
  late.late = true
  Object.assign(world.points.get('gw-nairobi/fire-2.L1D12').reading, { quality: 'stale' })
}
for (let i = 0; i < Number(flag('flood', 0)); i++) {
  const p = [...world.points.values()][i % world.points.size]
  const a = { ...(alarms.values().next().value ?? setPoint(world.points.get('gw-nairobi/doors-1.door1'), 'forced')) }
  Object.assign(a, {
    id: id(),
    point: p.id,
    point_name: `${p.name} ${i}`,
    kind: 'zone.alarm',
    life_safety: false,
    confirmed: false,
    first_up: null,
    priority: 2 + (i % 3),
    state: i % 3 ? 'acknowledged' : 'unacknowledged',
    beneath: i % 3 ? 'acknowledged' : 'unacknowledged',
    removed: null,
    escalation: null,
    chattering: false,
    acknowledged: i % 3 ? { by: 'x', by_name: 'P. Otieno', at: iso(-i * 4000), comment: '' } : null,
    owner: i % 6 === 1 ? { by: 'x', by_name: 'P. Otieno', at: iso(-i * 4000) } : null,
    raised_at: iso(-i * 4000),
    last_at: iso(-i * 4000),
    version: 1,
    change: ++change,
    history: [],
  })
  alarms.set(a.id, a)
}
if (flag('flood')) {
  let k = 0
  setInterval(() => {
    const all = [...alarms.values()]
    const a = all[(k * 7) % (k % 3 ? 20 : all.length)]
    k++
    const answered = k % 2 === 1
    Object.assign(a, {
      state: answered ? 'acknowledged' : 'unacknowledged',
      beneath: answered ? 'acknowledged' : 'unacknowledged',
      acknowledged: answered ? { by: 'x', by_name: 'P. Otieno', at: iso(), comment: '' } : null,
      last_at: iso(),
      version: a.version + 1,
      change: ++change,
    })
    tell('alarm', { ...a, history: undefined })
  }, 20)
}
if (symbols > 0) changeSymbols(world, tell)
setInterval(() => {
  world.gateways[0].last_heartbeat = iso()
  for (const d of world.devices) d.last_heard = iso()
  tell('gateway', world.gateways[0])
  tell('device', Object.fromEntries(world.devices.map((d) => [d.id, life(d)])))
  const volts = world.points.get('gw-nairobi/ups-1.input')
  volts.reading = { ...volts.reading, value: 230 + Math.round(Math.sin(Date.now() / 9000) * 30) / 10, observed: iso() }
  tell('point', { [volts.id]: volts.reading })
}, 5000)
setInterval(() => tell('heartbeat', { now: iso(), build: 'mock', cursor: String(change) }), 2000)
const life = (d) => ({ state: d.state, since: d.since, last_heard: d.last_heard, error: d.error })

class Refused extends Error {
  constructor(status, code, params = {}) {
    super(code)
    Object.assign(this, { status, code, params })
  }
}
const session = (user) => ({
  user,
  roles: user.roles,
  permissions: { '*': roles[user.roles[0]?.role] ?? [] },
  stations: [world.station],
  expires_at: iso(4e7),
  demo: true,
  server_time: iso(),
  build: 'mock',
  must_change_password: user.must_change_password,
})
const list = (items, url) => {
  const limit = Number(url.searchParams.get('limit') ?? 100)
  const at = Number(url.searchParams.get('cursor') ?? 0)
  return { items: items.slice(at, at + limit), next: at + limit < items.length ? String(at + limit) : '' }
}

const routes = [
  ...planRoutes,
  ['GET', /^about$/, () => ({ name: 'Guardroom', demo: true, build: 'mock', accounts: Object.keys(roles) })],
  [
    'POST',
    /^session$/,
    ({ body, res }) => {
      const user = users.get(body.username)
      if (failed >= 4)
        throw new Refused(429, 'too_many_attempts', {
          retry_after: 5,
          ...(setTimeout(() => {
            failed = 0
          }, 5000) && {}),
        })
      if (!user || user.disabled || body.password !== (user.secret ?? password)) {
        failed++
        throw new Refused(401, 'unauthenticated')
      }
      const token = id()
      failed = 0
      sessions.set(token, user)
      user.last_sign_in = iso()
      note(user.username, 'session.signed_in', user.username)
      res.setHeader('Set-Cookie', `guardroom_session=${token}; HttpOnly; SameSite=Strict; Path=/`)
      return session(user)
    },
  ],
  ['GET', /^session$/, ({ by }) => session(by)],
  [
    'DELETE',
    /^sessions?$/,
    ({ token }) => {
      sessions.delete(token)
    },
  ],
  [
    'POST',
    /^session\/password$/,
    ({ by, body }) => {
      by.secret = body.new
      by.must_change_password = false
    },
  ],
  ['GET', /^stations$/, ({ url }) => list([world.station], url)],
  ['GET', /^gateways$/, ({ url }) => list(world.gateways, url)],
  [
    'POST',
    /^gateways$/,
    ({ body, by }) => {
      const g = { ...world.gateways[0], ...body, state: 'never_seen', since: null, last_heartbeat: null, devices: 0 }
      world.gateways.push(g)
      note(by.username, 'gateway.added', g.id)
      tell('gateway', g)
      return [201, { gateway: g, credential: 'gwc_3vP9dEXAMPLEonlyForTheMock' }]
    },
  ],
  ['POST', /^gateways\/([^/]+)\/credential$/, () => ({ credential: 'gwc_rotatedEXAMPLE' })],
  ['GET', /^devices$/, ({ url }) => list(world.devices, url)],
  ['PATCH', /^points\/(.+)$/, ({ match, body }) => Object.assign(world.points.get(decodeURIComponent(match[1])), body)],
  [
    'POST',
    /^points\/(.+)\/commands$/,
    ({ match, body, by, req }) => {
      const key = req.headers['idempotency-key']
      if (keys.has(key)) return [202, keys.get(key)]
      const p = world.points.get(decodeURIComponent(match[1]))
      if (!p) throw new Refused(404, 'not_found')
      const c = command(by, p, body)
      keys.set(key, c)
      return [202, c]
    },
  ],
  [
    'GET',
    /^commands$/,
    ({ url }) => list([...commands.values()].filter((c) => c.point === url.searchParams.get('point')).reverse(), url),
  ],
  [
    'GET',
    /^alarms$/,
    ({ url }) => {
      const state = url.searchParams.get('state')
      const closing = url.searchParams.get('closing') === 'true'
      const opened = (a) => ['unacknowledged', 'acknowledged', 'returned'].includes(a.state)
      const fits = (a) =>
        (closing ? a.state === 'normal' && a.close_needed && !a.closed : state ? a.state === state : opened(a)) &&
        (!url.searchParams.get('kind') || a.kind === url.searchParams.get('kind'))
      return list([...alarms.values()].filter(fits).reverse(), url)
    },
  ],
  [
    'GET',
    /^alarms\/([^/]+)$/,
    ({ match }) =>
      alarms.get(match[1]) ??
      (() => {
        throw new Refused(404, 'not_found')
      })(),
  ],
  ...alarmRoutes({ alarms, shelf, step, tell, note, iso, id, Refused, list: (items, url) => list(items, url) }),
  [
    'GET',
    /^rationale\/of$/,
    () => ({
      cause: 'The door was opened without a card, or its contact failed.',
      consequence: 'Somebody may be inside.',
      response: 'Look at the camera, send the nearest patrol, close the door.',
      respond_within: 60,
      finish_within: 900,
      cameras: ['C-14'],
      procedure: 'SOP-12',
    }),
  ],
  ['GET', /^users$/, ({ url }) => list([...users.values()], url)],
  [
    'POST',
    /^users$/,
    ({ body }) => {
      if (users.has(body.username)) throw new Refused(422, 'invalid', { field: 'username', reason: 'is taken' })
      const user = {
        id: id(),
        disabled: false,
        created_at: iso(),
        last_sign_in: null,
        version: 1,
        must_change_password: true,
        secret: 'one-time-7Q4K',
        ...body,
      }
      users.set(body.username, user)
      return [201, { user, one_time_password: user.secret }]
    },
  ],
  [
    'PATCH',
    /^users\/([^/]+)$/,
    ({ match, body }) =>
      Object.assign(
        [...users.values()].find((u) => u.id === match[1]),
        body,
      ),
  ],
  ['POST', /^users\/([^/]+)\/password$/, () => ({ one_time_password: 'one-time-9X2M' })],
  ['GET', /^tokens$/, ({ url }) => list(tokens, url)],
  [
    'POST',
    /^tokens$/,
    ({ body }) => {
      const info = { id: id(), ...body }
      tokens.push(info)
      return [201, { token_info: info, token: 'grt_EXAMPLE' }]
    },
  ],
  [
    'DELETE',
    /^tokens\/([^/]+)$/,
    ({ match }) => {
      tokens.splice(
        tokens.findIndex((x) => x.id === match[1]),
        1,
      )
    },
  ],
  ['GET', /^audit$/, ({ url }) => list(audit, url)],
  ['GET', /^audit\/verify$/, () => ({ ok: true, entries: audit.length })],
  [
    'GET',
    /^live$/,
    ({ req, res }) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
      const snapshot = {
        alarms: open().map((a) => ({ ...a, history: undefined })),
        points: Object.fromEntries([...world.points].map(([k, p]) => [k, p.reading])),
        gateways: world.gateways,
        devices: Object.fromEntries(world.devices.map((d) => [d.id, life(d)])),
        commands: [...commands.values()].filter((c) => !c.finished_at),
        things: { shelf: [...shelf.values()] },
        server_time: iso(),
        cursor: String(change),
      }
      if (!frozen)
        res.write(
          `id: ${change}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\nevent: heartbeat\ndata: ${JSON.stringify({ now: iso(), build: 'mock', cursor: '' })}\n\n`,
        )
      streams.add(res)
      req.on('close', () => streams.delete(res))
      return null
    },
  ],
]

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const page = (res, path) => {
  const file = join(dist, normalize(path))
  const found = path !== '/' && existsSync(file) && statSync(file).isFile()
  res.setHeader('Content-Type', types[extname(found ? file : 'index.html')] ?? 'application/octet-stream')
  res.setHeader(
    'Content-Security-Policy',
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  )
  createReadStream(found ? file : join(dist, 'index.html')).pipe(res)
}
const read = async (req) => {
  let text = ''
  for await (const part of req) text += part
  return text ? JSON.parse(text) : {}
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://localhost')
  if (!url.pathname.startsWith('/api/v1/')) return page(res, url.pathname)
  const path = url.pathname.slice('/api/v1/'.length)
  const say = (status, body) =>
    res
      .writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' })
      .end(body === undefined ? '' : JSON.stringify(body))
  try {
    const token = /guardroom_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
    const by = sessions.get(token)
    for (const [method, pattern, act] of routes) {
      const match = method === req.method && pattern.exec(path)
      if (!match) continue
      if (!by && path !== 'about' && !(path === 'session' && method === 'POST'))
        throw new Refused(401, 'unauthenticated')
      const body = method === 'POST' || method === 'PATCH' ? await read(req) : {}
      const got = act({ req, res, url, match, body, by, token })
      if (got === null) return
      return Array.isArray(got) ? say(got[0], got[1]) : say(got === undefined ? 204 : 200, got)
    }
    throw new Refused(404, 'not_found')
  } catch (fault) {
    say(fault.status ?? 500, {
      type: 'about:blank',
      title: fault.code ?? 'internal',
      status: fault.status ?? 500,
      detail: String(fault.message),
      code: fault.code ?? 'internal',
      params: fault.params ?? {},
    })
  }
})

// The control interface of the simulators, as the real ones have it.
const sim = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://localhost')
  const say = (status, body) => res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  const body = req.method === 'POST' ? await read(req) : {}
  const at = /^\/sim\/v1\/devices\/([^/]+)\/points\/([^/]+)$/.exec(url.pathname)
  const fault = /^\/sim\/v1\/devices\/([^/]+)\/faults$/.exec(url.pathname)
  if (at) {
    const p = world.points.get(`gw-nairobi/${at[1]}.${at[2]}`)
    if (!p) return say(404, { error: 'no such point' })
    setPoint(p, body.state === 'normal' ? p.states[0] : body.state)
    return say(200, {})
  }
  if (fault) {
    doorFault = body.fault
    return say(200, {})
  }
  if (url.pathname === '/sim/v1/normal') {
    for (const p of world.points.values())
      if (p.states?.[0] && p.reading.state !== p.states[0]) setPoint(p, p.states[0])
    return say(200, {})
  }
  if (url.pathname === '/mock/freeze') {
    frozen = body.on
    return say(200, {})
  }
  if (url.pathname === '/sim/v1/devices')
    return say(200, {
      devices: world.devices.map((d) => ({
        id: d.device,
        profile: d.profile,
        address: d.address,
        points: d.points.map((p) => ({
          id: p.id.split('.').pop(),
          name: p.name,
          state: p.reading.state,
          states: p.states ?? [],
        })),
      })),
    })
  say(404, { error: 'not here' })
})
for (const s of [server, sim]) s.keepAliveTimeout = 1000
server.listen(Number(flag('http', 8080)), '127.0.0.1', () =>
  sim.listen(Number(flag('sim', 8090)), '127.0.0.1', () =>
    process.stdout.write(
      `READY ${JSON.stringify({ http: `http://127.0.0.1:${server.address().port}`, sim: `http://127.0.0.1:${sim.address().port}` })}\n`,
    ),
  ),
)
