import { z } from 'zod'
import type { Recorder } from '../../../recording/recorder.js'
import { type RecordingPlan, recordingConditions } from '../../../recording/recording-plan.js'
import type { StoredSegment } from '../../../recording/stored/segment-catalog.js'
import { components } from '../../components.js'
import type { ControlledServer } from '../../controlled-server.js'
import { type Operation, operation } from '../../operation.js'
import { count, isoTime, nextCursor, pageLimit, pageSize, queryNumber, time } from '../../values.js'
import { moment, namedRecording, planOf, segmentRange, segmentsIn } from './segment-ranges.js'

const recordingSchema = z
  .object({
    name: z.string(),
    path: z.string().describe('Path or pattern of paths that is recorded'),
    isRunning: z.boolean().describe('false after a stop, until the next start'),
    when: z
      .enum(recordingConditions)
      .describe(
        'Condition for it to record: always, while clients play (watched) or publish, or while a camera sees motion. A start by this API makes it always',
      ),
    whenPath: z
      .string()
      .optional()
      .describe('Path of the condition; without it, each recorded path'),
    until: time.optional().describe('End of a start for some seconds'),
    media: z.array(
      z.object({
        path: z.string(),
        state: z.enum(['waiting', 'recording']).describe('waiting = nothing is written yet'),
        since: time,
        sizeBytes: count.describe('Bytes of the files that are complete'),
        missedPackets: count.describe('Packets that a slow disk has cost'),
      }),
    ),
  })
  .register(components, { id: 'Recording' })

const recordedPathSchema = z
  .object({
    path: z.string(),
    startTime: time.describe('Beginning of the oldest file'),
    endTime: time.describe('End of the newest file'),
    files: count,
    sizeBytes: count,
  })
  .register(components, { id: 'RecordedPath' })

const segmentSchema = z
  .object({
    path: z.string(),
    file: z.string().describe('Name of the file, relative to the folder of the recording'),
    startTime: time,
    endTime: time,
    sizeBytes: count,
    isOpen: z.boolean().describe('true for a file that is being written'),
  })
  .register(components, { id: 'Segment' })

/** Maximum number of paths in the list of a recording's paths; the rest is left out. */
const maxPaths = 1000

function recordingView(
  { recordings }: ControlledServer,
  plan: RecordingPlan,
): z.output<typeof recordingSchema> {
  const { name, path } = plan
  const when = recordings.conditionOf(plan)
  const own = [...recordings.recorders].filter((recorder) => recorder.plan === plan)
  const until = recordings.untilOf(plan)
  return {
    ...{ name, path, isRunning: recordings.isRunning(plan), until: until && isoTime(until) },
    ...{ when, whenPath: when === 'always' ? undefined : plan.whenPath },
    media: own.flatMap(recorderView),
  }
}

function recorderView({ path, state, createdTime, sizeBytes, missedPackets }: Recorder) {
  if (state === 'ended') return []
  return [{ path, state, since: isoTime(createdTime), sizeBytes, missedPackets }]
}

function segmentView(
  { recordings }: ControlledServer,
  plan: RecordingPlan,
  segment: StoredSegment,
): z.output<typeof segmentSchema> {
  const { path, file, startMs, endMs, sizeBytes } = segment
  return {
    ...{ path, file, sizeBytes, isOpen: recordings.files.isOpen(plan, segment) },
    startTime: isoTime(new Date(startMs)),
    endTime: isoTime(new Date(endMs)),
  }
}

/** Returns the recorded paths in alphabetical order, each with the times, number and bytes of its files. */
function recordedPaths(segments: readonly StoredSegment[]): z.output<typeof recordedPathSchema>[] {
  const byPath = new Map<string, RecordedPath>()
  for (const { path, startMs, endMs, sizeBytes } of segments) {
    const known = byPath.get(path) ?? { files: 0, sizeBytes: 0, startMs, endMs }
    byPath.set(path, {
      ...{ files: known.files + 1, sizeBytes: known.sizeBytes + sizeBytes },
      startMs: Math.min(known.startMs, startMs),
      endMs: Math.max(known.endMs, endMs),
    })
  }
  return [...byPath]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, maxPaths)
    .map(([path, { files, sizeBytes, startMs, endMs }]) => ({
      ...{ path, files, sizeBytes },
      startTime: isoTime(new Date(startMs)),
      endTime: isoTime(new Date(endMs)),
    }))
}

interface RecordedPath {
  readonly files: number
  readonly sizeBytes: number
  readonly startMs: number
  readonly endMs: number
}

const maxSeconds = 7 * 24 * 60 * 60

const startRecording = operation({
  id: 'startRecording',
  method: 'post',
  path: '/v1/recordings/{name}/start',
  role: 'operator',
  tag: 'recordings',
  summary:
    'Starts a recording that was stopped, or that does not start by itself, perhaps for some seconds',
  params: namedRecording,
  query: z.strictObject({
    seconds: queryNumber(z.number().min(1).max(maxSeconds))
      .optional()
      .describe(
        'Time after which the recording follows its settings again; a further start prolongs it',
      ),
  }),
  result: recordingSchema,
  handle: ({ server }, { params, query: { seconds } }) => {
    const plan = planOf(server, params.name)
    server.recordings.start(plan, seconds)
    return recordingView(server, plan)
  },
})

const stopRecording = operation({
  id: 'stopRecording',
  method: 'post',
  path: '/v1/recordings/{name}/stop',
  role: 'operator',
  tag: 'recordings',
  summary: 'Stops a recording until it is started again, or the server is',
  params: namedRecording,
  result: recordingSchema,
  handle: async ({ server }, { params }) => {
    const plan = planOf(server, params.name)
    await server.recordings.stop(plan)
    return recordingView(server, plan)
  },
})

/** Operations that list, start, stop and delete recordings. */
export const recordingControlOperations: readonly Operation[] = [
  operation({
    id: 'listRecordings',
    method: 'get',
    path: '/v1/recordings',
    role: 'viewer',
    tag: 'recordings',
    summary: 'Lists recordings, with the media that are recorded now',
    result: z.object({ recordings: z.array(recordingSchema) }),
    handle: ({ server }) => ({
      recordings: server.recordings.plans.map((plan) => recordingView(server, plan)),
    }),
  }),
  startRecording,
  stopRecording,
  operation({
    id: 'listRecordedPaths',
    method: 'get',
    path: '/v1/recordings/{name}/paths',
    role: 'viewer',
    tag: 'recordings',
    summary: 'Lists the paths that have files in a recording, the first thousand by name',
    params: namedRecording,
    result: z.object({ paths: z.array(recordedPathSchema) }),
    handle: async ({ server }, { params }) => {
      const segments = await server.recordings.files.list(planOf(server, params.name))
      return { paths: recordedPaths(segments) }
    },
  }),
  operation({
    id: 'listSegments',
    method: 'get',
    path: '/v1/recordings/{name}/segments',
    role: 'viewer',
    tag: 'recordings',
    summary: 'Lists the files of a recording in a range of time, the oldest first: its time line',
    params: namedRecording,
    query: z.strictObject({
      ...segmentRange,
      cursor: z
        .string()
        .regex(/^\d{1,9}$/)
        .optional()
        .describe('`cursor` of the page before'),
      limit: pageLimit,
    }),
    result: z.object({ segments: z.array(segmentSchema), cursor: nextCursor }),
    handle: async ({ server }, { params, query }) => {
      const plan = planOf(server, params.name)
      const found = await segmentsIn(server, plan, query)
      const from = Number(query.cursor ?? 0)
      const to = from + pageSize(query.limit)
      return {
        segments: found.slice(from, to).map((segment) => segmentView(server, plan, segment)),
        cursor: to < found.length ? String(to) : undefined,
      }
    },
  }),
  operation({
    id: 'deleteSegments',
    method: 'delete',
    path: '/v1/recordings/{name}/segments',
    role: 'admin',
    tag: 'recordings',
    summary: 'Deletes files of a recording that lie within a range of time',
    params: namedRecording,
    query: z.strictObject({
      path: segmentRange.path,
      from: moment.describe('Only files that begin at or after this time'),
      to: moment.describe('Only files that end at or before this time'),
    }),
    result: z.object({ count, sizeBytes: count }),
    handle: async ({ server }, { params, query }) => {
      const plan = planOf(server, params.name)
      const { from, to } = query
      const found = await segmentsIn(server, plan, query)
      // The API writes times in whole milliseconds.
      const whole = found.filter(
        ({ startMs, endMs }) => Math.floor(startMs) >= from && Math.floor(endMs) <= to,
      )
      const deleted = await server.recordings.files.remove(plan, whole)
      const sizeBytes = deleted.reduce((sum, segment) => sum + segment.sizeBytes, 0)
      return { count: deleted.length, sizeBytes }
    },
  }),
]
