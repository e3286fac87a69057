import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { At } from '../shell/times'
import { refusedWords } from './words'

interface Feed {
  active: boolean
  made_at: string
}

/** The secret address of one's own calendar; it is shown once, and a new one ends the old. */
export default function CalendarLink({ station }: { station: string }) {
  const { t } = useTranslation()
  const path = `/rosters/${station}/mine/calendar`
  const got = useQuery({ queryKey: ['rosters', station, 'feed'], queryFn: ({ signal }) => ask<Feed>(path, { signal }) })
  const [address, setAddress] = useState('')
  const [fault, setFault] = useState<unknown>(null)
  const act = async (method: 'POST' | 'DELETE') => {
    setFault(null)
    setAddress('')
    try {
      const made = await ask<{ address?: string } | undefined>(path, { method })
      if (made?.address) setAddress(new URL(made.address, location.origin).href)
    } catch (why) {
      setFault(why)
    }
    await got.refetch()
  }
  return (
    <section aria-label={t('rosters.calendar')}>
      <h2 className="h3">
        {t('rosters.calendar')}
        <span className="grow" />
        <button type="button" className="btn sm" onClick={() => void act('POST')}>
          {t(got.data?.active ? 'rosters.calendar_renew' : 'rosters.calendar_make')}
        </button>
        {got.data?.active && (
          <button type="button" className="btn sm" onClick={() => void act('DELETE')}>
            {t('rosters.calendar_end')}
          </button>
        )}
      </h2>
      <div className="pad">
        {fault !== null && (
          <p className="fault" role="alert">
            {refusedWords(t, fault)}
          </p>
        )}
        {address ? (
          <>
            <p>{t('rosters.calendar_once')}</p>
            <code className="once">{address}</code>
          </>
        ) : (
          <p className="dim">
            {got.data?.active ? (
              <>
                {t('rosters.calendar_active')} <At at={got.data.made_at} short />
              </>
            ) : (
              t('rosters.calendar_why')
            )}
          </p>
        )}
      </div>
    </section>
  )
}
