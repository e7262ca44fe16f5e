import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { Chart, type ChartShape } from '../charts/index.js'
import { Field } from '../elements/index.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { bytesText } from '../words/quantities.js'
import type { MediaView, TrackView } from './media-view.js'
import { type ProbeView, probeChart, probeWords } from './probe.js'

const durations = [1, 3, 5, 10] as const
const secondsText = (seconds: number): string => `${seconds.toFixed(2)} s`

const soundShape: ChartShape = {
  lines: [{ label: 'piece', color: '--accent' }],
  ...{ format: bytesText, formatPlace: secondsText, hasSticks: true },
}
const pictureShape: ChartShape = {
  ...soundShape,
  lines: [
    { label: 'picture', color: '--accent' },
    { label: 'key frame', color: '--alarm' },
  ],
}

interface Probed {
  readonly track: TrackView
  readonly probe: ProbeView
}

/** A form that probes a media: the server reads one track for some seconds, and the page shows the result. */
export function ProbePanel({ media }: { readonly media: MediaView }): JSX.Element {
  const { client } = useVisitor()
  const [probed, setProbed] = useState<Probed | undefined>(undefined)
  const [isRunning, setRunning] = useState(false)
  const [problem, setProblem] = useState('')
  const run = async (index: number, seconds: number): Promise<void> => {
    const track = media.tracks.find((each) => each.index === index)
    if (!track) return
    setRunning(true)
    setProblem('')
    try {
      const address = `/v1/media/${media.publicId}/probe`
      setProbed({ track, probe: await client.get(address, { seconds, track: index }) })
    } catch (error) {
      setProblem((error as Error).message)
    }
    setRunning(false)
  }
  return (
    <section class="panel" aria-labelledby="probe">
      <h3 id="probe">Probe</h3>
      <ProbeForm tracks={media.tracks} isRunning={isRunning} run={run} />
      <p role="alert">{problem}</p>
      {probed && <ProbeResult {...probed} />}
    </section>
  )
}

interface ProbeFormProps {
  readonly tracks: readonly TrackView[]
  readonly isRunning: boolean
  readonly run: (track: number, seconds: number) => Promise<void>
}

function ProbeForm({ tracks, isRunning, run }: ProbeFormProps): JSX.Element {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    void run(Number(fields.get('track')), Number(fields.get('seconds')))
  }
  return (
    <form class="tools" onSubmit={submit}>
      <Field label="Track">
        {(ids) => (
          <select {...ids} name="track">
            {tracks.map(({ index, kind, encoding }) => (
              <option key={index} value={index}>
                {`${index}: ${encoding ?? kind}`}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Seconds">
        {(ids) => (
          <select {...ids} name="seconds">
            {durations.map((seconds) => (
              <option key={seconds} value={seconds} selected={seconds === 3}>
                {seconds}
              </option>
            ))}
          </select>
        )}
      </Field>
      <button type="submit" disabled={isRunning}>
        {isRunning ? 'Reading …' : 'Probe'}
      </button>
    </form>
  )
}

function ProbeResult({ track, probe }: Probed): JSX.Element {
  const { units, seconds } = probe
  const isVideo = track.kind === 'video'
  const data = useMemo(() => probeChart(units, isVideo), [units, isVideo])
  return (
    <>
      <Chart title="Sizes over time" shape={isVideo ? pictureShape : soundShape} data={data} />
      <ul aria-label="Findings" aria-live="polite">
        {probeWords(units, track, seconds).map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </>
  )
}
