import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import { FormDialog } from '../shell/form-dialog'
import type { Roster } from './roster'
import { refusedWords } from './words'

/** Gives a draft up: it is kept in the record and cannot be opened again. */
export default function Drop({ roster, onClose }: { roster: Roster; onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const navigate = useNavigate({ from: '/rosters' })
  return (
    <FormDialog
      title={t('rosters.drop')}
      submit={t('rosters.drop_do')}
      danger
      words={(_, fault) => refusedWords(t, fault)}
      onClose={onClose}
      send={async () => {
        await ask(`/rosters/${roster.station}/drafts/${roster.draft}`, { method: 'DELETE' })
        await client.invalidateQueries({ queryKey: ['rosters', roster.station, 'drafts'] })
        void navigate({ search: (old) => ({ ...old, draft: undefined, side: undefined }) })
      }}
    >
      <p>{t('rosters.drop_why', { name: roster.board.draft?.name ?? '' })}</p>
    </FormDialog>
  )
}
