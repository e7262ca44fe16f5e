import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { ExportSlots } from '../../../recording/stored/export-slots.js'
import {
  ExportError,
  type ExportedRange,
  exportRange,
} from '../../../recording/stored/exported-range.js'
import { type Operation, type OperationContext, rawOperation } from '../../operation.js'
import { Problem } from '../../problem.js'
import { text } from '../../values.js'
import { moment, namedRecording, planOf, segmentsIn } from './segment-ranges.js'

const hourMs = 3_600_000
/** Maximum milliseconds of one export: a day. */
const maxExportMs = 24 * hourMs
/** Maximum milliseconds of a recording that a player may request at once. */
const maxPlayedMs = 120_000

const exportedRange = z.strictObject({
  path: text.startsWith('/').describe('Decoded path'),
  from: moment.describe('Beginning'),
  to: moment.describe('End'),
})

interface Reading {
  readonly name: string
  readonly query: z.output<typeof exportedRange>
  readonly maxMs: number
  readonly slots: ExportSlots
  readonly atChange: 'refuse' | 'end'
}

/** Operations that return recorded pictures and sound. */
export const exportOperations: readonly Operation[] = [
  rawOperation({
    id: 'exportRecording',
    method: 'get',
    path: '/v1/recordings/{name}/export',
    role: 'operator',
    tag: 'recordings',
    summary:
      'Returns a range of time of one path, a day at most, as one file, which begins with a key frame',
    params: namedRecording,
    query: exportedRange,
    contentTypes: ['video/mp4'],
    problems: ['conflict', 'too-many'],
    respond: ({ server }, { params: { name }, query }, response) =>
      respondWith(
        server,
        {
          name,
          query,
          maxMs: maxExportMs,
          slots: server.recordings.files.exports,
          atChange: 'refuse',
        },
        response,
        ({ startMs }) => {
          const at = new Date(startMs).toISOString().replaceAll(':', '-').slice(0, 19)
          const file = `recording-${at}Z.mp4`
          response.setHeader('Content-Disposition', `attachment; filename="${file}"`)
        },
      ),
  }),
  rawOperation({
    id: 'playRecording',
    method: 'get',
    path: '/v1/recordings/{name}/play',
    role: 'viewer',
    tag: 'recordings',
    summary:
      'Returns at most two minutes of one path for a player, with the times of beginning and end as headers',
    params: namedRecording,
    query: exportedRange,
    contentTypes: ['video/mp4'],
    problems: ['conflict', 'too-many'],
    respond: ({ server }, { params: { name }, query }, response) =>
      respondWith(
        server,
        { name, query, maxMs: maxPlayedMs, slots: server.recordings.files.played, atChange: 'end' },
        response,
        ({ startMs, endMs }) => {
          response.setHeader('Rtspool-Start-Time', new Date(startMs).toISOString())
          response.setHeader('Rtspool-End-Time', new Date(endMs).toISOString())
        },
      ),
  }),
]

/**
 * Sends a range of a recording as one MP4 file, no faster than the client receives. Reading ends when the client
 * disconnects.
 *
 * @param setHeaders - Adds headers once the times of the file are known, before the first byte.
 * @throws {Problem} `not-found` without the recording; `invalid-request` for too long a range; `too-many` without a
 * free place; `conflict` if one file is impossible.
 */
async function respondWith(
  server: OperationContext['server'],
  { name, query: { path, from, to }, maxMs, slots, atChange }: Reading,
  response: ServerResponse,
  setHeaders: (range: ExportedRange) => void,
): Promise<void> {
  const plan = planOf(server, name)
  if (to - from > maxMs) {
    const expected = `at most ${maxMs / 1000} s after from`
    const wrong = [{ where: 'query.to', expected, got: `${(to - from) / 1000} s` }]
    throw new Problem('invalid-request', 'the range is too long', { wrong })
  }
  const release = slots.take()
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
    setHeaders(range)
    await pipeline(range.read(), response).catch(() => response.destroy())
  } catch (error) {
    if (leaving.signal.aborted) return
    throw error instanceof ExportError ? new Problem('conflict', error.message) : error
  } finally {
    release()
  }
}
