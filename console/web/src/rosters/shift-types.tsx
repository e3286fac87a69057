import { useTranslation } from 'react-i18next'
import { Choice, Entry } from '../shell/field'
import { type ShiftType, shiftClasses } from './contract'
import { minutesOf } from './coverage'
import { Roll, type RollProps } from './roll'
import { classWords, hoursWords } from './words'

const fresh = (): ShiftType => ({
  code: '',
  name: '',
  parts: [{ start: '06:00', end: '14:00' }],
  class: 'day',
  paid: 0,
  key: '',
  colour: '',
  gone: false,
})

export default function ShiftTypes({ station, rolls, write }: RollProps) {
  const { t } = useTranslation()
  return (
    <Roll<ShiftType>
      station={station}
      write={write}
      path="shift-types"
      kind="shift"
      label={t('rosters.tab.shifts')}
      items={rolls.register.shift_types}
      id={(s) => s.code}
      name={(s) => s.name || s.code}
      words={(s) => `${s.code} ${s.name} ${s.class}`}
      heads={['code', 'name', 'hours', 'class', 'paid', 'key']}
      row={(s) => [
        <span key="code" className={`rt roll-code ${s.class}`}>
          {s.code}
        </span>,
        s.name,
        <bdi key="hours">{s.parts.map((p) => `${p.start}–${p.end}`).join(', ')}</bdi>,
        classWords(t, s.class),
        hoursWords(t, minutesOf(s)),
        s.gone ? t('rosters.flag.gone') : s.key && <kbd>{s.key}</kbd>,
      ]}
      fresh={fresh}
      own={[]}
      form={(s, set, fault, isNew) => (
        <>
          <Entry
            label={t('rosters.head.code')}
            at="items.0.code"
            fault={fault}
            required
            readOnly={!isNew}
            maxLength={8}
            value={s.code}
            onChange={(e) => set({ code: e.target.value.trim() })}
          />
          <Entry
            label={t('rosters.head.name')}
            maxLength={60}
            value={s.name}
            onChange={(e) => set({ name: e.target.value })}
          />
          <Choice label={t('rosters.head.class')} value={s.class} onChange={(e) => set({ class: e.target.value })}>
            {shiftClasses.map((c) => (
              <option key={c} value={c}>
                {classWords(t, c)}
              </option>
            ))}
          </Choice>
          <Entry
            label={t('rosters.paid_hours')}
            hint={t('rosters.paid_hint')}
            at="items.0.paid"
            fault={fault}
            type="number"
            min={0}
            max={48}
            step={0.25}
            value={s.paid / 60}
            onChange={(e) => set({ paid: Math.round(Number(e.target.value) * 60) })}
          />
          <Entry
            label={t('rosters.board_key')}
            hint={t('rosters.board_key_hint')}
            maxLength={1}
            value={s.key}
            onChange={(e) => set({ key: e.target.value.toUpperCase() })}
          />
          <label className="check">
            <input type="checkbox" checked={s.gone} onChange={(e) => set({ gone: e.target.checked })} />{' '}
            {t('rosters.flag.gone')}
          </label>
          <section className="roll-wide" aria-label={t('rosters.head.hours')}>
            <h3 className="h3">{t('rosters.head.hours')}</h3>
            {s.parts.map((p, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
              <div key={i} className="roll-row">
                <input
                  className="input time"
                  inputMode="numeric"
                  pattern="([01]\d|2[0-3]):[0-5]\d"
                  placeholder="06:00"
                  aria-label={t('rosters.from_n', { n: i + 1 })}
                  value={p.start}
                  onChange={(e) =>
                    set({ parts: s.parts.map((one, n) => (n === i ? { ...one, start: e.target.value } : one)) })
                  }
                />
                <input
                  className="input time"
                  inputMode="numeric"
                  pattern="([01]\d|2[0-3]):[0-5]\d"
                  placeholder="06:00"
                  aria-label={t('rosters.to_n', { n: i + 1 })}
                  value={p.end}
                  onChange={(e) =>
                    set({ parts: s.parts.map((one, n) => (n === i ? { ...one, end: e.target.value } : one)) })
                  }
                />
                {s.parts.length > 1 && (
                  <button
                    type="button"
                    className="btn sm ghost"
                    onClick={() => set({ parts: s.parts.filter((_, n) => n !== i) })}
                  >
                    {t('rosters.remove')}
                  </button>
                )}
              </div>
            ))}
            {s.parts.length < 4 && (
              <button
                type="button"
                className="btn sm"
                onClick={() => set({ parts: [...s.parts, { start: '15:00', end: '19:00' }] })}
              >
                {t('rosters.add_part')}
              </button>
            )}
          </section>
        </>
      )}
    />
  )
}
