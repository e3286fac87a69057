// How guarded the station and its places are now: what is set, what may be set,
// and what that does.
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { refusalWords, verbWords } from '../i18n/words'
import { useThings } from '../live'
import { OneStation, useOneStation } from '../rationale/station'
import { useDesk } from '../session/desk'
import { Dialog } from '../shell/dialog'
import { Outcome } from '../shell/field'
import { useKept } from '../shell/kept'
import { Failed, Loading } from '../shell/states'
import { Age, At } from '../shell/times'
import { Second } from './approvals'
import type { Approval, Posture, PostureDefinition, PostureDefinitions, PostureStep } from './door'
import { ScopePicker } from './lockdown'
import { PostureEditor } from './posture-editor'
import { moved } from './posture-list'
import './doors.css'
import './editors.css'

const NEW = 'new!' // no id of a posture looks like this

export default function Postures() {
  const { t } = useTranslation()
  const desk = useDesk()
  const { station } = useOneStation()
  const search = useSearch({ from: '/doors' })
  const navigate = useNavigate({ from: '/doors' })
  const [choosing, setChoosing] = useState<PostureDefinition | null>(null)
  const set = useThings<Posture>('posture').filter((p) => p.station === station)
  const kept = useKept<PostureDefinitions>(`/posture-definitions/${encodeURIComponent(station)}`, station !== '')
  const may = desk.may('postures.set', station)
  const edit = desk.may('postures.edit', station)
  const show = (id: string | undefined) =>
    void navigate({ search: (s) => ({ ...s, edit: id }), replace: search.edit !== undefined })
  const list = kept.now?.postures ?? []
  const open = list.find((p) => p.id === search.edit)
  const shift = (i: number, by: number) =>
    void kept.save({ postures: moved(list, i, by), version: kept.now?.version ?? 0 })
  return (
    <div className={open || search.edit === NEW ? 'postures-cols open' : 'postures-cols'}>
      <div className="scroll pad postures" tabIndex={0} role="group" aria-label={t('doors.tab.postures')}>
        <h3 className="h3">{t('posture.now')}</h3>
        {set.length === 0 && <p className="empty">{t('posture.usual')}</p>}
        {set.map((p) => (
          <SetPosture key={p.id} posture={p} may={may} />
        ))}
        <div className="posture-head">
          <h3 className="h3">{t('posture.may')}</h3>
          <OneStation />
          <span className="grow" />
          {edit && kept.now && (
            <button type="button" className="btn sm" onClick={() => show(NEW)}>
              {t('posture.new')}
            </button>
          )}
        </div>
        <Outcome kept={kept} own={(at) => /^postures\.\d+\./.test(at)} />
        {kept.error ? (
          <Failed fault={kept.error} again={kept.again} />
        ) : !kept.now ? (
          <Loading />
        ) : list.length === 0 ? (
          <p className="empty">{t(edit ? 'posture.none_yet' : 'posture.none')}</p>
        ) : (
          <ul className="posture-list">
            {list.map((d, i) => (
              <li key={d.id} className="posture" data-colour={d.colour} data-definition={d.id}>
                <div>
                  <b>{d.title}</b>
                  <p className="dim">{d.description}</p>
                  <p className="faint">
                    {t('posture.actions', { set: d.set?.length ?? 0, clear: d.clear?.length ?? 0 })}
                  </p>
                </div>
                <span className="grow" />
                {edit && (
                  <>
                    <Move name={d.title} by={-1} off={kept.busy || i === 0} onMove={() => shift(i, -1)} />
                    <Move name={d.title} by={1} off={kept.busy || i === list.length - 1} onMove={() => shift(i, 1)} />
                    <button
                      type="button"
                      className="btn sm"
                      aria-label={t('posture.change_named', { title: d.title })}
                      aria-expanded={open === d}
                      onClick={() => show(d.id)}
                    >
                      {t('posture.change')}
                    </button>
                  </>
                )}
                {may && (
                  <button type="button" className="btn sm" data-posture={d.id} onClick={() => setChoosing(d)}>
                    {t('posture.set_it', { title: d.title })}
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
        {choosing && <SetDialog station={station} definition={choosing} onClose={() => setChoosing(null)} />}
      </div>
      {edit && kept.now && (open || search.edit === NEW) && (
        <PostureEditor
          key={`${station} ${open?.id ?? NEW} ${kept.now.version}`}
          station={station}
          kept={kept}
          id={open?.id ?? null}
          onSaved={show}
          onClose={() => show(undefined)}
        />
      )}
    </div>
  )
}

function Move(props: { name: string; by: -1 | 1; off: boolean; onMove: () => void }) {
  const { t } = useTranslation()
  return (
    <button
      type="button"
      className="btn sm ghost"
      aria-label={t(props.by < 0 ? 'posture.earlier' : 'posture.later', { title: props.name })}
      disabled={props.off}
      onClick={props.onMove}
    >
      {props.by < 0 ? '↑' : '↓'}
    </button>
  )
}

function SetPosture({ posture, may }: { posture: Posture; may: boolean }) {
  const { t } = useTranslation()
  const [fault, setFault] = useState<unknown>(null)
  const [second, setSecond] = useState<Approval | null>(null)
  const send = async (path: string, body?: object) => {
    setFault(null)
    try {
      const got = await ask<{ approval?: Approval | null }>(`/postures/${posture.id}/${path}`, { method: 'POST', body })
      if (got.approval) setSecond(got.approval)
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <section className="posture set" data-colour={posture.colour} data-posture-set={posture.posture}>
      <header>
        <b>{t('posture.at', { title: posture.title, name: posture.scope.name })}</b>
        <span className="dim">
          {posture.by_name}
          {posture.second && ` + ${posture.second}`} · <At at={posture.at} /> · <Age at={posture.at} />
          {posture.reason && ` · “${posture.reason}”`}
        </span>
        <span className="grow" />
        {may && !posture.cleared && (
          <button type="button" className="btn sm" data-clear onClick={() => void send('clear', {})}>
            {t('posture.clear')}
          </button>
        )}
        {posture.cleared && <span className="chip">{t('posture.clearing')}</span>}
      </header>
      <ol className="posture-steps">
        {posture.steps?.map((s, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place in the list
          <li key={i}>
            <Step step={s} />
            {s.kind !== 'doors' &&
              (s.done ? (
                <span className="faint">
                  {t('posture.done_by', { name: s.done.by_name })} <At at={s.done.at} />
                </span>
              ) : (
                may && (
                  <button type="button" className="btn sm" onClick={() => void send(`steps/${i}`)}>
                    {t('posture.done')}
                  </button>
                )
              ))}
          </li>
        ))}
      </ol>
      {fault !== null && (
        <div className="fault" role="alert">
          {refusalWords(t, fault)}
        </div>
      )}
      {second && <Second approval={second} onDone={() => setSecond(null)} />}
    </section>
  )
}

function Step({ step }: { step: PostureStep }) {
  const { t } = useTranslation()
  if (step.kind !== 'doors')
    return (
      <span>
        <span className="faint">{t(`posture.kind.${step.kind}`)}</span> {step.text}
      </span>
    )
  return (
    <span>
      <span className="faint">{t(step.text === 'restore' ? 'posture.kind.restore' : 'posture.kind.doors')}</span>{' '}
      {step.doors?.map((d) => (
        <span key={d.point} className="posture-door" data-state={d.state}>
          {d.name}: {verbWords(t, d.verb)}{' '}
          <span className={d.state === 'confirmed' ? 'faint' : 'chip'} title={d.text}>
            {t(`posture.outcome.${d.state}`)}
          </span>
          {d.state !== 'confirmed' && d.text && <small className="dim"> {d.text}</small>}
        </span>
      ))}
    </span>
  )
}

function SetDialog(props: { station: string; definition: PostureDefinition; onClose: () => void }) {
  const { station, definition, onClose } = props
  const { t } = useTranslation()
  const [place, setPlace] = useState('')
  const [reason, setReason] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const [second, setSecond] = useState<Approval | null>(null)
  const body = { station, place, posture: definition.id }
  const plan = useQuery({
    queryKey: ['posture-rehearsal', station, place, definition.id],
    queryFn: ({ signal }) =>
      ask<{ posture: Posture }>('/postures', { method: 'POST', body: { ...body, dry_run: true }, signal }),
  })
  const send = async () => {
    setFault(null)
    try {
      const got = await ask<{ approval?: Approval | null }>('/postures', { method: 'POST', body: { ...body, reason } })
      if (got.approval) setSecond(got.approval)
      else onClose()
    } catch (why) {
      setFault(why)
    }
  }
  const steps = plan.data?.posture.steps ?? []
  return (
    <Dialog title={t('posture.set_it', { title: definition.title })} onClose={onClose} wide>
      <div className="body posture" data-colour={definition.colour}>
        <ScopePicker station={station} value={place} onChange={setPlace} autofocus />
        <label className="field">
          {t('command.reason')}
          <input className="input" value={reason} maxLength={500} onChange={(e) => setReason(e.target.value)} />
        </label>
        {plan.isPending && <Loading />}
        {plan.error && <Failed fault={plan.error} />}
        {(['set', 'clear'] as const).map((phase) => (
          <div key={phase}>
            <h3 className="h3">{t(`posture.phase.${phase}`)}</h3>
            <ol className="posture-steps">
              {steps
                .filter((s) => s.phase === phase)
                .map((s, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place in the list
                  <li key={i}>
                    <Step step={s} />
                  </li>
                ))}
              {phase === 'clear' && <li className="dim">{t('posture.restores')}</li>}
            </ol>
          </div>
        ))}
        {fault !== null && (
          <div className="fault" role="alert">
            {refusalWords(t, fault)}
          </div>
        )}
        {second ? (
          <Second approval={second} onDone={onClose} />
        ) : (
          <div className="actions">
            <button
              type="button"
              className="btn pri"
              data-set-posture
              disabled={!plan.data}
              onClick={() => void send()}
            >
              {t('posture.set_now', { title: definition.title })}
            </button>
          </div>
        )}
      </div>
    </Dialog>
  )
}
