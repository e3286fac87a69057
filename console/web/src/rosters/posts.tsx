import { useTranslation } from 'react-i18next'
import { Choice, Entry, Field } from '../shell/field'
import { type Post, ranks } from './contract'
import { Named } from './options'
import { Listed, Roll, type RollProps } from './roll'
import { qualificationWords, rankWords } from './words'

const fresh = (): Post => ({
  id: `P${Date.now().toString(36).toUpperCase()}`,
  name: '',
  place: '',
  area: '',
  mobile: false,
  standing: [{ weekdays: [], holidays_off: false, from: '06:00', to: '06:00', headcount: 1 }],
  shifts: [],
  min_rank: '',
  required: [],
  wished: [],
  armed: false,
  report: 0,
  meal_relief: 0,
  rotation: 0,
  check_call: 0,
  ceremonial: false,
  unpopular: false,
  lane: '',
  paired_with: '',
  weight: 0,
  gone: false,
})

const minutes = ['report', 'meal_relief', 'rotation', 'check_call'] as const
const flags = ['armed', 'mobile', 'ceremonial', 'unpopular', 'gone'] as const

export default function Posts({ station, rolls, write }: RollProps) {
  const { t } = useTranslation()
  const hours = (p: Post) =>
    p.standing
      .map((h) => {
        const days =
          h.weekdays.length === 0 || h.weekdays.length === 7
            ? t('rosters.every_day')
            : h.weekdays.map((d) => t(`rosters.weekday.${d}`)).join(' ')
        return `${days} ${h.from === h.to ? t('rosters.all_hours') : `${h.from}–${h.to}`}${h.headcount > 1 ? ` ×${h.headcount}` : ''}`
      })
      .join('; ')
  return (
    <Roll<Post>
      station={station}
      write={write}
      path="posts"
      kind="post"
      label={t('rosters.tab.posts')}
      items={rolls.register.posts}
      id={(p) => p.id}
      name={(p) => p.name}
      words={(p) => `${p.id} ${p.name} ${p.area} ${p.required.join(' ')}`}
      heads={['name', 'area', 'standing', 'shifts', 'asks', 'check_call']}
      row={(p) => [
        <bdi key="name">{p.name}</bdi>,
        p.area,
        <bdi key="hours">{hours(p)}</bdi>,
        p.shifts.join(' '),
        [
          p.min_rank ? t('rosters.rank_up', { rank: rankWords(t, p.min_rank) }) : '',
          ...p.required.map(qualificationWords),
          p.armed ? t('rosters.flag.armed') : '',
        ]
          .filter(Boolean)
          .join(', '),
        p.check_call > 0 ? t('rosters.minutes', { count: p.check_call }) : '–',
      ]}
      fresh={fresh}
      own={[]}
      form={(p, set, fault, isNew) => (
        <>
          <Entry
            label={t('rosters.head.name')}
            at="items.0.name"
            fault={fault}
            required
            maxLength={200}
            value={p.name}
            onChange={(e) => set({ name: e.target.value })}
          />
          <Entry
            label={t('rosters.code')}
            hint={isNew ? t('rosters.code_hint') : undefined}
            required
            readOnly={!isNew}
            maxLength={40}
            value={p.id}
            onChange={(e) => set({ id: e.target.value.trim() })}
          />
          <Entry
            label={t('rosters.head.area')}
            maxLength={200}
            value={p.area}
            onChange={(e) => set({ area: e.target.value })}
          />
          <Choice label={t('rosters.min_rank')} value={p.min_rank} onChange={(e) => set({ min_rank: e.target.value })}>
            <option value="">{t('rosters.any_rank')}</option>
            {ranks.map((r) => (
              <option key={r} value={r}>
                {rankWords(t, r)}
              </option>
            ))}
          </Choice>
          <Field label={t('rosters.required')} hint={t('rosters.comma_hint')}>
            {(w) => <Listed id={w.id} value={p.required} onChange={(required) => set({ required })} />}
          </Field>
          <Field label={t('rosters.wished')} hint={t('rosters.comma_hint')}>
            {(w) => <Listed id={w.id} value={p.wished} onChange={(wished) => set({ wished })} />}
          </Field>
          <Entry
            label={t('rosters.lane')}
            hint={t('rosters.lane_hint')}
            maxLength={60}
            value={p.lane}
            onChange={(e) => set({ lane: e.target.value })}
          />
          <Choice
            label={t('rosters.paired_with')}
            at="items.0.paired_with"
            fault={fault}
            value={p.paired_with}
            onChange={(e) => set({ paired_with: e.target.value })}
          >
            <option value="">–</option>
            <Named of={[...rolls.posts.values()].filter((o) => o.id !== p.id)} />
          </Choice>
          {minutes.map((name) => (
            <Entry
              key={name}
              label={t(`rosters.post_minutes.${name}`)}
              at={`items.0.${name}`}
              fault={fault}
              type="number"
              min={0}
              max={1440}
              value={p[name]}
              onChange={(e) => set({ [name]: Number(e.target.value) })}
            />
          ))}
          <Entry
            label={t('rosters.weight')}
            hint={t('rosters.weight_hint')}
            at="items.0.weight"
            fault={fault}
            type="number"
            min={0}
            max={100}
            value={p.weight}
            onChange={(e) => set({ weight: Number(e.target.value) })}
          />
          <fieldset className="roll-wide roll-checks" aria-label={t('rosters.shifts')}>
            <legend className="h3">{t('rosters.shifts')}</legend>
            {[...rolls.types.values()]
              .filter((type) => !type.gone || p.shifts.includes(type.code))
              .map((type) => (
                <label key={type.code} className="check">
                  <input
                    type="checkbox"
                    checked={p.shifts.includes(type.code)}
                    onChange={(e) =>
                      set({
                        shifts: e.target.checked ? [...p.shifts, type.code] : p.shifts.filter((c) => c !== type.code),
                      })
                    }
                  />
                  {type.code} {type.name}
                </label>
              ))}
          </fieldset>
          <fieldset className="roll-wide roll-checks" aria-label={t('rosters.flags')}>
            {flags.map((name) => (
              <label key={name} className="check">
                <input type="checkbox" checked={p[name]} onChange={(e) => set({ [name]: e.target.checked })} />{' '}
                {t(`rosters.flag.${name}`)}
              </label>
            ))}
          </fieldset>
          <section className="roll-wide" aria-label={t('rosters.head.standing')}>
            <h3 className="h3">{t('rosters.head.standing')}</h3>
            {p.standing.map((h, i) => {
              const change = (part: Partial<typeof h>) =>
                set({ standing: p.standing.map((one, n) => (n === i ? { ...one, ...part } : one)) })
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
                <div key={i} className="roll-row">
                  <span className="days">
                    {[1, 2, 3, 4, 5, 6, 7].map((d) => (
                      <button
                        key={d}
                        type="button"
                        className="day"
                        aria-pressed={h.weekdays.length === 0 || h.weekdays.includes(d)}
                        onClick={() => {
                          const now = h.weekdays.length === 0 ? [1, 2, 3, 4, 5, 6, 7] : h.weekdays
                          const next = now.includes(d) ? now.filter((one) => one !== d) : [...now, d].sort()
                          change({ weekdays: next.length === 7 ? [] : next })
                        }}
                      >
                        {t(`rosters.weekday.${d}`)}
                      </button>
                    ))}
                  </span>
                  <input
                    className="input time"
                    inputMode="numeric"
                    pattern="([01]\d|2[0-3]):[0-5]\d"
                    placeholder="06:00"
                    aria-label={t('rosters.from_n', { n: i + 1 })}
                    value={h.from}
                    onChange={(e) => change({ from: e.target.value })}
                  />
                  <input
                    className="input time"
                    inputMode="numeric"
                    pattern="([01]\d|2[0-3]):[0-5]\d"
                    placeholder="06:00"
                    aria-label={t('rosters.to_n', { n: i + 1 })}
                    value={h.to}
                    onChange={(e) => change({ to: e.target.value })}
                  />
                  <input
                    className="input count"
                    type="number"
                    min={1}
                    max={200}
                    aria-label={t('rosters.count_n', { n: i + 1 })}
                    value={h.headcount}
                    onChange={(e) => change({ headcount: Number(e.target.value) })}
                  />
                  <label className="check">
                    <input
                      type="checkbox"
                      checked={h.holidays_off}
                      onChange={(e) => change({ holidays_off: e.target.checked })}
                    />{' '}
                    {t('rosters.holidays_off')}
                  </label>
                  <button
                    type="button"
                    className="btn sm ghost"
                    onClick={() => set({ standing: p.standing.filter((_, n) => n !== i) })}
                  >
                    {t('rosters.remove')}
                  </button>
                </div>
              )
            })}
            <button
              type="button"
              className="btn sm"
              onClick={() =>
                set({
                  standing: [
                    ...p.standing,
                    { weekdays: [], holidays_off: false, from: '08:00', to: '16:00', headcount: 1 },
                  ],
                })
              }
            >
              {t('rosters.add_hours')}
            </button>
          </section>
        </>
      )}
    />
  )
}
