import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ApiClient } from '../api/api-client.js'
import { LivePlayer, type LiveStatus } from '../live/index.js'
import { liveConnection } from './live-ticket.js'

interface WatchDialogProps {
  readonly client: ApiClient
  readonly path: string
  readonly close: () => void
}

/** Plays the live picture of a path above the page. */
export function WatchDialog({ client, path, close }: WatchDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const [status, setStatus] = useState<LiveStatus>({ state: 'connecting', text: '' })
  useEffect(() => {
    dialog.current?.showModal()
    if (!video.current) return
    const player = new LivePlayer(video.current, {
      connect: () => liveConnection(client, path, location.hostname),
      onStatus: setStatus,
    })
    player.start()
    return () => player.stop()
  }, [client, path])
  return (
    <dialog ref={dialog} aria-label={`Live picture of ${path}`} onClose={close}>
      <header>
        <h2>{path}</h2>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </header>
      <video ref={video} muted playsInline controls />
      <p aria-live="polite" class="state">
        {status.text || status.state}
      </p>
    </dialog>
  )
}
