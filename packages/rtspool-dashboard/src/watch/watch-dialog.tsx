import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Dialog } from '../elements/index.js'
import { LivePlayer, type LiveStatus } from '../live/index.js'
import { hashOf } from '../navigation/route.js'
import { useVisitor } from '../visitor/visitor-context.js'

interface WatchDialogProps {
  readonly path: string
  readonly close: () => void
}

/** Dialog that plays the live picture of a path. */
export function WatchDialog({ path, close }: WatchDialogProps): JSX.Element {
  const visitor = useVisitor()
  const { tickets } = visitor
  const video = useRef<HTMLVideoElement>(null)
  const [status, setStatus] = useState<LiveStatus>({ state: 'connecting', text: '' })
  // An effect behind the next frame would delay the first picture.
  useLayoutEffect(() => {
    if (!video.current) return
    const player = new LivePlayer(video.current, {
      connect: () => tickets.connectionTo(path, location.hostname),
      onStatus: setStatus,
    })
    player.start()
    return () => player.stop()
  }, [tickets, path])
  return (
    <Dialog title={`Live picture of ${path}`} onClose={close} isWide>
      <video ref={video} muted playsInline controls />
      <p aria-live="polite" class="state">
        {status.text || status.state}
      </p>
      {visitor.can('operator') && <a href={hashOf('shares', { path })}>Share…</a>}
    </Dialog>
  )
}
