import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useVisitor } from '../visitor/visitor-context.js'
import { bytesText, countText, timeText } from '../words/quantities.js'
import { RangeActions } from './range-actions.js'
import { readPart } from './recorded-part.js'
import { type PlayerStatus, RecordingPlayer } from './recording-player.js'
import type { RecordedPath, RecordingView, SegmentView } from './recording-view.js'
import { recordedAt, type Span, spansOf } from './spans.js'
import { clockText, showing } from './time-window.js'
import { TimeLine, TimeLineTools } from './timeline.js'

interface RecordedDayProps {
  readonly recording: RecordingView
  readonly path: string
  readonly day: Span
  /** Files of the day; `undefined` until the server has responded. */
  readonly segments: readonly SegmentView[] | undefined
  readonly known: RecordedPath | undefined
  readonly onChanged: () => unknown
}

/** Time line of one path on one day, with a player and the panel that exports or deletes a range. */
export function RecordedDay({
  recording,
  path,
  day,
  segments,
  known,
  onChanged,
}: RecordedDayProps): JSX.Element {
  const spans = useMemo(() => spansOf(segments ?? []), [segments])
  const isKnown = segments !== undefined
  const [window, setWindow] = useState(day)
  const [timeMs, setTime] = useState<number | undefined>(undefined)
  /**
   * Time of the last click on the time line, in milliseconds since 1970. Until the user has chosen a range for the
   * export, the proposed range begins there.
   */
  const [soughtMs, setSought] = useState<number | undefined>(undefined)
  const [chosen, setChosen] = useState<Span | undefined>(undefined)
  const grows = recording.media.some((each) => each.path === path)
  const player = usePlayer({ recording: recording.name, path, spans, grows, setTime })
  const shownMs = timeMs ?? spans[0]?.startMs ?? day.startMs
  const range = chosen ?? rangeAround(spans, soughtMs ?? spans[0]?.startMs ?? day.startMs, day)
  const seek = (to: number): void => {
    setTime(to)
    setSought(to)
    setWindow(showing(window, day, to))
    if (isKnown) player.play(to)
  }
  // A click before the files are known plays once they are.
  useEffect(() => {
    if (isKnown && soughtMs !== undefined) player.play(soughtMs)
  }, [isKnown])
  return (
    <>
      <TimeLine
        {...{ day, window, spans, timeMs: shownMs, chosen: range }}
        onSeek={seek}
        onWindow={setWindow}
      />
      <TimeLineTools {...{ day, window, timeMs: shownMs }} onWindow={setWindow} />
      <p class="hint">{filesText(segments, known)}</p>
      <div class="recorded-picture">
        <div>
          <video
            ref={player.video}
            muted
            playsInline
            controls
            aria-label={`Recording of ${path}`}
          />
          <p aria-live="polite" class="state">
            {player.status.text || `${clockText(shownMs)}${stateWords[player.status.state]}`}
          </p>
        </div>
        <RangeActions
          {...{ recording: recording.name, path, day, onChanged }}
          segments={segments ?? []}
          timeMs={shownMs}
          chosen={range}
          onChosen={setChosen}
        />
      </div>
    </>
  )
}

/**
 * Returns a sentence with the number and size of the files of a day, and the keys that work on the time line.
 *
 * @param known - All recorded times of the path, to show where the files are if the day has none.
 */
function filesText(
  segments: readonly SegmentView[] | undefined,
  known: RecordedPath | undefined,
): string {
  if (!segments) return 'The files are being read …'
  const sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  const usage =
    'Click the line, or use its keys: arrows, page up and down, + and − to zoom, [ and ] for the next beginning.'
  if (segments.length > 0) {
    return `${countText(segments.length)} files of this day, ${bytesText(sizeBytes)}. ${usage}`
  }
  const others = known
    ? ` Files reach from ${timeText(known.startTime)} to ${timeText(known.endTime)}.`
    : ''
  return `Nothing was recorded on this day.${others}`
}

const stateWords = {
  idle: ': click the time line to see the picture.',
  loading: ': the picture is being read …',
  ...{ playing: '', ended: '', failed: '' },
} as const

/**
 * Returns the range that is proposed for an export: five minutes from a time on, or less if the recording ends before.
 */
function rangeAround(spans: readonly Span[], timeMs: number, day: Span): Span {
  const span = spans.find(({ startMs, endMs }) => startMs <= timeMs && endMs >= timeMs)
  const endMs = Math.min(timeMs + 300_000, span?.endMs ?? day.endMs)
  return { startMs: Math.floor(timeMs), endMs: Math.ceil(endMs) }
}

interface PlayedDay {
  readonly recording: string
  readonly path: string
  readonly spans: readonly Span[]
  readonly grows: boolean
  readonly setTime: (timeMs: number) => void
}

function usePlayer(played: PlayedDay) {
  const { client } = useVisitor()
  const video = useRef<HTMLVideoElement>(null)
  const [status, setStatus] = useState<PlayerStatus>({ state: 'idle', text: '' })
  const latest = useRef(played)
  latest.current = played
  const player = useRef<RecordingPlayer | undefined>(undefined)
  useEffect(() => {
    if (!video.current) return
    const { recording, path, setTime } = latest.current
    player.current = new RecordingPlayer(video.current, {
      read: (fromMs, toMs, signal) => readPart(client, { recording, path, fromMs, toMs }, signal),
      next: (timeMs) => recordedAt(latest.current.spans, timeMs),
      grows: () => latest.current.grows,
      onStatus: setStatus,
      onTime: setTime,
    })
    return () => player.current?.stop()
  }, [client])
  return { video, status, play: (timeMs: number) => player.current?.play(timeMs) }
}
