import type { JSX } from 'preact'
import { Button, Field, useAction } from '../elements/index.js'
import { replaceQuery, route } from '../navigation/route.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { type RecordedPath, type RecordingView, urlOf } from './recording-view.js'
import { stateText } from './recording-words.js'

interface ChoiceProps {
  readonly recordings: readonly RecordingView[]
  readonly recording: RecordingView
  readonly paths: readonly RecordedPath[]
  readonly path: string | undefined
  readonly date: string
}

/** Fields that choose a recording, a path of it, and a day. */
export function RecordingChoice({
  recordings,
  recording,
  paths,
  path,
  date,
}: ChoiceProps): JSX.Element {
  const { query } = route.value
  return (
    <div class="tools recorded-choice">
      <Field label="Recording">
        {(ids) => (
          <select
            {...ids}
            value={recording.name}
            onChange={({ currentTarget: { value } }) => replaceQuery({ recording: value })}
          >
            {recordings.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Path">
        {(ids) => (
          <select
            {...ids}
            value={path}
            disabled={paths.length === 0}
            onChange={({ currentTarget: { value } }) => replaceQuery({ ...query, path: value })}
          >
            {paths.map((each) => (
              <option key={each.path}>{each.path}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Day">
        {(ids) => (
          <input
            {...ids}
            type="date"
            value={date}
            onChange={({ currentTarget: { value } }) =>
              value !== '' && replaceQuery({ ...query, day: value })
            }
          />
        )}
      </Field>
    </div>
  )
}

interface RecordingStateProps {
  readonly recording: RecordingView
  readonly path: string | undefined
  readonly onChanged: () => unknown
}

/** Line that tells whether a recording runs, with the button that starts or stops the recording. */
export function RecordingState({ recording, path, onChanged }: RecordingStateProps): JSX.Element {
  const visitor = useVisitor()
  const { run, isRunning: isBusy, problem } = useAction()
  const { name, isRunning, media } = recording
  const own = media.find((each) => each.path === path)
  const verb = isRunning ? 'stop' : 'start'
  const mayChange = visitor.can('operator')
  const change = async (): Promise<void> => {
    await visitor.client.post(urlOf(name, `/${verb}`), {})
    await onChanged()
  }
  return (
    <>
      <div class="tools">
        <span class={own?.state === 'recording' ? 'good' : 'state'}>
          {stateText(recording, path)}
        </span>
        <Button disabled={!mayChange || isBusy} onClick={() => void run(change)}>
          {isRunning ? `Stop recording ${name}` : `Start recording ${name}`}
        </Button>
        {!mayChange && (
          <span class="hint">
            To {verb} a recording needs the role operator; yours is {visitor.role}.
          </span>
        )}
      </div>
      <p role="alert">{problem}</p>
    </>
  )
}
