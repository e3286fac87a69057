// What the make-believe console does with an alarm: the routes of the alarm
// desk and of the shelf, as the real one answers them.

const life = new Set(['fire.alarm', 'fire.evacuation', 'medical.alarm', 'duress', 'panic'])

/** The fields that an alarm has beside what a signal says. */
export const fresh = (point, device) => {
  const [building, area] = (point.location || device.location || '').split(', ')
  return {
    beneath: 'unacknowledged',
    removed: null,
    owner: null,
    escalation: null,
    close_needed: false,
    closed: null,
    area: area ? `${building}/${area}` : '',
    area_name: area ?? '',
    building: building ?? '',
    building_name: building ?? '',
    chattering: false,
    on_test: false,
    finish_at: null,
  }
}

/** The state to show: what lies over it, else what it is. */
export function shown(alarm) {
  const normal = Boolean(alarm.cleared_at)
  alarm.beneath = alarm.acknowledged ? (normal ? 'normal' : 'acknowledged') : normal ? 'returned' : 'unacknowledged'
  alarm.state = alarm.removed ? alarm.removed.mode : alarm.beneath
}

/** desk: {alarms, shelf, step, tell, note, iso, id, Refused} of the console. */
export function alarmRoutes(desk) {
  const { alarms, shelf, step, tell, note, iso, id, Refused, list } = desk

  const find = (key) => {
    const alarm = alarms.get(key)
    if (!alarm) throw new Refused(404, 'not_found')
    return alarm
  }
  const current = (alarm, version) => {
    if (version < alarm.version) throw new Refused(409, 'stale', { version: alarm.version, current: alarm })
  }
  const answer = (alarm, by, comment = '') => {
    if (alarm.acknowledged) return
    alarm.acknowledged = { by: by.id, by_name: by.name, at: iso(), comment }
    shown(alarm)
    step(alarm, 'acknowledged', { by_name: by.name, comment })
    note(by.username, 'alarm.acknowledged', alarm.id)
  }
  const own = (alarm, by, what) => {
    if (alarm.owner?.by === by.id) return
    alarm.owner = { by: by.id, by_name: by.name, at: iso() }
    step(alarm, what, { by_name: by.name })
  }
  const free = (alarm, by, over = false) => {
    if (alarm.owner && alarm.owner.by !== by.id && !over)
      throw new Refused(409, 'conflict', { reason: 'owned', owner: alarm.owner })
  }
  const end = (entry, why, by) => {
    shelf.delete(entry.id)
    tell('shelf', { ...entry, gone: true })
    const alarm = alarms.get(entry.alarm)
    if (!alarm) return
    alarm.removed = null
    shown(alarm)
    step(alarm, 'restored', { by_name: by?.name ?? '', comment: why })
  }
  const put = (alarm, by, body) => {
    if (life.has(alarm.kind)) throw new Refused(422, 'invalid', { field: 'kind', reason: 'is life safety' })
    if (!body.reason?.trim()) throw new Refused(422, 'invalid', { field: 'reason', reason: 'missing' })
    const endBy = body.one_shot ? 'one_shot' : body.until_shift ? 'shift' : 'time'
    const until = body.one_shot ? null : iso((body.minutes ?? 240) * 60_000)
    const entry = {
      id: id(),
      station: alarm.station,
      point: alarm.point,
      point_name: alarm.point_name,
      device_name: alarm.device_name,
      location: alarm.location,
      kind: alarm.kind,
      mode: 'shelved',
      reason: body.reason,
      by: by.id,
      by_name: by.name,
      since: iso(),
      until,
      end: endBy,
      rule: '',
      patrol: body.patrol ?? '',
      needs_confirm: false,
      alarm: alarm.id,
      beneath: alarm.beneath,
      demo: true,
      version: 1,
    }
    shelf.set(entry.id, entry)
    alarm.removed = {
      shelf: entry.id,
      mode: 'shelved',
      reason: body.reason,
      by_name: by.name,
      since: entry.since,
      until,
      end: endBy,
    }
    shown(alarm)
    step(alarm, 'shelved', { by_name: by.name, comment: body.reason })
    tell('shelf', entry)
    if (body.minutes) setTimeout(() => shelf.has(entry.id) && end(entry, ''), body.minutes * 60_000).unref()
    return entry
  }

  const act = (path, run) => [
    'POST',
    new RegExp(`^alarms/([^/]+)/${path}$`),
    ({ match, body, by }) => {
      const alarm = find(match[1])
      return run(alarm, by, body) ?? { ...alarm, history: undefined }
    },
  ]
  return [
    act('acknowledge', (alarm, by, body) => {
      if (!alarm.acknowledged) current(alarm, body.version)
      answer(alarm, by, body.comment)
    }),
    act('respond', (alarm, by, body) => {
      if (!alarm.acknowledged) current(alarm, body.version)
      free(alarm, by)
      answer(alarm, by)
      own(alarm, by, 'taken')
    }),
    act('take', (alarm, by, body) => {
      current(alarm, body.version)
      free(alarm, by, body.take_over)
      own(alarm, by, alarm.owner ? 'taken_over' : 'taken')
    }),
    act('give-back', (alarm, by, body) => {
      current(alarm, body.version)
      if (!alarm.owner) return
      alarm.owner = null
      step(alarm, 'given_back', { by_name: by.name })
    }),
    act('close', (alarm, by, body) => {
      if (!alarm.cleared_at) throw new Refused(409, 'condition', { reason: 'active' })
      if (!alarm.acknowledged) throw new Refused(409, 'condition', { reason: 'unacknowledged' })
      alarm.closed = {
        disposition: body.disposition,
        text: body.text ?? '',
        by: by.id,
        by_name: by.name,
        at: iso(),
      }
      alarm.owner = null
      step(alarm, 'closed', { by_name: by.name, comment: body.text })
    }),
    act('shelve', (alarm, by, body) => {
      current(alarm, body.version)
      put(alarm, by, body)
    }),
    [
      'POST',
      /^alarms\/acknowledge$/,
      ({ body, by }) => ({
        items: body.alarms.map(({ id: key, version }) => {
          const alarm = alarms.get(key)
          if (!alarm) return { id: key, ok: false, code: 'not_found', detail: '', alarm: null }
          if (version < alarm.version) return { id: key, ok: false, code: 'stale', detail: '', alarm }
          answer(alarm, by, body.comment)
          return { id: key, ok: true, code: '', detail: '', alarm }
        }),
      }),
    ],
    ['GET', /^shelf$/, ({ url }) => list([...shelf.values()], url)],
    [
      'DELETE',
      /^shelf\/([^/]+)$/,
      ({ match, url, by }) => {
        const entry = shelf.get(match[1])
        if (entry) end(entry, url.searchParams.get('reason') ?? '', by)
      },
    ],
    [
      'POST',
      /^shelf\/([^/]+)\/confirm$/,
      ({ match, by }) => {
        const entry = shelf.get(match[1])
        if (!entry) throw new Refused(404, 'not_found')
        if (entry.by === by.id) throw new Refused(409, 'condition', { reason: 'confirm_yourself' })
        Object.assign(entry, { needs_confirm: false, by: by.id, by_name: by.name, version: entry.version + 1 })
        tell('shelf', entry)
        return entry
      },
    ],
  ]
}
