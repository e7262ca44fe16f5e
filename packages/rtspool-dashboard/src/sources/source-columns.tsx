import { Button, type Column } from '../elements/index.js'
import { textColumn } from '../lists/client-columns.js'
import { bytesText, countText, durationText } from '../words/quantities.js'
import { kindText, type SourceView, stateClass, stateText } from './source-view.js'

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

/** Functions that open the dialogs of a source. */
export interface SourceActions {
  readonly change: (source: SourceView) => void
  readonly remove: (source: SourceView) => void
}

/**
 * Returns the columns of the table of sources.
 *
 * @param actions - Absent if the user may not change sources.
 */
export function sourceColumns(actions: SourceActions | undefined): readonly Column<SourceView>[] {
  const columns: readonly Column<SourceView>[] = [
    textColumn('path', 'Path', '8rem', ({ path }) => path),
    { id: 'kind', title: 'Kind', width: '5.5rem', cell: kindText },
    {
      id: 'state',
      title: 'State',
      width: '17rem',
      cell: (source) => <span class={stateClass(source)}>{stateText(source)}</span>,
      hint: stateText,
    },
    {
      ...{ id: 'since', title: 'Since', width: '7rem', isNumber: true },
      cell: ({ since }) => durationText(Date.now() - Date.parse(since)),
    },
    {
      ...{ id: 'until', title: 'Again at', width: '6.5rem', isNumber: true },
      cell: ({ until }) => (until === undefined ? '–' : clock.format(Date.parse(until))),
    },
    {
      ...{ id: 'attempts', title: 'Attempts', width: '6.5rem', isNumber: true },
      cell: ({ attempts }) => countText(attempts),
    },
    textColumn('lastError', 'Last error', '11rem', ({ lastError }) => lastError ?? '–'),
    {
      ...{ id: 'bytes', title: 'Bytes', width: '6rem', isNumber: true },
      cell: ({ bytes }) => bytesText(bytes),
    },
    textColumn('source', 'Source', '12.5rem', ({ source }) => source),
  ]
  return actions ? [...columns, actionColumn(actions)] : columns
}

const actionColumn = ({ change, remove }: SourceActions): Column<SourceView> => ({
  id: 'actions',
  title: 'Actions',
  width: '12rem',
  cell: (source) =>
    source.canChange ? (
      <>
        <Button label={`Change ${source.path}`} onClick={() => change(source)}>
          Change
        </Button>{' '}
        <Button kind="danger" label={`Remove ${source.path}`} onClick={() => remove(source)}>
          Remove
        </Button>
      </>
    ) : (
      <span class="hint">in the file</span>
    ),
})
