// A roster as it is worked on at this desk. What is typed shows at once, is sent
// in the order in which it was typed, and counts only when the console has
// answered. A cell carries the version that its editor saw: where somebody else
// was quicker nothing is overwritten, and both values are shown.
import { ask, NO_ANSWER, NOT_REACHED, Refusal } from '../ask'
import {
  type Board,
  type Cell,
  type CellConflict,
  cellKey,
  type DraftNews,
  type Edit,
  type Edited,
  sameTurns,
  type Turn,
  type Violation,
} from './contract'

/** What a cell shall hold. */
export interface Wanted {
  officer: string
  date: string
  duties: Turn[]
}

/** How a cell stands in the eyes of the rules: 3 a mandatory rule, 2 an exception, 1 a wish. */
export type Mark = 0 | 1 | 2 | 3

interface Step {
  what: 'edit' | 'fix' | 'copy' | 'undo' | 'redo'
  cells: Cell[] // each with the version that was seen
}

/** What there is to say of the last step; the screen puts it into words. */
export interface Told {
  code: 'saved' | 'refused' | 'conflict' | 'unknown' | 'lost' | 'by_other'
  fault?: unknown
  count?: number
  by?: string
}

const marks: Record<string, Mark> = { mandatory: 3, exception: 2, request: 1 }
const nothing: readonly Turn[] = []

export class Roster {
  readonly station: string
  readonly draft: string // '' for the roster in force
  board: Board
  problems = new Map<string, Violation>()
  conflicts: CellConflict[] = []
  refused = new Map<string, unknown>() // by cell: why the console did not take it
  told: Told | null = null
  private cells = new Map<string, Cell>()
  private taken = new Map<string, Cell>() // as the console has counted them
  private shown = new Map<string, { duties: Turn[]; steps: number }>() // typed, not yet answered
  private marked = new Map<string, Mark>()
  private fresh = new Map<string, number>() // cells that others have changed, and until when that is shown
  private rows = new Map<string, number>()
  private queue: Step[] = []
  private sending = false
  private listeners = new Set<() => void>()
  private count = 0
  private anew: ReturnType<typeof setTimeout> | undefined
  private due = 0
  private closed = false

  constructor(station: string, board: Board) {
    this.station = station
    this.draft = board.draft?.id ?? ''
    this.board = board
    this.take(board)
  }

  /** Grows with every change of what is shown. */
  get version(): number {
    return this.count
  }

  /** Grows with every change of an officer's row. */
  rowVersion(officer: string): number {
    return this.rows.get(officer) ?? 0
  }

  get busy(): boolean {
    return this.sending || this.queue.length > 0
  }

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell)
    return () => this.listeners.delete(tell)
  }

  /** Ends the reading; what was typed is still sent. */
  close(): void {
    this.closed = true
    clearTimeout(this.anew)
  }

  /** What a cell shows: what was typed, else what is kept. */
  turns(officer: string, date: string): readonly Turn[] {
    const key = cellKey(officer, date)
    return this.shown.get(key)?.duties ?? this.cells.get(key)?.duties ?? nothing
  }

  /** What the cell held when hours and fairness were counted. */
  counted(officer: string, date: string): readonly Turn[] {
    return this.taken.get(cellKey(officer, date))?.duties ?? nothing
  }

  isWaiting(officer: string, date: string): boolean {
    return this.shown.has(cellKey(officer, date))
  }

  isFresh(officer: string, date: string): boolean {
    return (this.fresh.get(cellKey(officer, date)) ?? 0) > performance.now()
  }

  mark(officer: string, date: string): Mark {
    return this.marked.get(cellKey(officer, date)) ?? 0
  }

  /** Every cell that holds something, as shown. */
  *filled(): Generator<Wanted> {
    for (const [key, cell] of this.cells) {
      const duties = this.shown.get(key)?.duties ?? cell.duties
      if (duties.length > 0) yield { officer: cell.officer, date: cell.date, duties }
    }
    for (const [key, { duties }] of this.shown) {
      if (this.cells.has(key) || duties.length === 0) continue
      const [officer = '', date = ''] = key.split('|')
      yield { officer, date, duties }
    }
  }

  /** Gives cells other contents; those that hold it already are left alone. */
  edit(wanted: Wanted[], what: Step['what'] = 'edit'): void {
    if (this.draft === '') return
    const cells: Cell[] = []
    for (const { officer, date, duties } of wanted) {
      if (sameTurns(this.turns(officer, date), duties)) continue
      const key = cellKey(officer, date)
      const ahead = this.shown.get(key)?.steps ?? 0
      cells.push({ officer, date, duties, version: (this.cells.get(key)?.version ?? 0) + ahead })
      this.shown.set(key, { duties, steps: ahead + 1 })
      this.refused.delete(key)
      this.touch(officer)
    }
    if (cells.length === 0) return
    this.told = null
    this.queue.push({ what, cells })
    this.tell()
    void this.send()
  }

  undo(): void {
    this.turn('undo')
  }

  redo(): void {
    this.turn('redo')
  }

  private turn(what: 'undo' | 'redo'): void {
    if (this.draft === '') return
    this.queue.push({ what, cells: [] })
    this.tell()
    void this.send()
  }

  /** Settles a conflict: with mine the cell is written again, else it stays as it is. */
  settle(conflict: CellConflict, mine: boolean): void {
    this.conflicts = this.conflicts.filter((c) => c !== conflict)
    if (mine) this.edit([{ officer: conflict.officer, date: conflict.date, duties: conflict.yours }])
    this.tell()
  }

  dismiss(): void {
    this.told = null
    this.refused.clear()
    this.touchAll()
    this.tell()
  }

  /** Reads everything anew; what was typed and not yet sent stays typed. */
  async reload(): Promise<void> {
    clearTimeout(this.anew)
    this.anew = undefined
    if (this.draft === '' || this.closed) return
    const board = await ask<Board>(`/rosters/${this.station}/drafts/${this.draft}`, { timeout: 30_000 })
    if (this.closed || (board.draft?.version ?? 0) < (this.board.draft?.version ?? 0)) return
    this.take(board)
    this.tell()
  }

  /** Takes the draft as it was read by others of this page; what was typed stays typed. */
  renew(board: Board): void {
    if ((board.draft?.version ?? 0) < (this.board.draft?.version ?? 0)) return
    this.take(board)
    this.tell()
  }

  /** Reads anew after a moment, once for many reasons. */
  later(wait = 1_200): void {
    const due = performance.now() + wait
    if (this.closed || (this.anew !== undefined && this.due <= due)) return
    clearTimeout(this.anew)
    this.due = due
    this.anew = setTimeout(() => {
      this.anew = undefined
      void this.reload().catch(() => this.later(5_000))
    }, wait)
  }

  /** Takes what the live stream says of this draft. */
  async heard(news: DraftNews): Promise<void> {
    const known = this.board.draft?.version ?? 0
    if (this.draft === '' || news.version <= known || this.busy) {
      if (this.busy && news.version > known) this.later()
      return
    }
    if (news.version === known + 1 && news.changes && news.changes.length > 0) {
      this.changed(
        news.changes.map((c) => ({ officer: c.officer, date: c.date, version: c.version, duties: c.becomes })),
        news.version,
        news.changed_by,
      )
      this.later()
      return
    }
    try {
      const { items } = await ask<{ items: Edit[] }>(`/rosters/${this.station}/drafts/${this.draft}/edits`, {
        query: { after: known },
      })
      for (const edit of items)
        this.changed(
          edit.changes.map((c) => ({ officer: c.officer, date: c.date, version: c.version, duties: c.becomes })),
          edit.number,
          edit.by_name,
        )
    } catch {
      // The whole draft is read in a moment.
    }
    this.later()
  }

  private changed(cells: Cell[], version: number, by: string): void {
    for (const cell of cells) {
      if (!this.keep(cell)) continue
      this.fresh.set(cellKey(cell.officer, cell.date), performance.now() + 6_000)
    }
    setTimeout(() => {
      for (const cell of cells) this.touch(cell.officer)
      this.tell()
    }, 6_100)
    this.at(version)
    this.told = { code: 'by_other', by, count: cells.length }
    this.tell()
  }

  private keep(cell: Cell): boolean {
    const key = cellKey(cell.officer, cell.date)
    if ((this.cells.get(key)?.version ?? -1) >= cell.version) return false
    this.cells.set(key, cell)
    this.touch(cell.officer)
    return true
  }

  private at(version: number): void {
    const { draft } = this.board
    if (draft && version > draft.version) this.board = { ...this.board, draft: { ...draft, version } }
  }

  private async send(): Promise<void> {
    if (this.sending) return
    this.sending = true
    let step = this.queue.shift()
    while (step) {
      await this.sent(step)
      step = this.queue.shift()
    }
    this.sending = false
    this.tell()
  }

  private async sent(step: Step): Promise<void> {
    const path = `/rosters/${this.station}/drafts/${this.draft}`
    try {
      const edited =
        step.what === 'undo' || step.what === 'redo'
          ? await ask<Edited>(`${path}/${step.what}`, { method: 'POST', timeout: 20_000 })
          : await ask<Edited>(`${path}/edits`, {
              method: 'POST',
              body: { what: step.what, cells: step.cells },
              timeout: 20_000,
            })
      this.done(step)
      this.answered(edited)
    } catch (fault) {
      this.done(step)
      this.failed(step, fault)
    }
  }

  /** What was typed is answered: from here on the cell shows what is kept. */
  private done(step: Step): void {
    for (const { officer, date } of step.cells) {
      const key = cellKey(officer, date)
      const typed = this.shown.get(key)
      if (typed && typed.steps > 1) this.shown.set(key, { ...typed, steps: typed.steps - 1 })
      else this.shown.delete(key)
      this.touch(officer)
    }
  }

  /** Takes an edit that the console has committed, from whichever route. */
  answered(edited: Edited): void {
    const missed = edited.draft.version > (this.board.draft?.version ?? 0) + 1
    for (const cell of edited.cells) this.keep(cell)
    for (const key of edited.went) this.problems.delete(key)
    for (const v of [...edited.came, ...edited.changed]) this.problems.set(v.key, v)
    this.board = { ...this.board, draft: edited.draft, score: edited.score }
    this.later(edited.whole || missed ? 50 : 20_000)
    this.told = { code: 'saved', count: edited.cells.length }
    this.judged()
    this.tell()
  }

  private failed(step: Step, fault: unknown): void {
    const refusal = fault instanceof Refusal ? fault : undefined
    const met = refusal?.code === 'stale' ? refusal.problem.params?.current : undefined
    if (Array.isArray(met)) {
      const conflicts = met as CellConflict[]
      for (const c of conflicts) this.keep({ officer: c.officer, date: c.date, version: c.version, duties: c.duties })
      const differing = conflicts.filter((c) => !sameTurns(c.duties, c.yours))
      this.conflicts = [...this.conflicts, ...differing].slice(-200)
      this.told = { code: 'conflict', count: differing.length }
      // The other cells of the step were not written either: they are sent again, they met nobody.
      const rest = step.cells.filter((c) => !conflicts.some((m) => m.officer === c.officer && m.date === c.date))
      if (rest.length > 0) {
        for (const c of rest) {
          const key = cellKey(c.officer, c.date)
          this.shown.set(key, {
            duties: this.shown.get(key)?.duties ?? c.duties,
            steps: (this.shown.get(key)?.steps ?? 0) + 1,
          })
        }
        this.queue.unshift({ what: step.what, cells: rest })
      }
      this.later()
    } else if (refusal?.code === NO_ANSWER || refusal?.code === NOT_REACHED) {
      // Nobody knows whether it was written. What was typed after it would build on a guess.
      for (const next of this.queue) this.done(next)
      const lost = this.queue.length
      this.queue = []
      this.told = { code: refusal.code === NO_ANSWER ? 'unknown' : 'lost', fault, count: lost + 1 }
      this.later(200)
    } else {
      const named = /^cells\[(\d+)\]/.exec(String(refusal?.problem.params?.field ?? ''))
      const cells = named ? step.cells.slice(Number(named[1]), Number(named[1]) + 1) : step.cells.slice(0, 200)
      for (const { officer, date } of cells) {
        this.refused.set(cellKey(officer, date), fault)
        this.touch(officer)
      }
      this.told = { code: 'refused', fault, count: step.cells.length }
      if (refusal?.code === 'stale') this.later(50)
    }
    this.tell()
  }

  private take(board: Board): void {
    this.board = board
    const before = this.cells
    this.cells = new Map(board.cells.map((c) => [cellKey(c.officer, c.date), c]))
    for (const [key, cell] of before) {
      const now = this.cells.get(key)
      if (now?.version !== cell.version) this.touch(cell.officer)
    }
    for (const [key, cell] of this.cells) if (!before.has(key)) this.touch(cell.officer)
    this.taken = new Map(this.cells)
    this.problems = new Map(board.problems.map((v) => [v.key, v]))
    this.judged()
  }

  /** Puts the marks of all problems on their cells; rows whose marks stay are not drawn again. */
  private judged(): void {
    const next = new Map<string, Mark>()
    for (const v of this.problems.values()) {
      const mark: Mark = v.level === 'exception' && v.approval ? 1 : (marks[v.level] ?? 0)
      if (v.code === 'coverage' || v.code.startsWith('fairness') || v.code.startsWith('contract')) continue
      if (v.level === 'request' && !v.code.startsWith('wish')) continue // the list says them; a dot at every weekend says nothing
      for (const c of v.cells) {
        const key = cellKey(c.officer, c.date)
        if ((next.get(key) ?? 0) < mark) next.set(key, mark)
      }
    }
    for (const [key, mark] of next) if (this.marked.get(key) !== mark) this.touch(key.split('|')[0] ?? '')
    for (const key of this.marked.keys()) if (!next.has(key)) this.touch(key.split('|')[0] ?? '')
    this.marked = next
  }

  private touch(officer: string): void {
    this.rows.set(officer, (this.rows.get(officer) ?? 0) + 1)
  }

  private touchAll(): void {
    for (const officer of new Set([...this.cells.values()].map((c) => c.officer))) this.touch(officer)
  }

  private tell(): void {
    this.count++
    for (const tell of this.listeners) tell()
  }
}
