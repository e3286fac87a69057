// The cameras beside the wall: pick one for the selected tile, or drag it there.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading } from '../shell/states'
import { type Camera, placeOf, useStates, withState } from './camera'
import { draggable } from './drag'
import { FOLLOW, type Layout } from './wall'

export function CameraSide(props: {
  cameras: Camera[]
  layout: Layout
  waiting: boolean
  onChoose: (id: string) => void
}) {
  const { cameras, layout, waiting, onChoose } = props
  const { t } = useTranslation()
  const states = useStates()
  const [wish, setWish] = useState('')
  const words = wish.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const found = cameras.filter((c) => {
    const text = `${c.number} ${c.name} ${placeOf(c)}`.toLocaleLowerCase()
    return words.every((w) => text.includes(w))
  })
  return (
    <section className="panel camera-side" aria-label={t('cameras.cameras')} data-panel>
      <div className="ph">
        <h2>{t('cameras.cameras')}</h2>
        <span className="dim">{cameras.length}</span>
      </div>
      <div className="side-find">
        <input
          className="input"
          type="search"
          aria-label={t('cameras.find')}
          placeholder={t('cameras.find')}
          value={wish}
          onChange={(e) => setWish(e.target.value)}
        />
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t('cameras.cameras')}>
        {waiting && <Loading />}
        <ul className="camera-rows">
          <li>
            <button
              type="button"
              className="camera-row"
              data-follow
              {...draggable({ what: FOLLOW, words: t('cameras.follow') })}
              aria-pressed={layout.places.includes(FOLLOW)}
              onClick={() => onChoose(FOLLOW)}
            >
              <b>{t('cameras.follow')}</b>
              <span className="dim">{t('cameras.follow_what')}</span>
            </button>
          </li>
          {found.map((c) => {
            const state = withState(c, states)
            return (
              <li key={c.id}>
                <button
                  type="button"
                  className="camera-row"
                  data-camera-row={c.id}
                  {...draggable({ what: c.id, words: `${c.number} ${c.name}` })}
                  aria-pressed={layout.places.includes(c.id)}
                  onClick={() => onChoose(c.id)}
                >
                  <span className="row-name">
                    <b>
                      <bdi>{c.number}</bdi>
                    </b>{' '}
                    <bdi>{c.name}</bdi>
                  </span>
                  <span className="dim">
                    <bdi>{placeOf(c)}</bdi>
                  </span>
                  <StateWord state={c.may.watch ? state.state : 'refused'} />
                </button>
              </li>
            )
          })}
        </ul>
        {!waiting && found.length === 0 && <p className="empty">{t('cameras.nothing_found')}</p>}
      </div>
    </section>
  )
}

/** How a camera is, where it is not as it should be. */
export function StateWord({ state }: { state: string }) {
  const { t } = useTranslation()
  if (state === 'live' || state === 'connecting') return null
  return (
    <span className={state === 'refused' || state === 'unknown' ? 'chip late' : 'chip old'} data-state={state}>
      {t(`cameras.state.${state}`)}
    </span>
  )
}
