import { useTranslation } from 'react-i18next'
import { ageWords } from '../i18n/words'
import { useEachSecond } from '../live'
import { happened, type Line, type Note, type PostLine } from './board'
import { Hour } from './hour'

export function PostsTable(props: {
  posts: PostLine[]
  chosen: string | undefined
  write: boolean
  onChoose: (id: string) => void
  onCall: (post: PostLine) => void
  onNote: (line: Line, what: Note) => void
}) {
  const { posts, chosen, write, onChoose, onCall, onNote } = props
  const { t } = useTranslation()
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t('dutyboard.posts')} data-focus>
      <table className="table duty-posts">
        <caption className="sr">{t('dutyboard.posts')}</caption>
        <thead>
          <tr>
            {['post', 'now', 'next', 'call'].map((head) => (
              <th scope="col" key={head}>
                {t(`dutyboard.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {posts.map((p) => (
            <tr
              key={p.id}
              id={`duty-post-${p.id}`}
              className={chosen === p.id ? 'on pick' : 'pick'}
              data-post={p.id}
              data-short={p.post.short}
              onClick={() => onChoose(p.id)}
            >
              <th scope="row" className="duty-post">
                <bdi>{p.name}</bdi>
                <span className="faint">{p.area}</span>
              </th>
              <td>
                {p.standing.map((l) => (
                  <div key={l.key} className="duty-man">
                    <b>
                      <bdi>{l.name}</bdi>
                    </b>{' '}
                    <span className="dim">
                      <Hour at={happened(l.duty.on_post_at)} />
                    </span>
                    {l.duty.overtime > 0 && (
                      <span className="chip up">
                        {t('dutyboard.overtime', { time: ageWords(t, l.duty.overtime * 60) })}
                      </span>
                    )}
                  </div>
                ))}
                {p.post.short > 0 ? (
                  <span className="duty-short">
                    {p.standing.length === 0 ? (
                      <>
                        {t('dutyboard.lacking', { count: p.post.short })} · <Hour at={p.post.since} />
                      </>
                    ) : (
                      t('dutyboard.lacking', { count: p.post.short })
                    )}
                  </span>
                ) : (
                  p.standing.length === 0 && <span className="faint">{t('dutyboard.closed')}</span>
                )}
              </td>
              <td>
                {p.next.slice(0, 3).map((l) => (
                  <div key={l.key} className="duty-man">
                    <bdi>{l.name}</bdi>{' '}
                    <span className={l.wrong ? 'duty-short' : 'dim'}>
                      {l.wrong || l.duty.presence === 'present' ? t(`dutyboard.presence.${l.duty.presence}`) : ''}{' '}
                      <Hour at={l.duty.starts} />
                    </span>
                    {write && (l.wrong || l.duty.presence === 'present') && (
                      <button type="button" className="btn sm" onClick={() => onNote(l, 'stand')}>
                        {t('dutyboard.do.stand')}
                      </button>
                    )}
                  </div>
                ))}
              </td>
              <td>{p.call && <Call post={p} write={write} onCall={() => onCall(p)} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** When the next check call is due, and the button for "OK". */
function Call({ post, write, onCall }: { post: PostLine; write: boolean; onCall: () => void }) {
  const { t } = useTranslation()
  const due = Date.parse(post.post.call_due)
  const words = useEachSecond((now) => {
    const left = Math.round((due - now) / 1000)
    return left > 0
      ? t('dutyboard.call_in', { age: ageWords(t, left) })
      : t(post.post.call === 'missed' ? 'dutyboard.call_missed' : 'dutyboard.call_late', { age: ageWords(t, -left) })
  })
  const bad = post.post.call !== 'waiting'
  return (
    <div className="duty-call" data-call={post.post.call}>
      <span className={bad ? 'duty-short' : 'dim'}>
        <bdi>{words}</bdi>
      </span>
      {write && (
        <button
          type="button"
          className={bad ? 'btn sm pri' : 'btn sm'}
          aria-label={t('dutyboard.ok_name', { post: post.name })}
          title={post.post.call_by ? t('dutyboard.called_by', { name: post.post.call_by }) : undefined}
          onClick={(e) => {
            e.stopPropagation()
            onCall()
          }}
        >
          {t('dutyboard.ok')}
        </button>
      )}
    </div>
  )
}
