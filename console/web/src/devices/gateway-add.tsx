import { Select, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../ask'
import type { Gateway } from '../contract'
import { refusalWords } from '../i18n/words'
import { ALL, useDesk } from '../session/desk'
import { CopyText } from '../shell/copy'
import { Dialog } from '../shell/dialog'

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Adds a gateway and shows its credential, this one time. */
export default function AddGateway({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { stations, station } = useDesk()
  const client = useQueryClient()
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [at, setAt] = useState<string | null>(station === ALL ? (stations[0]?.id ?? null) : station)
  const [tried, setTried] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [made, setMade] = useState<{ gateway: Gateway; credential: string } | null>(null)

  const send = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!ID.test(id) || !at) return
    setFault(null)
    try {
      setMade(await ask('/gateways', { method: 'POST', body: { id, station: at, name: name || id } }))
      void client.invalidateQueries({ queryKey: ['devices'] })
    } catch (why) {
      setFault(why)
    }
  }
  return (
    <Dialog title={t('devices.add_gateway')} onClose={onClose} wide={made !== null}>
      {made ? (
        <div className="body">
          <p>{t('devices.credential_once')}</p>
          <CopyText label={t('devices.credential')} text={made.credential} />
          <p>{t('devices.credential_file')}</p>
          <CopyText label="gateway.yaml" text={sample(made.gateway)} />
          <div className="actions">
            <button type="button" className="btn pri" onClick={onClose}>
              {t('devices.credential_kept')}
            </button>
          </div>
        </div>
      ) : (
        <form className="body" onSubmit={send}>
          <TextInput
            label={t('devices.gateway_id')}
            description={t('devices.gateway_id_rule')}
            required
            withAsterisk={false}
            error={tried && !ID.test(id) ? t('devices.gateway_id_bad') : undefined}
            value={id}
            onChange={(e) => setId(e.currentTarget.value.trim())}
          />
          <TextInput label={t('devices.gateway_name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Select
            label={t('shell.station')}
            data={stations.map((s) => ({ value: s.id, label: s.name }))}
            value={at}
            onChange={setAt}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
          />
          {fault !== null && (
            <div className="fault" role="alert">
              {refusalWords(t, fault)}
            </div>
          )}
          <div className="actions">
            <button type="submit" className="btn pri">
              {t('devices.add_gateway')}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

/** A configuration to begin with. The credential stands in a file of its own. */
function sample(gateway: Gateway): string {
  return `id: ${gateway.id}
station: ${gateway.station}
console_url: ${location.origin}
broker: tls://${location.hostname}:8883
credential_file: ${gateway.id}.credential
read_only: true   # looks and never writes; take it away when commands may be given
devices:
  - id: fire-1
    profile: fire/siemens-nk8237
    address: 192.0.2.10:502
    unit: 1
    name: Fire panel
    location: Block A, guard room
`
}
