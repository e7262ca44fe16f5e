import { lossOf, type SessionFigures, type SessionView } from '../api/session-view.js'
import type { Column } from '../elements/index.js'
import { bytesText, shareText } from '../words/quantities.js'

/** Parts of a row that name the client of a session, live or gone. */
export type ClientRow = Pick<SessionView, 'user' | 'address' | 'userAgent' | 'paths'>

/** Columns that name the client of a session. */
export const clientColumns: readonly Column<ClientRow>[] = [
  textColumn('user', 'User', '8rem', ({ user }) => user),
  textColumn('address', 'Address', '8.5rem', ({ address }) => address),
  textColumn('agent', 'Program', '9rem', ({ userAgent }) => userAgent),
]

/** Column of the paths of a session. */
export const pathColumn = textColumn('path', 'Path', '9rem', ({ paths }: ClientRow) =>
  paths.join(', '),
)

interface FigureRow {
  readonly stats: SessionFigures
}

/** Column of the bytes of media to and from a client. */
export const bytesColumn: Column<FigureRow> = {
  ...{ id: 'bytes', title: 'Bytes', width: '6rem', isNumber: true },
  cell: ({ stats }) => bytesText(stats.bytesIn + stats.bytesOut),
}

/** Column of the share of packets that were lost. */
export const lossColumn: Column<FigureRow> = {
  ...{ id: 'loss', title: 'Loss', width: '5rem', isNumber: true },
  cell: ({ stats }) => shareText(lossOf(stats)),
}

/** Creates a column of text, whose hint shows the whole text when the cell is cut off. */
export function textColumn<Row>(
  id: string,
  title: string,
  width: string,
  read: (row: Row) => string | undefined,
): Column<Row> {
  return { id, title, width, cell: read, hint: read }
}
