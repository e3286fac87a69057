// The picture under the plan, the size of the sheet and its scale.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalWords } from '../../i18n/words'
import type { Picture } from '../schema'
import { upload } from '../upload'
import type { Doc } from './document'
import { NumberField, type SidebarProps } from './sidebar'

const LARGEST = 8 * 1024 * 1024

export function DrawingProperties({ doc, index, onDo, onTool }: SidebarProps) {
  const { t } = useTranslation()
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>(null)
  const [left, setLeft] = useState<string[]>([])
  const { drawing } = doc
  const take = async (file: File | undefined) => {
    if (!file) return
    setFault(null)
    setLeft([])
    if (file.size > LARGEST) {
      setFault(t('sites.too_large'))
      return
    }
    setBusy(true)
    try {
      const picture = await upload<Picture>(`/sites/${encodeURIComponent(index.site.station)}/drawings`, file)
      setLeft(picture.left_out ?? [])
      onDo(withPicture(doc, picture))
    } catch (refusal) {
      setFault(refusal)
    } finally {
      setBusy(false)
    }
  }
  const frame = (change: Partial<NonNullable<Doc['drawing']>>, step: string) =>
    drawing && onDo({ ...doc, drawing: { ...drawing, ...change } }, `frame ${step}`)
  return (
    <div className="props">
      <label className="field wide">
        {drawing ? t('sites.replace_drawing') : t('sites.upload_drawing')}
        <input
          className="input"
          type="file"
          accept=".svg,.png,image/svg+xml,image/png"
          disabled={busy}
          onChange={(e) => void take(e.target.files?.[0])}
        />
      </label>
      <p className="faint wide">{t('sites.drawing_why')}</p>
      {fault !== null && (
        <p className="fault wide" role="alert">
          {typeof fault === 'string' ? fault : refusalWords(t, fault)}
        </p>
      )}
      {left.length > 0 && (
        <p className="notice wide" role="status">
          {t('sites.left_out', { what: left.join(', ') })}
        </p>
      )}
      {drawing && (
        <>
          <label className="wide inline">
            <input
              type="checkbox"
              checked={drawing.invert}
              onChange={(e) => frame({ invert: e.target.checked }, 'invert')}
            />
            {t('sites.invert')}
          </label>
          <NumberField label={t('sites.frame_x')} value={drawing.x} onValue={(x) => frame({ x }, 'x')} />
          <NumberField label={t('sites.frame_y')} value={drawing.y} onValue={(y) => frame({ y }, 'y')} />
          <NumberField
            label={t('sites.frame_width')}
            value={drawing.width}
            least={1}
            onValue={(width) => frame({ width }, 'w')}
          />
          <NumberField
            label={t('sites.frame_height')}
            value={drawing.height}
            least={1}
            onValue={(height) => frame({ height }, 'h')}
          />
          <button type="button" className="btn sm wide" onClick={() => onDo({ ...doc, drawing: null })}>
            {t('sites.remove_drawing')}
          </button>
        </>
      )}
      <NumberField
        label={t('sites.width')}
        value={doc.width}
        least={1}
        onValue={(width) => onDo({ ...doc, width }, 'width')}
      />
      <NumberField
        label={t('sites.height')}
        value={doc.height}
        least={1}
        onValue={(height) => onDo({ ...doc, height }, 'height')}
      />
      <NumberField
        label={t('sites.scale')}
        value={doc.scale}
        least={0}
        most={1000}
        onValue={(scale) => onDo({ ...doc, scale }, 'scale')}
      />
      <button type="button" className="btn sm" onClick={() => onTool({ kind: 'measure' }, false)}>
        {t('sites.measure')}
      </button>
      {doc.scale > 0 && (
        <p className="faint wide">
          {t('sites.in_metres', {
            width: (doc.width * doc.scale).toFixed(1),
            height: (doc.height * doc.scale).toFixed(1),
          })}
        </p>
      )}
    </div>
  )
}

/** A new picture lies where the old one lay, so that everything drawn keeps its place; the first one gives the sheet its size. */
export function withPicture(doc: Doc, picture: Picture): Doc {
  const { hash, kind } = picture
  const old = doc.drawing
  if (old) {
    const height = Math.round(((old.width * picture.height) / picture.width) * 100) / 100
    return { ...doc, drawing: { ...old, hash, kind, height } }
  }
  const used = doc.areas.length + doc.points.length + doc.cameras.length + doc.labels.length > 0
  if (used) {
    const k = Math.min(doc.width / picture.width, doc.height / picture.height)
    return {
      ...doc,
      drawing: { hash, kind, x: 0, y: 0, width: picture.width * k, height: picture.height * k, invert: false },
    }
  }
  // A sheet of about a thousand units is handy, whatever the picture counts in.
  const k = 1200 / picture.width
  const [width, height] = [1200, Math.max(1, Math.round(picture.height * k))]
  return { ...doc, width, height, drawing: { hash, kind, x: 0, y: 0, width, height, invert: false } }
}
