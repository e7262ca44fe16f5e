import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { lossOf, nodeText, type SessionDetails } from '../api/session-view.js'
import { Dialog, Facts } from '../elements/index.js'
import { Refresher } from '../lists/refresher.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { bytesText, countText, durationText, shareText, timeText } from '../words/quantities.js'
import { BoundsForm } from './bounds-form.js'
import { StreamsTable } from './streams-table.js'

interface SessionDialogProps {
  readonly publicId: string
  readonly close: () => void
}

/** Milliseconds between two reads of a session's values. */
const everyMs = 2000

/** Dialog with all facts about one session; an operator can change its limits. */
export function SessionDialog({ publicId, close }: SessionDialogProps): JSX.Element {
  const visitor = useVisitor()
  const { client, events } = visitor
  const session = useSignal<SessionDetails | undefined>(undefined)
  const problem = useSignal('')
  const path = `/v1/sessions/${encodeURIComponent(publicId)}`
  useEffect(() => {
    const read = async (): Promise<void> => {
      try {
        session.value = await client.get<SessionDetails>(path)
        problem.value = ''
      } catch (error) {
        problem.value = (error as Error).message
      }
    }
    void read()
    const refresher = new Refresher(events, { types: ['sessionRemoved'], everyMs }, read)
    return () => refresher.close()
  }, [client, events, path, session, problem])
  const shown = session.value
  return (
    <Dialog title="Session" onClose={close} isWide>
      <p role="alert">{problem}</p>
      {shown && (
        <>
          <SessionFacts session={shown} />
          <h3>Tracks</h3>
          {shown.node ? (
            <p>
              The page of the server {nodeText(shown.node)} shows the tracks, and changes the end.
            </p>
          ) : (
            <StreamsTable streams={shown.streams} />
          )}
          {!shown.node && visitor.can('operator') && (
            <BoundsForm
              session={shown}
              change={async (bounds) => {
                session.value = await client.patch<SessionDetails>(path, bounds)
              }}
            />
          )}
        </>
      )}
    </Dialog>
  )
}

function SessionFacts({ session }: { readonly session: SessionDetails }): JSX.Element {
  const { stats, groups = {}, expiresAt, timeoutSeconds } = session
  return (
    <Facts
      facts={[
        ['Server', session.node && nodeText(session.node)],
        ['Path', session.paths.join(', ')],
        ['User', session.user],
        ['Address', session.address],
        ['Program', session.userAgent],
        [
          'Transport',
          [session.transport, session.tunnel, session.isSecure && 'TLS'].filter(Boolean).join(', '),
        ],
        ['State', session.action === 'publish' ? `${session.state}, publishes` : session.state],
        [
          'Groups',
          Object.entries(groups)
            .map(([name, value]) => `${name}=${value}`)
            .join(', '),
        ],
        ['Since', `${timeText(session.createdTime)} (${sinceText(session.createdTime)})`],
        ['Last sign of life', `${sinceText(session.lastAccessTime)} ago`],
        [
          'Expires without a sign of life',
          timeoutSeconds === 0 ? 'never' : `after ${timeoutSeconds} s`,
        ],
        ['Ends at', expiresAt === undefined ? 'no set time' : timeText(1000 * expiresAt)],
        ['Sent', `${bytesText(stats.bytesOut)}, ${countText(stats.packetsOut)} packets`],
        ['Received', `${bytesText(stats.bytesIn)}, ${countText(stats.packetsIn)} packets`],
        ['Reported lost', `${countText(stats.packetsLost)} packets (${shareText(lossOf(stats))})`],
        ['Left out, as the client read too slowly', `${countText(stats.packetsDropped)} packets`],
        ['Waits for the client', bytesText(session.queuedBytes)],
        ['Public id', <code key="id">{session.publicId}</code>],
      ]}
    />
  )
}

const sinceText = (time: string): string => durationText(Date.now() - Date.parse(time))
