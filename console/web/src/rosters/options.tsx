// What a roster's forms let choose from: officers and posts by their names, shifts by
// their codes. What is out of use is not offered.
import type { Rolls } from './register'

export function Named({ of }: { of: readonly { id: string; name: string }[] }) {
  return of.map((one) => (
    <option key={one.id} value={one.id}>
      {one.name}
    </option>
  ))
}

export function OfficersByName({ rolls }: { rolls: Rolls }) {
  return <Named of={[...rolls.order].sort((a, b) => a.name.localeCompare(b.name))} />
}

export function PostsInUse({ rolls }: { rolls: Rolls }) {
  return <Named of={[...rolls.posts.values()].filter((p) => !p.gone)} />
}

export function Shifts({ of, prefix = '' }: { of: readonly { code: string; name: string }[]; prefix?: string }) {
  return of.map((type) => (
    <option key={type.code} value={`${prefix}${type.code}`}>
      {type.code} {type.name}
    </option>
  ))
}
