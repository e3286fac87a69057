// The duty board as the console says it, joined with names and put in the order in
// which a sergeant looks: what is lacking first.
import type { components } from '../api.d.ts'
import type { Thing } from '../contract'
import type { Rolls } from '../rosters/register'

type Schemas = components['schemas']
export type DutyBoard = Schemas['DutyBoard']
export type Duty = Schemas['DutyDuty']
type DutyPost = Schemas['DutyPost']

export interface DutyNews extends Thing {
  station: string
  at: string
}

export type Note = 'arrive' | 'stand' | 'relieve' | 'release' | 'clear'

/** One officer's duty. */
export interface Line {
  key: string
  duty: Duty
  name: string
  postName: string
  shiftName: string
  reliefName: string
  relievedBy: string
  ended: boolean // the shift is over and nobody stands any more
  wrong: boolean
  warnings: string[]
}

/** One post with who stands there and who comes. */
export interface PostLine {
  id: string
  name: string
  area: string
  post: DutyPost
  standing: Line[]
  next: Line[]
  call: boolean
  wrong: boolean
}

export const dutyKey = (station: string) => ['duty', station] as const

const never = (at: string): boolean => at === '' || at.startsWith('0001-')
export const happened = (at: string): string | undefined => (never(at) ? undefined : at)

const order: Record<string, number> = {
  no_show: 0,
  late: 1,
  present: 2,
  on_post: 3,
  expected: 4,
  relieved: 5,
  released: 6,
}

export function linesOf(board: DutyBoard, rolls: Rolls) {
  const name = (id: string) => rolls.officers.get(id)?.name ?? id
  const now = Date.parse(board.at)
  const people: Line[] = board.duties.map((duty) => {
    const a = duty.assignment
    return {
      key: `${a.officer} ${a.date} ${a.shift}`,
      duty,
      name: name(a.officer),
      postName: a.post ? (rolls.posts.get(a.post)?.name ?? a.post) : '',
      shiftName: rolls.types.get(a.shift)?.name || a.shift,
      reliefName: duty.relief ? name(duty.relief) : '',
      relievedBy: duty.relieved_by ? name(duty.relieved_by) : '',
      ended: Date.parse(duty.ends) <= now && duty.presence !== 'on_post' && duty.presence !== 'present',
      wrong: Date.parse(duty.ends) > now ? duty.presence === 'late' || duty.presence === 'no_show' : duty.overtime > 0,
      warnings: duty.warnings,
    }
  })
  const posts: PostLine[] = board.posts
    .map((post) => {
      const at = people.filter((l) => l.duty.assignment.post === post.id)
      const standing = at.filter((l) => l.duty.presence === 'on_post')
      const next = at
        .filter(
          (l) => ['expected', 'late', 'no_show', 'present'].includes(l.duty.presence) && Date.parse(l.duty.ends) > now,
        )
        .slice(0, Math.max(2, post.wanted + 1))
      return {
        id: post.id,
        name: rolls.posts.get(post.id)?.name ?? post.id,
        area: rolls.posts.get(post.id)?.area ?? '',
        post,
        standing,
        next,
        call: post.call !== '',
        wrong: post.short > 0 || post.call === 'late' || post.call === 'missed' || next.some((l) => l.wrong),
      }
    })
    .sort((a, b) => Number(b.post.short > 0) - Number(a.post.short > 0) || a.id.localeCompare(b.id))
  people.sort(
    (a, b) =>
      Number(a.ended) - Number(b.ended) ||
      (order[a.duty.presence] ?? 9) - (order[b.duty.presence] ?? 9) ||
      a.duty.starts.localeCompare(b.duty.starts) ||
      a.name.localeCompare(b.name),
  )
  return {
    people,
    posts,
    lacking: posts.reduce((n, p) => n + Math.max(0, p.post.short), 0),
    late: people.filter((l) => !l.ended && (l.duty.presence === 'late' || l.duty.presence === 'no_show')).length,
    calls: posts.filter((p) => p.post.call === 'late' || p.post.call === 'missed').length,
    onPost: people.filter((l) => l.duty.presence === 'on_post').length,
  }
}

/** What can be noted of a duty as it stands; the first is the usual next step. */
export function notesFor(line: Line): Note[] {
  switch (line.duty.presence) {
    case 'expected':
    case 'late':
    case 'no_show':
      return ['arrive', 'stand']
    case 'present':
      return ['stand', 'clear']
    case 'on_post':
      return ['relieve', 'release', 'clear']
    default:
      return ['clear']
  }
}

/** The officer of a post to whom a key applies. */
export function nextNote(post: PostLine, what: Note): Line | undefined {
  const among = what === 'relieve' || what === 'release' ? post.standing : post.next
  return among.find((l) => notesFor(l).includes(what))
}
