// A station with many officers for the bench of the roster board: the station of
// the demo that has a roster, several times over, brought in through the console's
// own API as an installer would: registers, leave, a roster that is published, and
// a draft of a month of it with some edits, so that the board has differences.

const DAY = 86_400_000
const addDays = (day, n) => new Date(Date.parse(`${day}T00:00:00Z`) + n * DAY).toISOString().slice(0, 10)

/** Asks a console; an answer that is no success ends it. */
export async function signedIn(url, username, password = 'guardroom-demo') {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
  const ask = async (path, body, method = body === undefined ? 'GET' : 'POST') => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 400)}`)
    const cookie = answer.headers.getSetCookie().map((c) => c.split(';')[0])
    if (cookie.length > 0) headers.Cookie = cookie.join('; ')
    return text === '' ? undefined : JSON.parse(text)
  }
  await ask('/session', { username, password })
  return ask
}

/** The station and the draft to measure, made when they are not there yet. */
export async function crew(url, ask, officers, days) {
  const { items: stations } = await ask('/stations')
  const registers = await Promise.all(stations.map(({ id }) => ask(`/rosters/${id}`)))
  const known = stations.findIndex((_, i) => registers[i].officers.length === officers)
  if (known >= 0) {
    const { items } = await ask(`/rosters/${stations[known].id}/drafts`)
    const draft = items.find((d) => d.name === `Bench of ${days} days`)
    if (draft) return { station: stations[known].id, draft: draft.id, from: draft.from, until: draft.until }
  }
  const pattern = registers.reduce((most, r, i) => (r.officers.length > registers[most].officers.length ? i : most), 0)
  if (registers[pattern].officers.length === 0) throw new Error('the console needs a station with a roster')
  const free = stations.find((_, i) => registers[i].officers.length === 0)
  const bench = { id: 'bench', name: 'Bench', time_zone: stations[pattern].time_zone }
  const { id } = free ?? (await (await signedIn(url, 'admin'))('/stations', bench))
  return made(ask, stations[pattern].id, registers[pattern], id, officers, days)
}

async function made(ask, source, register, station, officers, days) {
  const people = register.officers.map(({ item }) => item)
  const times = Math.ceil(officers / people.length)
  const copies = Array.from({ length: times }, (_, k) => k)
  const kept = copies.flatMap((k) => people.map((o, i) => ({ o, i, k }))).slice(0, officers)
  const here = new Set(kept.map(({ o, k }) => `${o.id}-${k}`))
  const { items: told } = await ask(`/rosters/${source}/publications`)
  const whole = [...told].sort((a, b) => b.until.localeCompare(a.until) || a.number - b.number)[0]
  const { from, until } = whole
  const roster = await ask(`/rosters/${source}/roster?from=${from}&until=${until}`)
  const worked = roster.cells.filter((c) => c.duties.length > 0)
  const manned = (k) =>
    new Set(worked.filter((c) => here.has(`${c.officer}-${k}`)).flatMap((c) => c.duties.map((d) => d.post)))
  await ask(`/rosters/${station}/shift-types`, {
    items: register.shift_types.map(({ item }) => ({ version: 0, item })),
  })
  await ask(`/rosters/${station}/holidays`, { items: register.holidays.map(({ item }) => ({ version: 0, item })) })
  await ask(`/rosters/${station}/officers`, {
    items: kept.map(({ o, i, k }) => ({ version: 0, item: twin(people, o, i, k, station) })),
  })
  const posts = copies.flatMap((k) => {
    const wanted = manned(k)
    return register.posts.filter(({ item }) => wanted.has(item.id)).map(({ item }) => twinPost(item, k))
  })
  await ask(`/rosters/${station}/posts`, { items: posts.map((item) => ({ version: 0, item })) })
  await ask(`/rosters/${station}/rules`, { items: register.rules.map(({ item }) => ({ version: 0, item })) })
  const away = await ask(`/rosters/${source}/absences?from=${from}&until=${until}`)
  for (const [path, list] of [
    ['leave', away.leave],
    ['requests', away.requests],
  ])
    for (const { item } of list)
      for (const k of copies)
        if (here.has(`${item.officer}-${k}`))
          await ask(`/rosters/${station}/${path}`, {
            version: 0,
            item: { ...item, id: `${item.id}-${k}`, officer: `${item.officer}-${k}` },
          })
  const cells = copies.flatMap((k) =>
    worked
      .filter((c) => here.has(`${c.officer}-${k}`))
      .map((c) => ({
        officer: `${c.officer}-${k}`,
        date: c.date,
        version: 0,
        duties: c.duties.map(({ shift, post }) => ({ shift, post: post && `${post}-${k}` })),
      })),
  )
  const base = await ask(`/rosters/${station}/drafts`, { name: 'Whole', from, until, copy: 'empty' })
  const path = `/rosters/${station}/drafts/${base.id}`
  for (let i = 0; i < cells.length; i += 4000)
    await ask(`${path}/edits`, { what: 'copy', cells: cells.slice(i, i + 4000) })
  const { problems } = await ask(path)
  const open = problems.filter((v) => v.level === 'exception' && !v.approval).map((v) => v.key)
  for (let i = 0; i < open.length; i += 4000)
    await ask(`${path}/approvals`, { violations: open.slice(i, i + 4000), reason: 'Recruitment is under way' })
  const preview = await ask(`${path}/publication`)
  await ask(`${path}/publication`, { version: preview.draft.version, number: preview.number })
  const last = addDays(from, days - 1)
  const draft = await ask(`/rosters/${station}/drafts`, { name: `Bench of ${days} days`, from, until: last })
  await ask(`/rosters/${station}/drafts/${draft.id}/edits`, { cells: someChanges(cells.filter((c) => c.date <= last)) })
  return { station, draft: draft.id, from, until: last }
}

const twin = (people, o, i, k, station) => {
  const family = people[(i + 53 * k) % people.length].name.split(' ').pop()
  return {
    ...o,
    id: `${o.id}-${k}`,
    badge: `${o.badge}${k}`,
    name: `${o.name.split(' ')[0]} ${family}`,
    unit: `${o.unit}${k > 0 ? ` ${k + 1}` : ''}`,
    home_station: o.home_station === 'geneva' ? 'geneva' : station,
    user: '',
  }
}

const twinPost = (p, k) => ({
  ...p,
  id: `${p.id}-${k}`,
  name: k > 0 ? `${p.name} (${k + 1})` : p.name,
  lane: p.lane && `${p.lane}-${k}`,
  paired_with: p.paired_with && `${p.paired_with}-${k}`,
})

/** One cell in a hundred is cleared or worked at night instead. */
const someChanges = (cells) =>
  cells
    .filter((_, i) => i % 97 === 5)
    .map((c, i) => ({ ...c, version: 1, duties: i % 2 ? [] : c.duties.map((d) => ({ ...d, shift: 'N' })) }))
