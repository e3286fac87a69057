// Who holds a card: the face, what the pass is, and in words what it is worth now.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { components } from '../api.d.ts'
import { ask } from '../ask'
import type { List } from '../contract'
import { useDesk } from '../session/desk'
import './people.css'

export type Person = components['schemas']['PeoplePerson']

interface Shown {
  station: string
  detail?: Record<string, string> | null
}

/** The holder of the card that a signal tells of, or of a card by its hash. */
export function PersonCard(props: { signal?: Shown; card?: string; station?: string; shown?: string }) {
  const { t } = useTranslation()
  const { may } = useDesk()
  const station = props.signal?.station ?? props.station ?? ''
  const hash = props.card ?? props.signal?.detail?.card_hash ?? ''
  const shown = props.shown ?? props.signal?.detail?.card ?? ''
  const allowed = may('people.read', station)
  const got = useQuery({
    queryKey: ['person-of-card', station, hash],
    queryFn: ({ signal }) => ask<List<Person>>('/people', { query: { station, card: hash, limit: 1 }, signal }),
    enabled: allowed && hash !== '',
    staleTime: 30_000,
  })
  if (!allowed || hash === '') return null
  const person = got.data?.items?.[0]
  if (got.isPending) return null
  if (!person)
    return (
      <div className="person" data-person="">
        <PersonFace person={null} />
        <p>{t('people.unknown_card', { card: shown })}</p>
      </div>
    )
  return (
    <div className="person" data-person={person.ref}>
      <PersonFace person={person} />
      <div>
        <div className="person-name">
          <bdi>{person.name}</bdi>
        </div>
        <div className="dim">
          {t(`people.class.${person.class}`)} · <span className="mono">{person.ref}</span>
        </div>
        <div className={person.standing === 'valid' ? 'dim' : ''} data-standing={person.standing}>
          {person.standing === 'valid' ? (
            t('people.means.valid')
          ) : (
            <strong>{t(`people.means.${person.standing}`, { date: person.expires })}</strong>
          )}
        </div>
      </div>
    </div>
  )
}

/** The face of somebody, or a place for one. */
export function PersonFace({ person }: { person: Person | null | undefined }) {
  const { t } = useTranslation()
  if (!person?.photo) return <span className="face none" role="img" aria-label={t('people.no_face')} />
  return (
    <img
      className="face"
      src={`/api/v1/people/${encodeURIComponent(person.id)}/photo`}
      alt={t('people.face_of', { name: person.name })}
      loading="lazy"
    />
  )
}
