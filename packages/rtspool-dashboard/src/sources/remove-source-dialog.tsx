import type { JSX } from 'preact'
import { Button, Dialog, useAction } from '../elements/index.js'
import type { SourceView } from './source-view.js'

interface RemoveSourceDialogProps {
  readonly source: SourceView
  /** Called when the user confirms, to remove the source through the API. @throws {ApiError} */
  readonly remove: () => Promise<unknown>
  readonly close: () => void
}

/** Dialog that asks before a source is removed, because its viewers leave. */
export function RemoveSourceDialog(props: RemoveSourceDialogProps): JSX.Element {
  const { source, remove, close } = props
  const { isRunning, problem, run } = useAction()
  const confirm = async (): Promise<void> => {
    if (await run(remove)) close()
  }
  return (
    <Dialog title={`Remove ${source.path}`} onClose={close}>
      <p>
        The server no longer pulls {source.source}. Viewers of {source.path} leave at once, and the
        saved password is deleted.
      </p>
      <p role="alert">{problem}</p>
      <div class="actions">
        <Button onClick={close}>Cancel</Button>
        <Button kind="danger" disabled={isRunning} onClick={() => void confirm()}>
          Remove source
        </Button>
      </div>
    </Dialog>
  )
}
