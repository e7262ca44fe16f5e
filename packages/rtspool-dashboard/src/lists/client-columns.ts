import { lossOf, type SessionFigures, type SessionView } from '../api/session-view.js'
import type { Column } from '../elements/index.js'
import { bytesText, shareText } from '../words/quantities.js'

/** Members of a row that identify the client of a live or removed session. */
export type ClientRow = Pick<SessionView, 'user' | 'address' | 'userAgent' | 'paths'>

/** Columns that identify the client of a session. */
export const clientColumns: readonly Column<ClientRow>[] = [
  textColumn('user', 'User', '8rem', ({ user }) => user),
  textColumn('address', 'Address', '8.5rem', ({ address }) => address),
  textColumn('agent', 'Program', '9rem', ({ userAgent }) => userAgent),
]

/** Column with the paths of a session. */
export const pathColumn = textColumn('path', 'Path', '9rem', ({ paths }: ClientRow) =>
  paths.join(', '),
)

interface FigureRow {
  readonly stats: SessionFigures
}

/** Column with the sum of the bytes of media received from a client and sent to it. */
export const bytesColumn: Column<FigureRow> = {
  ...{ id: 'bytes', title: 'Bytes', width: '6rem', isNumber: true },
  cell: ({ stats }) => bytesText(stats.bytesIn + stats.bytesOut),
}

/** Column with the share of a session's packets that were lost, in percent. */
export const lossColumn: Column<FigureRow> = {
  ...{ id: 'loss', title: 'Loss', width: '5rem', isNumber: true },
  cell: ({ stats }) => shareText(lossOf(stats)),
}

/** Creates a column of text, with the whole text as a tooltip for a cell that is cut off. */
export function textColumn<Row>(
  id: string,
  title: string,
  width: string,
  read: (row: Row) => string | undefined,
): Column<Row> {
  return { id, title, width, cell: read, hint: read }
}
