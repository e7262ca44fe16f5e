import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Button, Table } from '../elements/index.js'
import { emptyText } from '../lists/empty-text.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { countText } from '../words/quantities.js'
import { RemoveSourceDialog } from './remove-source-dialog.js'
import { sourceColumns } from './source-columns.js'
import { SourceDialog } from './source-dialog.js'
import { SourceList } from './source-list.js'
import type { SourceView } from './source-view.js'

/** Dialog that is open, with its source. */
interface OpenDialog {
  readonly task: 'add' | 'change' | 'remove'
  readonly source: SourceView | undefined
}

/**
 * Section with the sources of paths: streams that the server pulls, and programs. An admin can add, change and remove
 * pulls. Without a source, only an admin sees the section.
 */
export function SourcesPanel(): JSX.Element | null {
  const visitor = useVisitor()
  const list = useMemo(() => new SourceList(visitor), [visitor])
  useEffect(() => () => list.close(), [list])
  const [dialog, setDialog] = useState<OpenDialog | undefined>(undefined)
  const mayChange = visitor.can('admin')
  const columns = useMemo(() => {
    const open = (task: OpenDialog['task']) => (source: SourceView) => setDialog({ task, source })
    return sourceColumns(mayChange ? { change: open('change'), remove: open('remove') } : undefined)
  }, [mayChange])
  const sources = list.sources.value
  if (sources.length === 0 && !mayChange) return null
  return (
    <section class="sources">
      <div class="tools">
        <h2>{`Sources (${countText(sources.length)})`}</h2>
        {mayChange && (
          <Button onClick={() => setDialog({ task: 'add', source: undefined })}>
            Pull a stream …
          </Button>
        )}
      </div>
      <p role="alert">{list.problem}</p>
      {sources.length > 0 && (
        <Table
          label="Sources"
          columns={columns}
          rows={sources}
          keyOf={({ path }) => path}
          empty={emptyText(list, 'Nothing is pulled.')}
        />
      )}
      {dialog && <SourceDialogs {...{ dialog, list }} close={() => setDialog(undefined)} />}
    </section>
  )
}

interface SourceDialogsProps {
  readonly dialog: OpenDialog
  readonly list: SourceList
  readonly close: () => void
}

function SourceDialogs({ dialog, list, close }: SourceDialogsProps): JSX.Element {
  const { task, source } = dialog
  if (task === 'remove' && source) {
    const remove = (): Promise<void> => list.remove(source.path)
    return <RemoveSourceDialog {...{ source, remove, close }} />
  }
  const save: SourceList['add'] = (path, body) =>
    source ? list.change(path, body) : list.add(path, body)
  return <SourceDialog {...{ source, save, close }} />
}
