import type { JSX } from 'preact'
import type { ReceptionView, StreamView } from '../api/session-view.js'
import { type Column, Table } from '../elements/index.js'
import { countText, shareText } from '../words/quantities.js'

const reported = (text: (reception: ReceptionView) => string) => {
  return ({ reception }: StreamView): string => (reception ? text(reception) : '–')
}

const columns: readonly Column<StreamView>[] = [
  { id: 'track', title: 'Track', width: '4.5rem', cell: ({ track }) => track },
  {
    id: 'path',
    title: 'Path',
    width: '5.5rem',
    cell: ({ path }) => path,
    hint: ({ path }) => path,
  },
  { id: 'mode', title: 'Does', width: '5rem', cell: ({ mode }) => `${mode}s` },
  {
    id: 'transport',
    title: 'Transport',
    width: '7rem',
    cell: ({ lowerTransport }) => lowerTransport,
  },
  {
    id: 'ssrc',
    title: 'SSRC',
    width: '7rem',
    cell: ({ ssrc }) => ssrc?.toString(16).padStart(8, '0'),
  },
  {
    id: 'loss',
    title: 'Loss',
    width: '5rem',
    isNumber: true,
    cell: reported(({ fractionLost }) => shareText(fractionLost)),
  },
  {
    id: 'lost',
    title: 'Lost',
    width: '5rem',
    isNumber: true,
    cell: reported(({ cumulativeLost }) => countText(cumulativeLost)),
  },
  {
    id: 'jitter',
    title: 'Jitter',
    width: '6rem',
    isNumber: true,
    cell: reported(({ jitterMs }) => millisecondsText(jitterMs)),
  },
  {
    id: 'roundTrip',
    title: 'Round trip',
    width: '7.5rem',
    isNumber: true,
    cell: reported(({ roundTripMs }) =>
      roundTripMs === undefined ? '–' : millisecondsText(roundTripMs),
    ),
  },
  {
    id: 'invalid',
    title: 'Invalid',
    width: '5rem',
    isNumber: true,
    cell: (stream) =>
      countText(stream.malformedRtcp + stream.invalidPackets + stream.rejectedPackets),
  },
]

const millisecondsText = (milliseconds: number): string => `${milliseconds.toFixed(1)} ms`

/** Table of the tracks of a session, with the last reception report of each. */
export function StreamsTable({
  streams,
}: {
  readonly streams: readonly StreamView[]
}): JSX.Element {
  return (
    <Table
      label="Tracks with their last reception reports"
      columns={columns}
      rows={streams}
      keyOf={({ path, track, mode }) => `${mode} ${path} ${track}`}
      empty="The session has no track yet."
    />
  )
}
