import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, Dialog, Field, useAction } from '../elements/index.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { bytesText, countText, durationText } from '../words/quantities.js'
import { download } from './download.js'
import { queryOf, type RecordedRange, type SegmentView, urlOf } from './recording-view.js'
import type { Span } from './spans.js'
import { clockText, timeOf } from './time-window.js'

interface RangeActionsProps {
  readonly recording: string
  readonly path: string
  readonly day: Span
  readonly timeMs: number
  readonly segments: readonly SegmentView[]
  readonly chosen: Span
  readonly onChosen: (chosen: Span) => void
  /** Called after files were deleted. */
  readonly onChanged: () => unknown
}

/**
 * Panel that exports or deletes a range of a recording. The export needs the role operator, the deletion the role
 * admin; without the role, a sentence says so.
 */
export function RangeActions(props: RangeActionsProps): JSX.Element {
  const { recording, path, day, timeMs, segments, chosen, onChosen, onChanged } = props
  const visitor = useVisitor()
  const [isDeleting, setDeleting] = useState(false)
  const exporting = useAction()
  const range: RecordedRange = { recording, path, fromMs: chosen.startMs, toMs: chosen.endMs }
  const isEmpty = chosen.endMs <= chosen.startMs
  const mayExport = visitor.can('operator')
  const mayDelete = visitor.can('admin')
  return (
    <section class="panel" aria-label="Range">
      <h2>Range</h2>
      <TimeField
        label="From"
        day={day}
        timeMs={chosen.startMs}
        here={timeMs}
        onTime={(startMs) => onChosen({ ...chosen, startMs })}
      />
      <TimeField
        label="To"
        day={day}
        timeMs={chosen.endMs}
        here={timeMs}
        onTime={(endMs) => onChosen({ ...chosen, endMs })}
      />
      <p class="hint">
        {isEmpty ? 'The range ends before it begins.' : durationText(chosen.endMs - chosen.startMs)}
      </p>
      <div class="actions">
        <Button
          kind="main"
          disabled={!mayExport || isEmpty || exporting.isRunning}
          onClick={() => void exporting.run(() => download(visitor.client, range))}
        >
          {exporting.isRunning ? 'Exporting …' : 'Export as MP4'}
        </Button>
        <Button kind="danger" disabled={!mayDelete || isEmpty} onClick={() => setDeleting(true)}>
          Delete files …
        </Button>
      </div>
      {!mayExport && (
        <p class="hint">An export needs the role operator; yours is {visitor.role}.</p>
      )}
      {!mayDelete && (
        <p class="hint">Deleting files needs the role admin; yours is {visitor.role}.</p>
      )}
      <p role="alert">{exporting.problem}</p>
      {isDeleting && (
        <DeleteDialog
          range={range}
          segments={segmentsWithin(segments, chosen)}
          onDeleted={onChanged}
          close={() => setDeleting(false)}
        />
      )}
    </section>
  )
}

/** Returns the closed files that lie wholly within a range. A deletion removes only these. */
const segmentsWithin = (segments: readonly SegmentView[], { startMs, endMs }: Span) =>
  segments.filter(
    ({ startTime, endTime, isOpen }) =>
      !isOpen && Date.parse(startTime) >= startMs && Date.parse(endTime) <= endMs,
  )

interface TimeFieldProps {
  readonly label: string
  readonly day: Span
  readonly timeMs: number
  /** Time of the shown picture, in milliseconds since 1970, to which the button Here sets the field. */
  readonly here: number
  readonly onTime: (timeMs: number) => void
}

function TimeField({ label, day, timeMs, here, onTime }: TimeFieldProps): JSX.Element {
  const [isWrong, setWrong] = useState(false)
  return (
    <Field label={label} hint={isWrong ? 'A time such as 14:05:00.' : undefined}>
      {(ids) => (
        <div class="choice">
          <input
            {...ids}
            size={8}
            value={clockText(timeMs)}
            aria-invalid={isWrong}
            onChange={({ currentTarget }) => {
              const time = timeOf(currentTarget.value, day)
              setWrong(time === undefined)
              if (time !== undefined) onTime(time)
            }}
          />
          <Button label={`${label}: here`} onClick={() => onTime(Math.round(here))}>
            Here
          </Button>
        </div>
      )}
    </Field>
  )
}

interface DeleteDialogProps {
  readonly range: RecordedRange
  readonly segments: readonly SegmentView[]
  readonly onDeleted: () => unknown
  readonly close: () => void
}

function DeleteDialog({ range, segments, onDeleted, close }: DeleteDialogProps): JSX.Element {
  const { client } = useVisitor()
  const { run, isRunning, problem } = useAction()
  const sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  const files = segments.length === 1 ? '1 file' : `${countText(segments.length)} files`
  const remove = async (): Promise<void> => {
    const query = new URLSearchParams(queryOf(range))
    await client.delete(`${urlOf(range.recording, '/segments')}?${query}`)
    await onDeleted()
    close()
  }
  return (
    <Dialog title="Delete files" onClose={close}>
      <p>
        {segments.length === 0
          ? 'No complete file lies within the range. A file that begins or ends outside of it stays.'
          : `${files} of ${range.path} (${bytesText(sizeBytes)}), from ${clockText(range.fromMs)} to ${clockText(range.toMs)}, are deleted for ever. Files that are only partly in the range stay.`}
      </p>
      <div class="actions">
        <Button onClick={close}>Keep them</Button>
        <Button
          kind="danger"
          disabled={segments.length === 0 || isRunning}
          onClick={() => void run(remove)}
        >
          Delete {files}
        </Button>
      </div>
      <p role="alert">{problem}</p>
    </Dialog>
  )
}
