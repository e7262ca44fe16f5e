import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { ApiCommand } from './api-command.js'

const run = promisify(execFile)

/** A file of a recording, as the control API lists it. */
export interface ListedSegment {
  readonly file: string
  readonly path: string
  readonly startTime: string
  readonly endTime: string
}

/** Returns the lines of the log of a command with a message. */
export function linesOf({ printed }: ApiCommand, message: string) {
  return printed
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(message))
    .map((line) => JSON.parse(line) as { readonly msg: string })
    .filter(({ msg }) => msg === message)
}

/** Lists the files of the recording `all`. */
export async function segmentsOf({ api }: ApiCommand): Promise<readonly ListedSegment[]> {
  const { body } = await api.call('listSegments', { params: { name: 'all' } })
  return body.segments as ListedSegment[]
}

/** Exports a path of the recording `all`, from `hours` before a time to as many behind it. */
export async function exportAll(
  { api }: ApiCommand,
  path: string,
  hours = 1,
  atMs = Date.now(),
): Promise<Buffer> {
  const spanMs = hours * 3_600_000
  const [from, to] = [atMs - spanMs, atMs + spanMs].map((at) => new Date(at).toISOString())
  const query = { path, from: from ?? '', to: to ?? '' }
  const response = await api.send('exportRecording', { params: { name: 'all' }, query })
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}

/** Returns a hash of each coded picture of a file, without its parameter sets, in order. */
export const pictureHashes = (file: string): Promise<string[]> =>
  hashesOf(file, ['0:v', '-bsf:v', 'h264_mp4toannexb,filter_units=pass_types=1|5'])

/** Returns a hash of each coded frame of sound of a file, in order. */
export const soundHashes = (file: string): Promise<string[]> => hashesOf(file, ['0:a'])

/** Returns the place at which all of `came` stands in `sent` without a gap, or -1. */
export function placeOf(came: readonly string[], sent: readonly string[]): number {
  const isThere = (place: number): boolean => came.every((hash, at) => hash === sent[place + at])
  return came.length === 0 ? -1 : sent.findIndex((_, place) => isThere(place))
}

async function hashesOf(file: string, [stream = '', ...filter]: string[]): Promise<string[]> {
  const { stdout } = await run('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-i', file, '-map', stream, '-c', 'copy'],
    ...[...filter, '-f', 'framehash', '-'],
  ])
  return (
    stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      // Hashes of side data may stand behind that of the unit.
      .map((line) => line.split(',')[5]?.trim() ?? '')
  )
}
