import type { LeaverView } from '../api/leaver-view.js'
import { lossOf } from '../api/session-view.js'
import type { Column } from '../elements/index.js'
import { bytesText, durationText, shareText, timeText } from '../words/quantities.js'
import { reasonTexts } from './reasons.js'

const reasonText = ({ reason, note }: LeaverView): string =>
  `${reasonTexts[reason] ?? reason}${note === undefined ? '' : `: ${note}`}`

/** Formats the last reception report of each track: loss, jitter and so on. */
const reportText = ({ receptions }: LeaverView): string =>
  receptions
    .map(({ track, fractionLost, jitterMs, roundTripMs }) => {
      const roundTrip =
        roundTripMs === undefined ? '' : `, ${roundTripMs.toFixed(0)} ms there and back`
      return `track ${track}: ${shareText(fractionLost)} lost, ${jitterMs.toFixed(1)} ms jitter${roundTrip}`
    })
    .join('; ')

/** Columns of the table of removed sessions. */
export const leaverColumns: readonly Column<LeaverView>[] = [
  { id: 'left', title: 'Left', width: '12rem', cell: ({ endedTime }) => timeText(endedTime) },
  { id: 'reason', title: 'Why', width: '12rem', cell: reasonText, hint: reasonText },
  { id: 'user', title: 'User', width: '8rem', cell: ({ user }) => user, hint: ({ user }) => user },
  {
    id: 'address',
    title: 'Address',
    width: '8.5rem',
    cell: ({ address }) => address,
    hint: ({ address }) => address,
  },
  {
    id: 'agent',
    title: 'Program',
    width: '9rem',
    cell: ({ userAgent }) => userAgent,
    hint: ({ userAgent }) => userAgent,
  },
  {
    id: 'path',
    title: 'Path',
    width: '9rem',
    cell: ({ paths }) => paths.join(', '),
    hint: ({ paths }) => paths.join(', '),
  },
  { id: 'transport', title: 'Transport', width: '7rem', cell: ({ transport }) => transport },
  { id: 'state', title: 'State', width: '6rem', cell: ({ state }) => state },
  {
    id: 'duration',
    title: 'Stayed',
    width: '6.5rem',
    isNumber: true,
    cell: ({ durationSeconds }) => durationText(1000 * durationSeconds),
  },
  {
    id: 'bytes',
    title: 'Bytes',
    width: '5.5rem',
    isNumber: true,
    cell: ({ stats }) => bytesText(stats.bytesIn + stats.bytesOut),
  },
  {
    id: 'loss',
    title: 'Loss',
    width: '5rem',
    isNumber: true,
    cell: ({ stats }) => shareText(lossOf(stats)),
  },
  { id: 'report', title: 'Last report', width: '14rem', cell: reportText, hint: reportText },
]
