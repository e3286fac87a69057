// What a key press on the board means: which cells get which duties. A shift that
// is typed goes to the post that lacks somebody whom the officer may replace.
import type { Book } from './book'
import type { Officer, Post, Turn } from './contract'
import { rankAt } from './contract'
import type { Day } from './days'
import type { Rolls } from './register'
import type { Roster, Wanted } from './roster'

/** Whether the officer has rank and qualifications for a post on a day. */
export function fits(officer: Officer, post: Post, day: Day, firearm: string): boolean {
  const holds = (code: string) => officer.held.some((h) => h.code === code && (h.expires === '' || h.expires >= day))
  return (
    rankAt(officer.rank) >= rankAt(post.min_rank) &&
    post.required.every(holds) &&
    (!post.armed || holds(firearm || 'firearm'))
  )
}

/**
 * The same shift for many cells. A post is kept where it is worked in that shift;
 * else it is one that lacks somebody and that the officer fits, the heaviest
 * first; with none the officer is a reserve, without a post.
 */
export function shiftFor(
  cells: readonly { officer: Officer; day: Day }[],
  shift: string,
  roster: Roster,
  rolls: Rolls,
  book: Book,
): Wanted[] {
  const coverage = book.follow()
  const firearm = rolls.register.calendar.item.firearm
  const taken = new Map<object, number>()
  return cells.map(({ officer, day }) => {
    const had = roster.turns(officer.id, day)[0]?.post ?? ''
    const duties = (post: string): Turn[] => [{ shift, post }]
    if (had && rolls.posts.get(had)?.shifts.includes(shift))
      return { officer: officer.id, date: day, duties: duties(had) }
    const open = coverage
      .wanted(shift, day)
      .filter(({ demand, have }) => {
        const post = rolls.posts.get(demand.post)
        return (
          post !== undefined &&
          fits(officer, post, day, firearm) &&
          rankAt(officer.rank) >= rankAt(demand.min_rank) &&
          have < demand.headcount
        )
      })
      .filter((place) => place.have + (taken.get(place) ?? 0) < place.demand.headcount)
    const weight = (post: string) => book.usual(officer.id, post) * 3 + (rolls.posts.get(post)?.weight || 10)
    open.sort((a, b) => weight(b.demand.post) - weight(a.demand.post))
    const best = open[0]
    if (best) taken.set(best, (taken.get(best) ?? 0) + 1)
    return { officer: officer.id, date: day, duties: duties(best?.demand.post ?? '') }
  })
}

/** Two cells exchange what they hold; an empty one makes it a move. */
export function exchanged(
  roster: Roster,
  a: { officer: string; day: Day },
  b: { officer: string; day: Day },
): Wanted[] {
  const bare = (turns: readonly Turn[]): Turn[] => turns.map(({ shift, post }) => ({ shift, post }))
  if (a.officer === b.officer && a.day === b.day) return []
  return [
    { officer: a.officer, date: a.day, duties: bare(roster.turns(b.officer, b.day)) },
    { officer: b.officer, date: b.day, duties: bare(roster.turns(a.officer, a.day)) },
  ]
}
