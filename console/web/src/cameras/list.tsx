// All cameras as a table, with one picture beside it: for those who use no wall.
import { useTranslation } from 'react-i18next'
import { Age, At } from '../shell/times'
import { type Camera, faultWords, placeOf, useStates, withState } from './camera'
import { Tile } from './tile'

export function CameraList(props: {
  cameras: Camera[]
  selected: string | undefined
  onSelect: (id: string | undefined) => void
}) {
  const { cameras, selected, onSelect } = props
  const { t } = useTranslation()
  const states = useStates()
  const shown = cameras.find((c) => c.id === selected || c.number === selected)
  return (
    <div className="camera-list">
      <div className="scroll" tabIndex={0} role="group" aria-label={t('cameras.list')}>
        <table className="table">
          <thead>
            <tr>
              {['number', 'name', 'place', 'state', 'kept', 'viewers'].map((head) => (
                <th key={head} scope="col">
                  {t(`cameras.head.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cameras.map((c) => {
              const state = withState(c, states)
              const bad = state.state === 'lost' || state.state === 'frozen'
              return (
                <tr key={c.id} aria-selected={shown?.id === c.id} data-listed={c.id} data-state={state.state}>
                  <td>
                    <button type="button" className="rowlink" onClick={() => onSelect(c.id)}>
                      <bdi>{c.number}</bdi>
                    </button>
                  </td>
                  <td>
                    <bdi>{c.name}</bdi> {c.demo && <span className="chip demo">DEMO</span>}
                  </td>
                  <td>
                    <bdi>{placeOf(c)}</bdi>
                  </td>
                  <td>
                    {c.may.watch ? (
                      <>
                        <span className={bad ? 'chip old' : state.state === 'unknown' ? 'chip late' : 'dim'}>
                          {t(`cameras.state.${state.state}`)}
                        </span>{' '}
                        {bad && <Age at={state.since} />}
                        {bad && state.last_picture && (
                          <div className="faint">
                            {t('cameras.last_picture')} <At at={state.last_picture} />
                          </div>
                        )}
                        {bad && <div className="faint">{faultWords(t, state)}</div>}
                      </>
                    ) : (
                      <span className="chip late">{t('cameras.state.refused')}</span>
                    )}
                  </td>
                  <td className="dim">
                    {c.record === null
                      ? t('cameras.recorder.off')
                      : c.record.hours > 0
                        ? t('cameras.kept_hours', { count: c.record.hours })
                        : t('cameras.kept_recorder')}
                    {state.recorder === 'stopped' && <span className="chip old">{t('cameras.recorder.stopped')}</span>}
                  </td>
                  <td className="dim num">{state.viewers}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      <div className="list-picture">
        {shown ? (
          <Tile
            key={shown.id}
            camera={shown}
            state={withState(shown, states)}
            sharp
            onRemove={() => onSelect(undefined)}
          />
        ) : (
          <p className="empty">{t('cameras.list_pick')}</p>
        )}
      </div>
    </div>
  )
}
