import { useState } from 'react'
import { useTranslation } from 'react-i18next'

/** A text that is shown once, to copy. Without a clipboard it can be selected. */
export function CopyText({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  return (
    <div className="field">
      <div style={{ display: 'flex', alignItems: 'center', gap: 8 }}>
        <span className="grow">{label}</span>
        {navigator.clipboard && (
          <button
            type="button"
            className="btn sm"
            onClick={() =>
              void navigator.clipboard.writeText(text).then(
                () => setCopied(true),
                () => setCopied(false),
              )
            }
          >
            {copied ? t('shell.copied') : t('shell.copy')}
          </button>
        )}
      </div>
      <code className="once mono" dir="ltr">
        {text}
      </code>
    </div>
  )
}
