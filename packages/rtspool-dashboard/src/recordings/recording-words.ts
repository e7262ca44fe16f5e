import { mediaSourceClass } from '../live/live-source.js'
import { missingText } from '../live/words.js'
import { countText } from '../words/quantities.js'
import type { RecordingView } from './recording-view.js'

/**
 * Returns the tracks of a media type that has several codecs, such as `video/mp4; codecs="avc1.64001f, opus"`. Each has
 * its index from 0 as `id`, and a media type of its own.
 */
export function tracksOf(mime: string) {
  const codecs = /codecs="([^"]*)"/.exec(mime)?.[1] ?? ''
  return codecs
    .split(',')
    .map((codec) => codec.trim())
    .filter(Boolean)
    .map((codec, id) => {
      const kind = /^(avc1|hvc1|hev1|av01|vp09)/.test(codec)
        ? ('video' as const)
        : ('audio' as const)
      return { id, kind, mime: `${kind}/mp4; codecs="${codec}"` }
    })
}

/**
 * Explains which tracks of a recording this browser does not play; empty if it plays all.
 *
 * @param isSupported - Returns whether the browser plays a media type. @default that of its media sources
 */
export function unsupportedText(
  mime: string,
  isSupported = (type: string): boolean => mediaSourceClass()?.isTypeSupported(type) ?? false,
): string {
  const missing = tracksOf(mime).filter((track) => !isSupported(track.mime))
  if (missing.length === 0) return ''
  return `${missingText(missing, [])} An export plays in other programs.`
}

/**
 * Tells whether a recording runs at a path, or which event it waits for.
 *
 * @param path - Path that the page shows; `undefined` if nothing was recorded yet.
 */
export function stateText(recording: RecordingView, path: string | undefined): string {
  const { isRunning, media } = recording
  if (!isRunning) return 'Stopped.'
  const own = media.find((each) => each.path === path)
  if (own?.state === 'recording') return `Recording ${own.path} now.`
  if (own) return `Waiting for the first picture of ${own.path}.`
  if (media.length === 0) return awaitedText(recording)
  return `Recording ${countText(media.length)} other paths now.`
}

function awaitedText({ when, whenPath }: RecordingView): string {
  const place = whenPath === undefined ? '' : ` at ${whenPath}`
  if (when === 'motion') return `Waiting for motion${place}.`
  return when === 'watched' ? `Waiting for a viewer${place}.` : `Waiting for a publication${place}.`
}
