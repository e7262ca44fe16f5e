import type { LeaverView } from '../api/leaver-view.js'
import { transportText } from '../api/session-view.js'
import type { Column } from '../elements/index.js'
import {
  bytesColumn,
  clientColumns,
  lossColumn,
  pathColumn,
  textColumn,
} from '../lists/client-columns.js'
import { durationText, shareText, timeText } from '../words/quantities.js'
import { reasonTexts } from './reasons.js'

const reasonText = ({ reason, note }: LeaverView): string =>
  `${reasonTexts[reason] ?? reason}${note === undefined ? '' : `: ${note}`}`

/** Formats the last RTCP reception report of each track: share of lost packets, jitter and round-trip time. */
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
  textColumn('reason', 'Why', '14rem', reasonText),
  ...clientColumns,
  pathColumn,
  textColumn('transport', 'Transport', '7rem', transportText),
  { id: 'state', title: 'State', width: '6.5rem', cell: ({ state }) => state },
  {
    id: 'duration',
    title: 'Stayed',
    width: '6.5rem',
    isNumber: true,
    cell: ({ durationSeconds }) => durationText(1000 * durationSeconds),
  },
  bytesColumn,
  lossColumn,
  textColumn('report', 'Last report', '9rem', reportText),
]
