import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { ExportSlots } from '../../../recording/stored/export-slots.js'
import {
  ExportError,
  type ExportedRange,
  exportRange,
} from '../../../recording/stored/exported-range.js'
import type { RecordingFiles } from '../../../recording/stored/recording-files.js'
import { type Operation, type OperationContext, rawOperation } from '../../operation.js'
import { Problem } from '../../problem.js'
import { text } from '../../values.js'
import { moment, namedRecording, planOf, segmentsIn } from './segment-ranges.js'

const hourMs = 3_600_000
/** Maximum length in milliseconds of the range that one export may contain: a day. */
const maxExportMs = 24 * hourMs
/** Maximum length in milliseconds of the range of a recording that a player may request at once. */
const maxPlayedMs = 120_000

const exportedRange = z.strictObject({
  path: text.startsWith('/').describe('Decoded path'),
  from: moment.describe('Beginning'),
  to: moment.describe('End'),
})

/**
 * Differences between the operations that return a range of a recording: export to a file, and playing in the browser.
 */
interface RangeOperation extends Pick<Operation, 'id' | 'path' | 'role' | 'summary'> {
  /** Maximum length of the requested range in milliseconds. */
  readonly maxMs: number
  /** Effect of a change of format within the range: the request is refused, or the range ends there. */
  readonly atChange: 'refuse' | 'end'
  /** Returns the places for clients of this operation, each of which is taken while a client reads. */
  slots(files: RecordingFiles): ExportSlots
  /** Adds response headers about the range that is sent. Called once, before the first byte of the MP4 file. */
  setHeaders(response: ServerResponse, range: ExportedRange): void
}

/** Operations that return recorded pictures and sound. */
export const exportOperations: readonly Operation[] = [
  rangeOperation({
    id: 'exportRecording',
    path: '/v1/recordings/{name}/export',
    role: 'operator',
    summary:
      'Returns a range of time of one path, a day at most, as one file, which begins with a key frame',
    maxMs: maxExportMs,
    atChange: 'refuse',
    slots: ({ exports }) => exports,
    setHeaders(response, { startMs }) {
      const at = new Date(startMs).toISOString().replaceAll(':', '-').slice(0, 19)
      const file = `recording-${at}Z.mp4`
      response.setHeader('Content-Disposition', `attachment; filename="${file}"`)
    },
  }),
  rangeOperation({
    id: 'playRecording',
    path: '/v1/recordings/{name}/play',
    role: 'viewer',
    summary:
      'Returns at most two minutes of one path for a player, with the times of beginning and end as headers',
    maxMs: maxPlayedMs,
    atChange: 'end',
    slots: ({ played }) => played,
    setHeaders(response, { startMs, endMs }) {
      response.setHeader('Rtspool-Start-Time', new Date(startMs).toISOString())
      response.setHeader('Rtspool-End-Time', new Date(endMs).toISOString())
    },
  }),
]

function rangeOperation(range: RangeOperation): Operation {
  const { id, path, role, summary } = range
  return rawOperation({
    ...{ id, method: 'get', path, role, tag: 'recordings', summary },
    params: namedRecording,
    query: exportedRange,
    contentTypes: ['video/mp4'],
    problems: ['conflict', 'too-many'],
    respond: ({ server }, { params: { name }, query }, response) =>
      respondWith(server, { name, query }, range, response),
  })
}

/**
 * Sends a range of a recording as one MP4 file, no faster than the client receives. Reading ends when the client
 * disconnects.
 *
 * @param name - Name of the recording.
 * @throws {Problem} `not-found` without the recording; `invalid-request` for too long a range; `too-many` without a
 * free place; `conflict` if one file is impossible.
 */
async function respondWith(
  server: OperationContext['server'],
  { name, query }: { readonly name: string; readonly query: z.output<typeof exportedRange> },
  { maxMs, atChange, slots, setHeaders }: RangeOperation,
  response: ServerResponse,
): Promise<void> {
  const { path, from, to } = query
  const plan = planOf(server, name)
  if (to - from > maxMs) {
    const expected = `at most ${maxMs / 1000} s after from`
    const wrong = [{ where: 'query.to', expected, got: `${(to - from) / 1000} s` }]
    throw new Problem('invalid-request', 'the range is too long', { wrong })
  }
  const release = slots(server.recordings.files).take()
  if (!release) throw new Problem('too-many', 'other clients read recordings now: try again soon')
  const leaving = new AbortController()
  response.once('close', () => leaving.abort())
  try {
    const segments = await segmentsIn(server, plan, { path, from, to })
    const options = { indexes: server.recordings.files.indexes, signal: leaving.signal, atChange }
    const range = await exportRange(plan.folder, segments, { fromMs: from, toMs: to }, options)
    const codecs = range.codecs.length > 0 ? `; codecs="${range.codecs.join(', ')}"` : ''
    response.setHeader('Content-Type', `video/mp4${codecs}`)
    response.setHeader('Content-Length', range.sizeBytes)
    setHeaders(response, range)
    await pipeline(range.read(), response).catch(() => response.destroy())
  } catch (error) {
    if (leaving.signal.aborted) return
    throw error instanceof ExportError ? new Problem('conflict', error.message) : error
  } finally {
    release()
  }
}
