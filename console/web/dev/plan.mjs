// A make-believe level with many symbols, whose states change fifty times a
// second: for dev/smooth.mjs -symbols N.
const building = 'b-1'
export const level = 'l-1'
export const path = `/plans/${building}/${level}`
const device = 'gw-nairobi/symbols'
const states = ['normal', 'active', 'fault', 'tamper']

/** Puts n detectors on a level of the world, and returns the routes of the plan. */
export function makePlan(world, n) {
  const like = world.devices.find((d) => d.category === 'intrusion')
  const template = like.points.find((p) => p.type === 'enum')
  const points = Array.from({ length: n }, (_, i) => ({
    ...template,
    id: `${device}.s${i}`,
    device,
    name: `Detector ${i + 1}`,
    location: 'Block S',
    states: undefined,
    reading: { ...template.reading, state: 'normal', quality: 'good' },
  }))
  world.devices.push({ ...like, id: device, device: 'symbols', name: 'Symbols', points })
  for (const p of points) world.points.set(p.id, p)
  const station = world.station.id
  const place = (id, kind, name, parent) => ({ id, station, kind, name, parent, note: '', position: 0, version: 1 })
  const across = Math.ceil(Math.sqrt((n * 16) / 9))
  const site = {
    station,
    version: 1,
    places: [
      place('p-1', 'premises', 'Compound', ''),
      place(building, 'building', 'Block S', 'p-1'),
      place(level, 'level', 'Ground floor', building),
    ],
    cameras: [],
    plans: [{ level, version: 1, points: n, cameras: 0, areas: 0 }],
    points: points.map((p) => ({ point: p.id, place: level })),
  }
  const plan = {
    ...{ level, station, version: 1, width: 160, height: 90, scale: 0, note: '', drawing: null },
    ...{ areas: [], cameras: [], labels: [] },
    ...{ saved_at: new Date().toISOString(), saved_by: 'x', saved_by_name: 'P. Otieno' },
    points: points.map((p, i) => ({
      ...{ point: p.id, place: level, rotation: 0 },
      x: 4 + ((i % across) * 152) / across,
      y: 4 + (Math.floor(i / across) * 82) / Math.ceil(n / across),
    })),
  }
  return [
    ['GET', /^sites\/[^/]+$/, () => site],
    ['GET', /^plans\/[^/]+$/, () => plan],
  ]
}

/** Changes the state of one symbol after the other, fifty times a second. */
export function changeSymbols(world, tell) {
  const points = [...world.points.values()].filter((p) => p.device === device)
  let k = 0
  setInterval(() => {
    const p = points[(k * 7) % points.length]
    const state = states[Math.floor((k++ * 7) / points.length) % states.length]
    p.reading = { ...p.reading, state, observed: new Date().toISOString() }
    tell('point', { [p.id]: p.reading })
  }, 20)
}
