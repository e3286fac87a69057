import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Cell, Edited, Table } from './contract'
import { Roster } from './roster'

const day = '2026-12-01'
const cell = (officer: string, version: number, shift: string): Cell => ({
  officer,
  date: day,
  version,
  duties: shift ? [{ shift, post: '' }] : [],
})
const board = (version: number, ...cells: Cell[]) =>
  ({
    draft: { id: 'd', version, state: 'open', approvals: [] },
    from: day,
    until: day,
    officers: cells.map((c) => c.officer),
    contents: [[], ...cells.map((c) => c.duties)],
    rows: cells.map((_, i) => [i + 1]),
    versions: cells.map((c) => [c.version]),
    wanted: [],
    leave: [],
  }) as unknown as Table
const findings = (version: number, ...problems: unknown[]) => ({
  draft_version: version,
  problems,
  score: {},
  tallies: { a: { minutes: 480 } },
})
const problem = (key: string, officer: string) => ({
  key,
  code: 'daily_rest',
  level: 'mandatory',
  cells: [{ officer, date: day }],
})
const edited = (version: number, ...cells: Cell[]) =>
  ({
    draft: { id: 'd', version, state: 'open' },
    number: version,
    cells,
    came: [],
    went: [],
    changed: [],
    score: {},
    tallies: {},
    whole: false,
  }) as unknown as Edited

interface Sent {
  cells: Cell[]
  answer: (status: number, body: unknown) => void
}

let sent: Sent[] = []
const next = async (n: number) => {
  await vi.waitFor(() => expect(sent.length).toBeGreaterThanOrEqual(n))
  return sent[n - 1] as Sent
}

beforeEach(() => {
  sent = []
  vi.stubGlobal(
    'fetch',
    (_: string, init: RequestInit) =>
      new Promise((resolve) => {
        const { cells = [] } = init.body ? (JSON.parse(String(init.body)) as { cells?: Cell[] }) : {}
        sent.push({
          cells,
          answer: (status, body) => resolve(new Response(JSON.stringify(body), { status })),
        })
      }),
  )
})
afterEach(() => vi.unstubAllGlobals())

const shown = (roster: Roster, officer: string) =>
  roster
    .turns(officer, day)
    .map((t) => t.shift)
    .join('+')
const turn = (shift: string) => [{ shift, post: '' }]

describe('a roster that is worked on', () => {
  it('shows at once, sends in order, and builds on the versions that it will have', async () => {
    const roster = new Roster('s', board(4, cell('a', 2, 'D')))
    roster.edit([{ officer: 'a', date: day, duties: turn('E') }])
    roster.edit([{ officer: 'a', date: day, duties: turn('N') }])
    expect(shown(roster, 'a')).toBe('N')
    const first = await next(1)
    expect(first.cells[0]).toMatchObject({ version: 2, duties: turn('E') })
    first.answer(200, edited(5, cell('a', 3, 'E')))
    const second = await next(2)
    expect(second.cells[0]).toMatchObject({ version: 3, duties: turn('N') })
    expect(shown(roster, 'a')).toBe('N')
    second.answer(200, edited(6, cell('a', 4, 'N')))
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    expect([shown(roster, 'a'), roster.isWaiting('a', day), roster.told?.code]).toEqual(['N', false, 'saved'])
    roster.close()
  })

  it('shows both values where somebody was quicker, and writes the other cells', async () => {
    const roster = new Roster('s', board(4, cell('a', 1, 'D'), cell('b', 1, 'D')))
    roster.edit(['a', 'b'].map((officer) => ({ officer, date: day, duties: turn('N') })))
    const first = await next(1)
    first.answer(409, {
      code: 'stale',
      params: { version: 5, current: [{ ...cell('a', 2, 'E'), yours: turn('N') }] },
    })
    const again = await next(2)
    expect(again.cells.map((c) => c.officer)).toEqual(['b'])
    again.answer(200, edited(6, cell('b', 2, 'N')))
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    expect([shown(roster, 'a'), shown(roster, 'b')]).toEqual(['E', 'N'])
    const [conflict] = roster.conflicts
    if (!conflict) throw new Error('no conflict is shown')
    roster.settle(conflict, true)
    const mine = await next(3)
    expect(mine.cells[0]).toMatchObject({ officer: 'a', version: 2, duties: turn('N') })
    mine.answer(200, edited(7, cell('a', 3, 'N')))
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    roster.close()
  })

  it('sends nothing that built on an edit which met another: it would go over theirs unseen', async () => {
    const roster = new Roster('s', board(4, cell('a', 1, 'D'), cell('b', 1, 'D')))
    const type = (shift: string, ...officers: string[]) =>
      roster.edit(officers.map((officer) => ({ officer, date: day, duties: turn(shift) })))
    type('E', 'a')
    type('N', 'a', 'b')
    roster.undo()
    ;(await next(1)).answer(409, {
      code: 'stale',
      params: { version: 5, current: [{ ...cell('a', 2, 'X'), yours: turn('E') }] },
    })
    const rest = await next(2)
    expect(rest.cells.map((c) => [c.officer, c.version])).toEqual([['b', 1]])
    rest.answer(200, edited(6, cell('b', 2, 'N')))
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    expect([shown(roster, 'a'), shown(roster, 'b'), sent.length]).toEqual(['X', 'N', 2])
    expect(roster.conflicts.map((c) => c.yours)).toEqual([turn('N')])
    roster.close()
  })

  it('what was typed after a refused edit builds on what was there before it', async () => {
    const roster = new Roster('s', board(4, cell('a', 3, 'D')))
    roster.edit([{ officer: 'a', date: day, duties: turn('?') }])
    roster.edit([{ officer: 'a', date: day, duties: turn('N') }])
    ;(await next(1)).answer(422, { code: 'invalid', params: { field: 'cells[0].duties', reason: 'is no shift type' } })
    const second = await next(2)
    expect(second.cells[0]).toMatchObject({ version: 3, duties: turn('N') })
    second.answer(200, edited(5, cell('a', 4, 'N')))
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    expect(shown(roster, 'a')).toBe('N')
    roster.close()
  })

  it('does not take a table that may hold what is under way already', async () => {
    const roster = new Roster('s', board(4, cell('a', 1, 'D')))
    roster.edit([{ officer: 'a', date: day, duties: turn('E') }])
    const first = await next(1)
    roster.renew(board(5, cell('a', 2, 'E')))
    roster.edit([{ officer: 'a', date: day, duties: turn('N') }])
    first.answer(200, edited(5, cell('a', 2, 'E')))
    expect((await next(2)).cells[0]).toMatchObject({ version: 2, duties: turn('N') })
    roster.close()
  })

  it('takes back what was refused, and says why at the cell', async () => {
    const roster = new Roster('s', board(1, cell('a', 1, 'D'), cell('b', 1, 'D')))
    roster.edit(['a', 'b'].map((officer) => ({ officer, date: day, duties: turn('X') })))
    const first = await next(1)
    first.answer(422, { code: 'invalid', params: { field: 'cells[1].duties', reason: 'is no shift type' } })
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    expect([shown(roster, 'a'), shown(roster, 'b')]).toEqual(['D', 'D'])
    expect([...roster.refused.keys()]).toEqual([`b|${day}`])
    roster.close()
  })

  it('takes what another editor did, and reads what it missed', async () => {
    const roster = new Roster('s', board(4, cell('a', 1, 'D')))
    const news = (version: number, changes: unknown[]) =>
      ({ id: 'd', station: 's', name: '', version, changed_by: 'Eve', changes }) as never
    await roster.heard(news(5, [{ officer: 'a', date: day, version: 2, becomes: turn('E') }]))
    expect([shown(roster, 'a'), roster.isFresh('a', day), roster.told?.by]).toEqual(['E', true, 'Eve'])
    const missed = roster.heard(news(8, []))
    const log = await next(1)
    log.answer(200, {
      items: [
        { number: 6, by_name: 'Eve', changes: [{ officer: 'a', date: day, version: 3, becomes: turn('N') }] },
        { number: 8, by_name: 'Bob', changes: [{ officer: 'a', date: day, version: 4, becomes: [] }] },
      ],
    })
    await missed
    expect([shown(roster, 'a'), roster.board.draft?.version]).toEqual(['', 8])
    roster.close()
  })

  it('marks what is wrong, and adds what was answered while the judge was at it', async () => {
    const roster = new Roster('s', board(4, cell('a', 1, 'D'), cell('b', 1, 'D')))
    const judging = roster.judge()
    const asked = await next(1)
    roster.edit([{ officer: 'a', date: day, duties: turn('N') }])
    const sentEdit = await next(2)
    sentEdit.answer(200, {
      ...edited(5, cell('a', 2, 'N')),
      went: ['p1'],
      came: [problem('p3', 'b')],
      tallies: { a: { minutes: 960 } },
    })
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    asked.answer(200, findings(4, problem('p1', 'a'), problem('p2', 'b')))
    await judging
    expect([...roster.problems.keys()]).toEqual(['p2', 'p3'])
    expect([roster.markOf(`a|${day}`), roster.markOf(`b|${day}`)]).toEqual([0, 3])
    expect([roster.tally('a')?.minutes, roster.board.judged]).toEqual([960, true])
    roster.close()
  })

  it('keeps the hours of the roster in force in sight while a new publication is read', async () => {
    const force = (...cells: Cell[]) => ({ ...board(0, ...cells), draft: undefined, versions: [] }) as unknown as Table
    const roster = new Roster('s', force(cell('a', 0, 'D')))
    const judged = roster.judge()
    ;(await next(1)).answer(200, findings(0))
    await judged
    const before = roster.rowVersion('a')
    expect(roster.isOf('s', force(cell('a', 0, 'N')))).toBe(true)
    expect(roster.isOf('s', { ...force(), until: '2026-12-02' })).toBe(false)
    expect(roster.isOf('s', board(1))).toBe(false)
    roster.renew(force(cell('a', 0, 'N')))
    expect(roster.turns('a', day)).toEqual([{ shift: 'N', post: '' }])
    expect(roster.tally('a')?.minutes).toBe(480)
    expect(roster.rowVersion('a')).toBeGreaterThan(before)
  })

  it('tells which cells changed since a count, and all of them after a table', async () => {
    const roster = new Roster('s', board(4, cell('a', 1, 'D')))
    const count = roster.changeCount
    roster.edit([{ officer: 'a', date: day, duties: turn('N') }])
    expect(roster.changedSince(count)).toEqual([`a|${day}`])
    ;(await next(1)).answer(200, edited(5, cell('a', 2, 'N')))
    await vi.waitFor(() => expect(roster.busy).toBe(false))
    roster.renew(board(6, cell('a', 3, 'E')))
    expect(roster.changedSince(count)).toBeUndefined()
    roster.close()
  })
})
