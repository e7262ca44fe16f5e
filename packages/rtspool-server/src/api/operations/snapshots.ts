import type { IncomingMessage, ServerResponse } from 'node:http'
import { RequestError } from 'rtspool'
import { z } from 'zod'
import type { Snapshot, SnapshotWish } from '../../snapshots/snapshot.js'
import { type SnapshotCause, SnapshotError } from '../../snapshots/snapshot-error.js'
import { type Operation, type OperationContext, rawOperation } from '../operation.js'
import { Problem, type ProblemName } from '../problem.js'
import { queryBoolean, queryNumber, text } from '../values.js'
import { mediaOf, namedMedia } from './media.js'

const minWidth = 16
const maxWidth = 4096
/**
 * Idle timeout of the caller's connection in milliseconds: more than the longest configurable times
 * of a source to start and of a program to convert together.
 */
const longestMs = 60_000
const contentTypes = ['image/jpeg', 'video/mp4'] as const
const snapshotProblems: readonly ProblemName[] = [
  ...(['conflict', 'no-picture', 'no-jpeg', 'too-many', 'no-key-frame'] as const),
]

const problemOf: Readonly<Record<SnapshotCause, ProblemName>> = {
  idle: 'conflict',
  noKeyFrame: 'no-key-frame',
  noPicture: 'no-picture',
  noJpeg: 'no-jpeg',
  busy: 'too-many',
}

const wishes = {
  format: z
    .enum(['jpeg', 'mp4'])
    .optional()
    .describe('Default: JPEG if the server can make one, otherwise MP4 with one picture'),
  width: queryNumber(z.number().int().min(minWidth).max(maxWidth))
    .optional()
    .describe('Greatest width of a JPEG in pixels. Default: that of the picture'),
}

/** Operations that make pictures of media. */
export const snapshotOperations: readonly Operation[] = [
  rawOperation({
    id: 'getMediaSnapshot',
    method: 'get',
    path: '/v1/media/{publicId}/snapshot',
    role: 'viewer',
    tag: 'media',
    summary: 'Sends the last key frame of a media as JPEG or MP4, without starting anything',
    params: namedMedia,
    query: z.strictObject(wishes),
    contentTypes,
    problems: snapshotProblems,
    respond: (context, { params, query }, response, request) => {
      const media = mediaOf(context.server, params.publicId)
      checkBans(context, media.path)
      const { snapshots } = context.server
      return send(request, response, (signal) => snapshots.ofMedia(media, { ...query, signal }))
    },
  }),
  rawOperation({
    id: 'getSnapshot',
    method: 'get',
    path: '/v1/snapshot',
    role: 'viewer',
    tag: 'media',
    summary: 'Sends the last key frame of a path as JPEG or MP4; can start a source that is idle',
    query: z.strictObject({
      path: text.startsWith('/').describe('Decoded path of a media'),
      start: queryBoolean
        .optional()
        .describe('true = start a source that does not run. Default: false'),
      ...wishes,
    }),
    contentTypes,
    problems: [...snapshotProblems, 'not-found'],
    respond: (context, { query }, response, request) => {
      const { path, start = false, ...wish } = query
      checkBans(context, path)
      const { snapshots } = context.server
      return send(request, response, (signal) => snapshots.ofPath(path, start, { ...wish, signal }))
    },
  }),
]

/**
 * Checks that no ban refuses the caller at a path, by user and address.
 *
 * @throws {Problem} `forbidden` for a banned caller.
 */
function checkBans({ server, caller }: OperationContext, path: string): void {
  const { address, token } = caller
  const ban = server.rtsp.pool.bans.find({ address, user: token.user, path })
  if (ban) throw new Problem('forbidden', 'a ban keeps the caller from the path')
}

/**
 * Makes a snapshot (a picture of a media) and sends it as the response. The wait for a key frame ends when the caller
 * disconnects.
 *
 * @throws {Problem} The reason why the snapshot cannot be made.
 */
async function send(
  { socket }: IncomingMessage,
  response: ServerResponse,
  make: (signal: SnapshotWish['signal']) => Promise<Snapshot>,
): Promise<void> {
  const leaving = new AbortController()
  const leave = (): void => leaving.abort()
  socket.setTimeout(longestMs)
  socket.once('close', leave)
  try {
    const { contentType, bytes, unixTimeMs } = await make(leaving.signal)
    response.writeHead(200, {
      'Content-Type': contentType,
      'Content-Length': bytes.length,
      ...(unixTimeMs !== undefined && { 'Last-Modified': new Date(unixTimeMs).toUTCString() }),
    })
    response.end(bytes)
  } catch (error) {
    if (!leaving.signal.aborted) throw problemFor(error)
  } finally {
    socket.off('close', leave)
  }
}

/** Converts the error of a snapshot to an error response; returns errors of other causes unchanged. */
function problemFor(error: unknown): unknown {
  if (error instanceof SnapshotError) {
    const headers: Record<string, string> =
      error.reason === 'noKeyFrame' ? { 'Retry-After': '1' } : {}
    return new Problem(problemOf[error.reason], error.message, { headers })
  }
  return error instanceof RequestError ? new Problem('not-found', error.message) : error
}
