// One posture: what it is called, what is done when it is set and when it ends.
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { verbWords } from '../i18n/words'
import { useThings } from '../live'
import { Field, faultOf } from '../shell/field'
import type { Kept } from '../shell/kept'
import { Failed, Loading } from '../shell/states'
import { allDoors, type Posture, type PostureDefinition, type PostureDefinitions } from './door'
import {
  actionKinds,
  blankAction,
  blankPosture,
  colours,
  moved,
  type Phase,
  type PostureAction,
  placeIn,
  postureId,
  postureVerbs,
} from './posture-list'

const MOST = 50 // actions of a list

export function PostureEditor(props: {
  station: string
  kept: Kept<PostureDefinitions>
  id: string | null // null: a new one
  onSaved: (id: string) => void
  onClose: () => void
}) {
  const { station, kept, id, onSaved, onClose } = props
  const { t } = useTranslation()
  const all = kept.now?.postures ?? []
  const at = id === null ? all.length : all.findIndex((p) => p.id === id)
  const was = id === null ? undefined : all[at]
  const [draft, setDraft] = useState<PostureDefinition>(() => was ?? blankPosture(all))
  const isSet = useThings<Posture>('posture').some((p) => p.station === station && p.posture === id)
  const changed = JSON.stringify(draft) !== JSON.stringify(was ?? blankPosture(all))
  const found = faultOf(kept.fault)
  const wrong = found && { field: placeIn(found.field, at), reason: found.reason }
  const faultAt = (field: string) => (wrong?.field === field ? wrong.reason : '')
  const put = (postures: PostureDefinition[]) => kept.save({ postures, version: kept.now?.version ?? 0 })
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const taken = all.map((p) => p.id)
    const one = was ? draft : { ...draft, id: postureId(draft.title, taken) }
    if (await put(was ? all.with(at, one) : [...all, one])) onSaved(one.id)
  }
  const remove = async () => {
    if (await put(all.toSpliced(at, 1))) onClose()
  }
  const list = (phase: Phase) => ({
    phase,
    actions: draft[phase] ?? [],
    change: (actions: PostureAction[]) => setDraft({ ...draft, [phase]: actions }),
  })
  if (id !== null && !was) return null
  return (
    <section className="panel posture-editor" aria-label={was?.title ?? t('posture.new')} data-panel>
      <div className="ph">
        <h2>
          <bdi>{was?.title ?? t('posture.new')}</bdi>
        </h2>
        <div className="grow" />
        <button type="button" className="btn ghost sm" onClick={onClose}>
          {t(changed ? 'posture.discard' : 'shell.close')}
        </button>
      </div>
      <form
        className="scroll pad posture-form"
        data-colour={draft.colour}
        onSubmit={(e) => void save(e)}
        aria-label={was?.title ?? t('posture.new')}
      >
        {isSet && <p className="notice-box">{t('posture.is_set')}</p>}
        <div className="posture-facts">
          <Field label={t('posture.title')} at={`postures.${at}.title`} fault={kept.fault}>
            {(wiring) => (
              <input
                {...wiring}
                className="input"
                required
                maxLength={80}
                value={draft.title}
                onChange={(e) => setDraft({ ...draft, title: e.target.value })}
              />
            )}
          </Field>
          <Colours value={draft.colour} onChange={(colour) => setDraft({ ...draft, colour })} />
        </div>
        <Field label={t('posture.description')} at={`postures.${at}.description`} fault={kept.fault}>
          {(wiring) => (
            <textarea
              {...wiring}
              className="input"
              rows={2}
              maxLength={1000}
              value={draft.description}
              onChange={(e) => setDraft({ ...draft, description: e.target.value })}
            />
          )}
        </Field>
        <Actions {...list('set')} station={station} faultAt={faultAt} />
        <Actions {...list('clear')} station={station} faultAt={faultAt} />
        <div className="acts">
          <button type="submit" className="btn pri" disabled={kept.busy || !changed}>
            {t('shell.save')}
          </button>
          {was && (
            <button type="button" className="btn danger" disabled={kept.busy || isSet} onClick={() => void remove()}>
              {t('posture.remove')}
            </button>
          )}
        </div>
      </form>
    </section>
  )
}

function Colours(props: { value: string; onChange: (colour: PostureDefinition['colour']) => void }) {
  const { t } = useTranslation()
  return (
    <fieldset className="posture-colours">
      <legend>{t('posture.colour')}</legend>
      {colours.map((c) => (
        <label key={c} data-colour={c}>
          <input type="radio" name="colour" checked={props.value === c} onChange={() => props.onChange(c)} />
          <i aria-hidden />
          {t(`posture.colours.${c}`)}
        </label>
      ))}
    </fieldset>
  )
}

interface Listed {
  phase: Phase
  actions: PostureAction[]
  change: (actions: PostureAction[]) => void
  station: string
  faultAt: (field: string) => string
}

function Actions({ phase, actions, change, station, faultAt }: Listed) {
  const { t } = useTranslation()
  const heading = useId()
  return (
    <section className="posture-actions" aria-labelledby={heading} data-phase={phase}>
      <h3 className="h3" id={heading}>
        {t(`posture.phase.${phase}`)}
      </h3>
      {actions.length === 0 && <p className="dim">{t(`posture.no_actions.${phase}`)}</p>}
      <ol>
        {actions.map((a, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an action is known by its place in the list
          <li key={i} className="posture-action">
            <Action
              action={a}
              name={t('posture.nth', { n: i + 1 })}
              station={station}
              wrong={faultAt(`${phase}.${i}.text`) || faultAt(`${phase}.${i}.verb`) || faultAt(`${phase}.${i}.doors`)}
              onChange={(next) => change(actions.with(i, next))}
            />
            <span className="posture-moves">
              {([-1, 1] as const).map((by) => (
                <button
                  key={by}
                  type="button"
                  className="btn sm ghost"
                  aria-label={t(by < 0 ? 'posture.up' : 'posture.down', { n: i + 1 })}
                  disabled={i + by < 0 || i + by >= actions.length}
                  onClick={() => change(moved(actions, i, by))}
                >
                  {by < 0 ? '↑' : '↓'}
                </button>
              ))}
              <button
                type="button"
                className="btn sm ghost"
                aria-label={t('posture.take_out', { n: i + 1 })}
                onClick={() => change(actions.toSpliced(i, 1))}
              >
                ×
              </button>
            </span>
          </li>
        ))}
      </ol>
      {phase === 'clear' && <p className="faint">{t('posture.restores')}</p>}
      {actions.length < MOST && (
        <div className="acts" style={{ marginBlockStart: 4 }}>
          {actionKinds.map((kind) => (
            <button
              key={kind}
              type="button"
              className="btn sm"
              data-add={`${phase}-${kind}`}
              onClick={() => change([...actions, blankAction(kind)])}
            >
              + {t(`posture.kind.${kind}`)}
            </button>
          ))}
        </div>
      )}
    </section>
  )
}

function Action(props: {
  action: PostureAction
  name: string
  station: string
  wrong: string
  onChange: (action: PostureAction) => void
}) {
  const { action, name, station, wrong, onChange } = props
  const { t } = useTranslation()
  const id = useId()
  const label = `${name}: ${t(`posture.kind.${action.kind}`)}`
  return (
    <div className="posture-do" role="group" aria-label={name}>
      <span className="chip">{t(`posture.kind.${action.kind}`)}</span>
      {action.kind === 'doors' ? (
        <DoorsDo action={action} label={label} station={station} onChange={onChange} />
      ) : (
        <textarea
          className="input"
          rows={2}
          required
          maxLength={1000}
          aria-label={label}
          aria-invalid={wrong !== ''}
          aria-describedby={wrong ? id : undefined}
          placeholder={t(`posture.say.${action.kind}`)}
          value={action.text ?? ''}
          onChange={(e) => onChange({ ...action, text: e.target.value })}
        />
      )}
      {wrong && (
        <small className="wrong" role="alert" id={id}>
          {wrong}
        </small>
      )}
    </div>
  )
}

/** What doors are told, and which: all of the place for which the posture is set, or those that are named. */
function DoorsDo(props: {
  action: PostureAction
  label: string
  station: string
  onChange: (action: PostureAction) => void
}) {
  const { action, label, station, onChange } = props
  const { t } = useTranslation()
  const got = useQuery({
    queryKey: ['doors', station],
    queryFn: ({ signal }) => allDoors(station, signal),
    staleTime: 30_000,
  })
  const named = action.doors ?? []
  const [some, setSome] = useState(named.length > 0)
  const verb = action.verb ?? 'lock'
  const doors = (got.data ?? []).toSorted((a, b) => a.name.localeCompare(b.name))
  const meant = some ? doors.filter((d) => named.includes(d.id)) : doors
  const cannot = meant.filter((d) => !(d.verbs ?? []).includes(verb))
  const spared = verb === 'block' ? meant.filter((d) => d.escape && !cannot.includes(d)) : []
  const gone = got.data ? named.filter((id) => !doors.some((d) => d.id === id)) : []
  const names = (list: typeof doors) => list.map((d) => d.name).join(', ')
  return (
    <div className="posture-doors">
      <select
        className="input"
        aria-label={`${label}, ${t('posture.what')}`}
        value={verb}
        onChange={(e) => onChange({ ...action, verb: e.target.value })}
      >
        {postureVerbs.map((v) => (
          <option key={v} value={v}>
            {verbWords(t, v)}
          </option>
        ))}
      </select>
      <select
        className="input"
        aria-label={`${label}, ${t('posture.which')}`}
        value={some ? 'some' : 'all'}
        onChange={(e) => {
          setSome(e.target.value === 'some')
          if (e.target.value === 'all') onChange({ ...action, doors: [] })
        }}
      >
        <option value="all">{t('posture.all_doors')}</option>
        <option value="some" disabled={doors.length === 0 && named.length === 0}>
          {t('posture.these_doors')}
        </option>
      </select>
      {got.error ? <Failed fault={got.error} again={() => void got.refetch()} /> : got.isPending && <Loading />}
      {some && got.data && (
        <fieldset className="posture-picks">
          <legend className="sr">{t('posture.which')}</legend>
          {doors.map((d, i) => (
            <label key={d.id} className="check">
              <input
                type="checkbox"
                required={i === 0 && named.length === 0}
                checked={named.includes(d.id)}
                onChange={(e) =>
                  onChange({ ...action, doors: e.target.checked ? [...named, d.id] : named.filter((x) => x !== d.id) })
                }
              />
              <bdi>{d.name}</bdi>
              {d.escape && <span className="faint">{t('doors.escape')}</span>}
            </label>
          ))}
          {gone.map((id) => (
            <label key={id} className="check">
              <input
                type="checkbox"
                checked
                onChange={() => onChange({ ...action, doors: named.filter((x) => x !== id) })}
              />
              <bdi className="mono">{id}</bdi> <span className="faint">{t('posture.door_gone')}</span>
            </label>
          ))}
        </fieldset>
      )}
      {some && named.length === 0 && <small className="wrong">{t('posture.none_named')}</small>}
      {spared.length > 0 && <small className="dim">{t('posture.never_blocked', { names: names(spared) })}</small>}
      {cannot.length > 0 && got.data && (
        <small className="dim">{t('posture.cannot', { names: names(cannot), verb: verbWords(t, verb) })}</small>
      )}
    </div>
  )
}
