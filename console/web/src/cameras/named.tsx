// Those whom a camera's own list names: roles, and people one by one.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { everything } from '../ask'
import { type Camera, type Person, pathOf } from './camera'

const ROLE = 'role:'
const roles = ['officer', 'supervisor', 'chief', 'technician', 'division']

interface NamedProps {
  camera: Camera
  label: string
  none: string // what an empty list means
  named: string[]
  onNamed: (named: string[]) => void
}

export function Named({ camera, label, none, named, onNamed }: NamedProps) {
  const { t } = useTranslation()
  const people = useQuery({
    queryKey: ['camera-people', camera.id],
    queryFn: ({ signal }) => everything<Person>(pathOf(camera.id, '/people'), {}, signal),
    staleTime: 60_000,
  })
  const known = people.data ?? []
  const role = (name: string) => t(`role.${name}`, { defaultValue: name })
  const words = (id: string): string => {
    if (id.startsWith(ROLE)) return t('cameras.all_of_role', { role: role(id.slice(ROLE.length)) })
    return known.find((p) => p.id === id)?.name ?? (people.isPending ? '…' : t('cameras.person_gone', { id }))
  }
  const free = known.filter((p) => !named.includes(p.id))
  return (
    <fieldset className="named" data-named={label}>
      <legend>{label}</legend>
      {named.length === 0 && <span className="dim">{none}</span>}
      <ul>
        {named.map((id) => (
          <li key={id} className="chip" data-name={id}>
            <bdi>{words(id)}</bdi>
            <button
              type="button"
              className="btn sm ghost"
              aria-label={t('cameras.name_remove', { name: words(id) })}
              onClick={() => onNamed(named.filter((one) => one !== id))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <select
        className="input"
        aria-label={t('cameras.name_add', { list: label })}
        value=""
        onChange={(e) => onNamed([...named, e.target.value])}
      >
        <option value="" disabled>
          {t('cameras.name_add_short')}
        </option>
        <optgroup label={t('cameras.names_roles')}>
          {roles
            .filter((one) => !named.includes(ROLE + one))
            .map((one) => (
              <option key={one} value={ROLE + one}>
                {t('cameras.all_of_role', { role: role(one) })}
              </option>
            ))}
        </optgroup>
        {free.length > 0 && (
          <optgroup label={t('cameras.names_people')}>
            {free.map((p) => (
              <option key={p.id} value={p.id}>
                {[p.name, (p.roles ?? []).map(role).join(', ')].filter(Boolean).join(' · ')}
              </option>
            ))}
          </optgroup>
        )}
      </select>
      {people.error !== null && <small className="faint">{t('cameras.people_unknown')}</small>}
    </fieldset>
  )
}
