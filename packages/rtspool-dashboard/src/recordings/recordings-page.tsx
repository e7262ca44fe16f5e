import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { route } from '../navigation/route.js'
import { RecordedDay } from './recorded-day.js'
import { RecordingChoice, RecordingState } from './recording-choice.js'
import { dateOf, dayOf } from './time-window.js'
import { placeOf, useRecordings } from './use-recordings.js'

/** Page with the recordings: a time line for each path and day, its pictures, exports and deletion. */
export function RecordingsPage(): JSX.Element {
  const { query } = route.value
  const date = query.day ?? dateOf(Date.now())
  const day = useMemo(() => dayOf(date), [date])
  const { state, problem, read } = useRecordings({
    ...{ recording: query.recording, path: query.path, day },
  })
  const { recordings, paths, segments, place } = state.value
  const recording = recordings?.find(({ name }) => name === query.recording) ?? recordings?.[0]
  const path = query.path ?? paths[0]?.path
  return (
    <>
      <h1>Recordings</h1>
      <p role="alert">{problem}</p>
      {recordings?.length === 0 && (
        <p>
          Nothing is recorded: the configuration has no <code>recordings</code>.
        </p>
      )}
      {recording && (
        <>
          <RecordingChoice {...{ recordings: recordings ?? [], recording, paths, path, date }} />
          <RecordingState recording={recording} path={path} onChanged={() => read()} />
        </>
      )}
      {recording && path === undefined && <p>There are no files yet.</p>}
      {recording && path !== undefined && (
        <RecordedDay
          key={`${recording.name} ${path} ${date}`}
          {...{ recording, path, day }}
          segments={place === placeOf(recording.name, path, day) ? segments : undefined}
          known={paths.find((each) => each.path === path)}
          onChanged={() => read()}
        />
      )}
    </>
  )
}
