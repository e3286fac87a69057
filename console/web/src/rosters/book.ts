// What follows from the cells of a roster, kept up with them: who stands where and
// who is lacking, who usually stands where, and what differs from what is published.
import { type Demand, type ShiftType, sameTurns, type Turn } from './contract'
import { Cover, type Coverage } from './coverage'
import type { Roster } from './roster'

const nothing: readonly Turn[] = []

export type PublishedCells = ReadonlyMap<string, readonly Turn[]>

export class Book {
  private roster: Roster
  private cover: Cover
  private held = new Map<string, readonly Turn[]>() // by cell, as reckoned
  private seen = -1 // the roster's changes that are reckoned
  private often = new Map<string, number>() // by officer and post
  private published: PublishedCells | undefined
  private apart = new Set<string>()

  constructor(roster: Roster, demands: readonly Demand[], types: ReadonlyMap<string, ShiftType>) {
    this.roster = roster
    this.cover = new Cover(demands, types)
  }

  /** The coverage of the cells as they are shown now. */
  follow(): Coverage {
    const { roster } = this
    const changed = roster.changedSince(this.seen)
    this.seen = roster.changeCount
    for (const key of changed ?? new Set([...this.held.keys(), ...roster.keys()])) this.take(key)
    return this.cover.settle()
  }

  /** How often an officer stands at a post, so that people get posts that they know. */
  usual(officer: string, post: string): number {
    return this.often.get(`${officer}|${post}`) ?? 0
  }

  /** How many cells are not as they are published. */
  differing(published: PublishedCells): number {
    this.follow()
    if (published !== this.published) {
      this.published = published
      this.apart.clear()
      for (const key of new Set([...this.held.keys(), ...published.keys()])) this.compare(key)
    }
    return this.apart.size
  }

  private take(key: string): void {
    const was = this.held.get(key) ?? nothing
    const now = this.roster.turnsOf(key)
    if (was === now || sameTurns(was, now)) return
    const cut = key.indexOf('|')
    const officer = key.slice(0, cut)
    const date = key.slice(cut + 1)
    this.cover.rise(officer, date, was)
    this.cover.seat(officer, date, now)
    this.stood(officer, was, -1)
    this.stood(officer, now, 1)
    if (now.length > 0) this.held.set(key, now)
    else this.held.delete(key)
    if (this.published) this.compare(key)
  }

  private stood(officer: string, turns: readonly Turn[], by: number): void {
    for (const { post } of turns) if (post) this.often.set(`${officer}|${post}`, this.usual(officer, post) + by)
  }

  private compare(key: string): void {
    if (sameTurns(this.published?.get(key) ?? nothing, this.held.get(key) ?? nothing)) this.apart.delete(key)
    else this.apart.add(key)
  }
}
