// A make-believe duty station for work on the screens: devices, points, and the
// alarms that a busy morning leaves.
const gateway = 'gw-nairobi'
const station = 'unon'
let count = 0
export const id = () => `01990000-0000-7000-8000-${String(++count).padStart(12, '0')}`

const point = (device, local, name, more) => ({
  id: `${gateway}/${device}.${local}`,
  device: `${gateway}/${device}`,
  station,
  name,
  type: 'enum',
  unit: '',
  verbs: [],
  priority: 0,
  location: '',
  priorities: {},
  commands_allowed: false,
  reading: null,
  ...more,
})
const device = (local, name, profile, location, line, points) => ({
  id: `${gateway}/${local}`,
  gateway,
  station,
  device: local,
  name,
  profile,
  category: profile.split('/')[0],
  location,
  address: line,
  line,
  state: 'up',
  since: new Date(Date.now() - 7.3e6).toISOString(),
  last_heard: new Date().toISOString(),
  error: '',
  points,
})
const verb = (name, off = false) => ({ verb: name, allowed: true, off_by_default: off, needs_reason: off })

const fireStates = ['normal', 'fire', 'prealarm', 'fault', 'disabled']
const fireKinds = ['fire.alarm', 'fire.prealarm', 'fire.fault', 'fire.disablement']
const detectors = [
  'Lobby',
  'Reception',
  'Stair A',
  'Stair B',
  'Kitchen',
  'Kitchen store',
  'Canteen',
  'Server room S-014',
  'Comms S-013',
  'Office S-011',
  'Office S-012',
  'Conference S-021',
  'Conference S-022',
  'Plant room',
  'Archive',
  'Car park',
]
const zones = [
  'Block M ground',
  'Block M first',
  'Block M second',
  'Loading dock 1',
  'Loading dock 2',
  'Generator',
  'Fuel store',
  'Visitors pavilion',
  'Clinic',
  'Library',
  'Press room',
  'Workshop',
]
const doors = [
  'Gate A pedestrian',
  'Gate B turnstile',
  'Gate C vehicles',
  'Lobby main',
  'Server room S-014',
  'Loading dock 1',
  'Clinic',
  'Archive',
]
const inputs = [
  'Fence north 3',
  'Fence east 1',
  'Cash office PIR',
  'Cash office glass',
  'Roof hatch',
  'Pavilion PIR',
  'Archive PIR',
  'Store contact',
]

export function makeWorld() {
  const zone = (d) => (name, i) =>
    point(d, `L1D${i + 1}`, name, {
      states: fireStates,
      kinds: fireKinds,
      location: name.includes('S-0') ? 'Block S, level 0' : '',
    })
  const panel = (d) =>
    point(d, 'panel', 'Panel', {
      states: ['normal', 'fault', 'silenced'],
      kinds: ['panel.fault'],
      verbs: [verb('acknowledge', true), verb('silence', true), verb('reset', true)],
    })
  const door = (d, from) =>
    doors.slice(from, from + 4).map((name, i) =>
      point(d, `door${i + 1}`, name, {
        states: ['normal', 'open', 'forced', 'held', 'unlocked', 'blocked'],
        kinds: ['door.forced', 'door.held', 'access.denied'],
        verbs: ['access', 'unlock', 'lock', 'block'].map((v) => verb(v)),
        location: i % 2 ? 'Compound' : 'Perimeter',
      }),
    )
  const devices = [
    device('fire-1', 'Fire panel Block S', 'fire/honeywell-cgw-mb', 'Block S, guard room', 'tcp://10.20.1.11:502', [
      panel('fire-1'),
      ...detectors.map(zone('fire-1')),
    ]),
    device('fire-2', 'Fire panel Block M', 'fire/siemens-nk8237', 'Block M, ground', 'tcp://10.20.1.12:502', [
      panel('fire-2'),
      ...zones.map(zone('fire-2')),
    ]),
    device('intrusion-1', 'Intrusion panel', 'intrusion/integriti', 'Block A', 'tcp://10.20.1.20:502', [
      ...['Cash office', 'Archive'].map((n, i) =>
        point('intrusion-1', `area${i + 1}`, `Area ${n}`, {
          states: ['disarmed', 'armed', 'alarm'],
          kinds: ['zone.alarm'],
          verbs: [verb('arm'), verb('disarm')],
        }),
      ),
      ...inputs.map((n, i) =>
        point('intrusion-1', `input${i + 1}`, n, {
          states: ['normal', 'alarm', 'tamper', 'isolated'],
          kinds: ['zone.alarm', 'zone.tamper'],
          verbs: [verb('isolate'), verb('deisolate')],
        }),
      ),
      point('intrusion-1', 'holdup1', 'Hold-up cash office', { states: ['normal', 'panic'], kinds: ['panic'] }),
    ]),
    device('ups-1', 'UPS control room', 'power/apc-smartups', 'Block S, plant', 'tcp://10.20.1.30:502', [
      point('ups-1', 'status', 'UPS', {
        states: ['normal', 'on_battery', 'battery_low', 'overload'],
        kinds: ['power.mains_fail', 'power.battery_low'],
        verbs: [verb('test'), verb('mute')],
      }),
      point('ups-1', 'charge', 'Battery charge', { type: 'analog', unit: '%' }),
      point('ups-1', 'input', 'Input voltage', { type: 'analog', unit: 'V' }),
      point('ups-1', 'load', 'Load', { type: 'analog', unit: '%' }),
    ]),
    device('doors-1', 'Door controller gates', 'access/uhppoted', 'Gate A', 'mqtt', door('doors-1', 0)),
    device('doors-2', 'Door controller blocks', 'access/uhppoted', 'Block S', 'mqtt', door('doors-2', 4)),
  ]
  const now = new Date().toISOString()
  const values = { charge: 98, input: 231.4, load: 37 }
  for (const d of devices)
    for (const p of d.points) {
      const local = p.id.split('.').pop()
      p.reading = {
        state: p.states?.[0] ?? '',
        states: [],
        value: values[local] ?? null,
        text: '',
        quality: 'good',
        observed: now,
        source: d.line === 'mqtt' ? 'get-status' : 'holding 20000',
      }
    }
  return {
    station: { id: station, name: 'UNON Nairobi', time_zone: 'Africa/Nairobi', demo: true, fire_commands: true },
    gateways: [
      {
        id: gateway,
        station,
        name: 'Gateway Nairobi',
        state: 'online',
        since: new Date(Date.now() - 7.3e6).toISOString(),
        last_heartbeat: now,
        clock: 'synced',
        epoch: 1,
        seq: 4211,
        upto: 4211,
        depth: 0,
        lag: 0.1,
        bytes: 65536,
        dropped: 0,
        software: '0.1.0',
        read_only: false,
        demo: true,
        devices: devices.length,
        devices_lost: 0,
        session: 's1',
      },
    ],
    devices,
    points: new Map(devices.flatMap((d) => d.points).map((p) => [p.id, p])),
  }
}

export const stateKinds = {
  fire: ['fire.alarm', 1, true],
  prealarm: ['fire.prealarm', 2, false],
  fault: ['fire.fault', 3, false],
  forced: ['door.forced', 2, false],
  held: ['door.held', 3, false],
  alarm: ['zone.alarm', 2, false],
  tamper: ['zone.tamper', 3, false],
  panic: ['panic', 1, true],
  on_battery: ['power.mains_fail', 3, false],
  battery_low: ['power.battery_low', 2, false],
}

// What a busy morning looks like: device, point, state, seconds ago, acknowledged by, cleared, count.
export const busy = [
  ['fire-1', 'L1D5', 'fire', 322, 'A. Wanjiru', false, 1],
  ['fire-1', 'L1D6', 'fire', 38, '', false, 1],
  ['intrusion-1', 'holdup1', 'panic', 64, '', false, 1],
  ['doors-2', 'door1', 'forced', 97, '', false, 1],
  ['intrusion-1', 'input1', 'alarm', 141, '', false, 3],
  ['doors-2', 'door2', 'held', 190, '', false, 1],
  ['ups-1', 'status', 'on_battery', 884, 'P. Otieno', false, 1],
  ['fire-2', 'L1D4', 'fault', 1210, 'A. Wanjiru', false, 2],
  ['intrusion-1', 'input4', 'tamper', 2630, 'P. Otieno', false, 1],
  ['intrusion-1', 'input6', 'alarm', 3905, 'P. Otieno', false, 1],
  ['doors-1', 'door3', 'held', 1480, '', true, 3],
  ['fire-2', 'L1D9', 'prealarm', 1722, '', true, 1],
]
