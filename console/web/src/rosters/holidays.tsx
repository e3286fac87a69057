import { useTranslation } from 'react-i18next'
import { Field } from '../shell/field'
import type { Holiday } from './contract'
import { dayWords } from './days'
import { Roll, type RollProps } from './roll'

export default function Holidays({ station, rolls, write }: RollProps) {
  const { t, i18n } = useTranslation()
  return (
    <Roll<Holiday>
      station={station}
      write={write}
      path="holidays"
      kind="holiday"
      label={t('rosters.tab.holidays')}
      items={rolls.register.holidays}
      id={(h) => h.date}
      name={(h) => h.name}
      words={(h) => `${h.date} ${h.name}`}
      heads={['date', 'name']}
      row={(h) => [<bdi key="date">{dayWords(h.date, i18n.language, true)}</bdi>, h.name]}
      fresh={() => ({ date: '', name: '' })}
      own={[]}
      form={(h, set, fault, isNew) => (
        <>
          <Field label={t('rosters.head.date')} at="items.0.date" fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                type="date"
                required
                readOnly={!isNew}
                value={h.date}
                onChange={(e) => set({ date: e.target.value })}
              />
            )}
          </Field>
          <Field label={t('rosters.head.name')} at="items.0.name" fault={fault}>
            {(w) => (
              <input
                {...w}
                className="input"
                required
                maxLength={100}
                value={h.name}
                onChange={(e) => set({ name: e.target.value })}
              />
            )}
          </Field>
        </>
      )}
    />
  )
}
