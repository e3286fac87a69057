import { useTranslation } from 'react-i18next'
import type { RoleAt } from '../contract'
import { roleWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'

const all = ['officer', 'supervisor', 'chief', 'planner', 'auditor', 'technician', 'division', 'admin']

/** Roles times stations: which role at which station. */
export function RolesInput({ value, onChange }: { value: RoleAt[]; onChange: (roles: RoleAt[]) => void }) {
  const { t } = useTranslation()
  const { stations } = useDesk()
  const places = [{ id: ALL, name: t('users.everywhere') }, ...stations]
  const has = (role: string, station: string) => value.some((r) => r.role === role && r.station === station)
  const toggle = (role: string, station: string) =>
    onChange(
      has(role, station)
        ? value.filter((r) => r.role !== role || r.station !== station)
        : [...value, { role, station }],
    )
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ padding: 0, fontSize: 12.5 }}>{t('users.roles')}</legend>
      <div style={{ overflow: 'auto', maxBlockSize: 320 }} tabIndex={0} role="group" aria-label={t('users.roles')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('users.role')}</th>
              {places.map((place) => (
                <th scope="col" key={place.id}>
                  {place.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all.map((role) => (
              <tr key={role}>
                <th scope="row" style={{ position: 'static' }}>
                  {roleWords(t, role)}
                </th>
                {places.map((place) => (
                  <td key={place.id}>
                    <input
                      type="checkbox"
                      style={{ inlineSize: 20, blockSize: 20, margin: 2 }}
                      aria-label={t('users.role_at', { role: roleWords(t, role), station: place.name })}
                      checked={has(role, place.id)}
                      onChange={() => toggle(role, place.id)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </fieldset>
  )
}
