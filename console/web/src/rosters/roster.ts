// A roster as it is worked on at this desk. What is typed shows at once, is sent
// in the order in which it was typed, and counts only when the console has
// answered. A cell carries the version that its editor saw: where somebody else
// was quicker nothing is overwritten, and both values are shown.
import { ask, NO_ANSWER, NOT_REACHED, Refusal } from '../ask'
import {
  type Cell,
  type CellConflict,
  cellKey,
  type Demand,
  type Draft,
  type DraftNews,
  type Edit,
  type Edited,
  type Findings,
  type Leave,
  type Score,
  sameTurns,
  type Table,
  type Tally,
  type Turn,
  type Violation,
} from './contract'
import type { Day } from './days'
import { cellsOf, demandsOf, sameDemands } from './table'
import { type Mark, Verdict } from './verdict'

/** What a roster is about, beside its cells. */
export interface Header {
  draft: Draft | null // null: the roster in force
  from: Day
  until: Day
  leave: Leave[]
  demands: Demand[]
  score: Score
  judged: boolean // what is wrong with it has been read
}

/** What a cell shall hold. */
export interface Wanted {
  officer: string
  date: string
  duties: Turn[]
}

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

const nothing: readonly Turn[] = []
const noScore: Score = { mandatory: 0, exceptions: 0, unapproved: 0, wishes: 0, cost: 0 }
const KEPT_CHANGES = 5_000

export class Roster {
  readonly station: string
  readonly draft: string // '' for the roster in force
  board: Header
  conflicts: CellConflict[] = []
  refused = new Map<string, unknown>() // by cell: why the console did not take it
  told: Told | null = null
  private cells = new Map<string, Cell>()
  private shown = new Map<string, { duties: Turn[]; steps: number }>() // typed, not yet answered
  private verdict = new Verdict((officer) => this.touch(officer))
  private asking = 0 // findings that are on their way
  private deltas: Edited[] = [] // answered meanwhile
  private changes: string[] = [] // cells whose contents changed, in order
  private dropped = 0 // of those, no longer kept
  private fresh = new Map<string, number>() // cells that others have changed, and until when that is shown
  private rows = new Map<string, number>()
  private queue: Step[] = []
  private sending = false
  private listeners = new Set<() => void>()
  private count = 0
  private anew: ReturnType<typeof setTimeout> | undefined
  private due = 0
  private whole = false // the reading that is due is of cells too
  private closed = false

  constructor(station: string, table: Table) {
    this.station = station
    this.draft = table.draft?.id ?? ''
    const { draft, from, until, leave } = table
    this.board = { draft, from, until, leave, demands: demandsOf(table), score: noScore, judged: false }
    this.take(table)
  }

  /** Whether a table is of the same draft, or of the same days of the roster in force. */
  isOf(station: string, { draft, from, until }: Table): boolean {
    if (station !== this.station || (draft?.id ?? '') !== this.draft) return false
    return this.draft !== '' || (from === this.board.from && until === this.board.until)
  }

  /** What is wrong, by the problem's key. */
  get problems(): ReadonlyMap<string, Violation> {
    return this.verdict.problems
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
    return this.turnsOf(cellKey(officer, date))
  }

  /** The same by the cell's key. */
  turnsOf(key: string): readonly Turn[] {
    return (this.shown.size > 0 && this.shown.get(key)?.duties) || (this.cells.get(key)?.duties ?? nothing)
  }

  /** Every cell that may hold something, by its key. */
  *keys(): Generator<string> {
    yield* this.cells.keys()
    for (const key of this.shown.keys()) if (!this.cells.has(key)) yield key
  }

  /** Grows with every change of a cell's contents. */
  get changeCount(): number {
    return this.dropped + this.changes.length
  }

  /** The cells that changed since a count; undefined when that is too long ago. */
  changedSince(count: number): readonly string[] | undefined {
    return count < this.dropped ? undefined : this.changes.slice(count - this.dropped)
  }

  /** Hours and burdens of an officer, as the console has counted them; undefined until it has. */
  tally(officer: string): Tally | undefined {
    return this.verdict.tally(officer)
  }

  /** What the cell held when hours and fairness were counted. */
  countedOf(key: string): readonly Turn[] {
    return this.verdict.countedOf(key) ?? nothing
  }

  isWaiting(officer: string, date: string): boolean {
    return this.shown.has(cellKey(officer, date))
  }

  isFresh(officer: string, date: string): boolean {
    return this.fresh.size > 0 && (this.fresh.get(cellKey(officer, date)) ?? 0) > performance.now()
  }

  /** How the cell with a key stands. */
  markOf(key: string): Mark {
    return this.verdict.markOf(key)
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
      this.changed(officer, date)
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

  private get path(): string {
    return `/rosters/${this.station}/${this.draft ? `drafts/${this.draft}` : 'roster'}`
  }

  /** Reads everything anew; what was typed and not yet sent stays typed. */
  async reload(): Promise<void> {
    this.settled()
    if (this.draft === '' || this.closed) return
    const table = await ask<Table>(`${this.path}/table`, { timeout: 30_000 })
    if (this.closed) return
    this.renew(table)
    await this.judge()
  }

  /** Reads what is asked for and what is wrong. */
  async judge(): Promise<void> {
    const { from, until } = this.board
    this.asking++
    this.deltas = []
    try {
      const findings = await ask<Findings>(`${this.path}/findings`, {
        query: this.draft ? {} : { from, until },
        timeout: 30_000,
      })
      if (!this.closed) this.found(findings)
    } finally {
      this.asking--
    }
  }

  /** Takes the draft as it was read by others of this page; what was typed stays typed. */
  renew(table: Table): void {
    if ((table.draft?.version ?? 0) < (this.board.draft?.version ?? 0)) return
    if (this.busy) {
      // It may hold what was sent already and is counted as not yet answered.
      this.later(300)
      return
    }
    const { draft, leave } = table
    const wanted = demandsOf(table)
    // What asks for nothing new stays the same object: much is reckoned from it.
    const demands = sameDemands(this.board.demands, wanted) ? this.board.demands : wanted
    this.board = { ...this.board, draft, leave, demands }
    this.take(table)
    this.tell()
  }

  /** Reads anew after a moment, once for many reasons: all of it, or what is wrong only. */
  later(wait = 1_200, whole = true): void {
    const due = performance.now() + wait
    if (this.closed) return
    this.whole ||= whole
    if (this.anew !== undefined && this.due <= due) return
    clearTimeout(this.anew)
    this.due = due
    this.anew = setTimeout(() => {
      const all = this.whole
      this.settled()
      void (all ? this.reload() : this.judge()).catch(() => this.later(5_000, all))
    }, wait)
  }

  /** Nothing is due any more. */
  private settled(): void {
    clearTimeout(this.anew)
    this.anew = undefined
    this.whole = false
  }

  /** Takes what the live stream says of this draft. */
  async heard(news: DraftNews): Promise<void> {
    const known = this.board.draft?.version ?? 0
    if (this.draft === '' || news.version <= known || this.busy) {
      if (this.busy && news.version > known) this.later()
      return
    }
    if (news.version === known + 1 && news.changes && news.changes.length > 0) {
      this.theirs(
        news.changes.map((c) => ({ officer: c.officer, date: c.date, version: c.version, duties: c.becomes })),
        news.version,
        news.changed_by,
      )
      this.later(1_200, false)
      return
    }
    try {
      const { items } = await ask<{ items: Edit[] }>(`/rosters/${this.station}/drafts/${this.draft}/edits`, {
        query: { after: known },
      })
      for (const edit of items)
        this.theirs(
          edit.changes.map((c) => ({ officer: c.officer, date: c.date, version: c.version, duties: c.becomes })),
          edit.number,
          edit.by_name,
        )
    } catch {
      // The whole draft is read in a moment.
    }
    this.later()
  }

  private theirs(cells: Cell[], version: number, by: string): void {
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
    this.changed(cell.officer, cell.date)
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
      this.changed(officer, date)
    }
  }

  /** Takes an edit that the console has committed, from whichever route. */
  answered(edited: Edited): void {
    const missed = edited.draft.version > (this.board.draft?.version ?? 0) + 1
    for (const cell of edited.cells) this.keep(cell)
    const { approvals } = this.board.draft ?? edited.draft
    this.board = { ...this.board, draft: { ...edited.draft, approvals } }
    if (this.asking > 0) this.deltas.push(edited)
    if (this.board.judged) this.apply(edited)
    if (missed) this.later(50)
    else if (edited.whole) this.later(50, false)
    this.told = { code: 'saved', count: edited.cells.length }
    this.tell()
  }

  /** Takes over what an edit has made wrong and right. */
  private apply(edited: Edited): void {
    if (edited.whole) return
    this.verdict.apply(edited)
    this.board = { ...this.board, score: edited.score }
  }

  /** Takes what the judge says. Edits that were answered since he looked are added to it. */
  private found(findings: Findings): void {
    const at = this.board.draft?.version ?? 0
    const since = this.deltas.filter((d) => d.draft.version > findings.draft_version)
    if (findings.draft_version + since.length < at) {
      this.later(300, false)
      return
    }
    this.verdict.found(findings, this.cells)
    this.board = { ...this.board, score: findings.score, judged: true }
    for (const edited of since) this.apply(edited)
    this.deltas = []
    this.tell()
  }

  private failed(step: Step, fault: unknown): void {
    const refusal = fault instanceof Refusal ? fault : undefined
    const met = refusal?.code === 'stale' ? refusal.problem.params?.current : undefined
    if (Array.isArray(met)) {
      const conflicts = this.withdraw(met as CellConflict[])
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
          this.changed(c.officer, c.date)
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
      this.rebase(step)
      if (refusal?.code === 'stale') this.later(50)
    }
    this.tell()
  }

  /**
   * What was typed into a cell after an edit that met another's built on that edit: it
   * is not sent, for it would go over what neither has decided. The last of it is what
   * the officer wants there.
   */
  private withdraw(met: CellConflict[]): CellConflict[] {
    const conflicts = new Map(met.map((c) => [cellKey(c.officer, c.date), { ...c }]))
    for (const step of this.queue) {
      const cells = step.cells.filter((c) => conflicts.has(cellKey(c.officer, c.date)))
      for (const c of cells) {
        const conflict = conflicts.get(cellKey(c.officer, c.date))
        if (conflict) conflict.yours = c.duties
      }
      this.done({ ...step, cells })
      step.cells = step.cells.filter((c) => !cells.includes(c))
    }
    this.queue = this.queue.filter((step) => step.cells.length > 0)
    return [...conflicts.values()]
  }

  /** After an edit that was refused, what was typed later builds on what was there before. */
  private rebase(refused: Step): void {
    const keys = new Set(refused.cells.map((c) => cellKey(c.officer, c.date)))
    this.queue = this.queue.filter((step) => step.cells.length > 0) // an undo was meant for what never was
    for (const step of this.queue)
      step.cells = step.cells.map((c) =>
        keys.has(cellKey(c.officer, c.date)) ? { ...c, version: Math.max(0, c.version - 1) } : c,
      )
  }

  private take(table: Table): void {
    const before = this.cells
    this.cells = new Map(cellsOf(table).map((c) => [cellKey(c.officer, c.date), c]))
    // Every cell may be another: who follows the changes looks at all of them.
    this.dropped = this.changeCount + 1
    this.changes = []
    // What is in force carries no versions.
    for (const [key, cell] of before)
      if (this.draft === '' || this.cells.get(key)?.version !== cell.version) this.touch(cell.officer)
    for (const [key, cell] of this.cells) if (!before.has(key)) this.touch(cell.officer)
    if (!this.board.judged) this.verdict.count(this.cells)
  }

  /** A cell's contents may be others from here on. */
  private changed(officer: string, date: string): void {
    this.touch(officer)
    this.changes.push(cellKey(officer, date))
    if (this.changes.length > KEPT_CHANGES) {
      const gone = this.changes.length >> 1
      this.changes = this.changes.slice(gone)
      this.dropped += gone
    }
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
