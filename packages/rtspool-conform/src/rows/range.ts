import type { Answer } from '../answer.js'
import { check } from '../mismatch.js'
import { nptOf } from '../npt.js'
import { requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import type { Trial } from '../trial.js'

/** Seconds by which a server may start before the requested position, because it starts at a key frame. */
const gopSeconds = 5

/**
 * Sends PLAY with a Range, Scale or Speed header in a new session, and tears the session down.
 *
 * @param header - The header as one line: `Range: npt=5-`.
 * @throws {Mismatch} The response has none of the status codes.
 */
async function playWith(
  trial: Trial,
  header: `${'Range' | 'Scale' | 'Speed'}: ${string}`,
  status: number | readonly number[],
  uri = trial.uri,
): Promise<Answer> {
  const { peer, session, description, ask } = await trial.setUpAll(undefined, uri)
  const [name = '', value = ''] = header.split(': ')
  const headers = { ...session, [name]: value }
  const answer = await peer.request('PLAY', description.aggregateUri, { headers })
  await ask(200, 'TEARDOWN')
  peer.close()
  return requireStatus(answer, status, header)
}

/** Conformance tests for the Range header. */
export const rangeRows: readonly Row[] = [
  {
    id: 'A-RNG-1',
    level: 'must',
    reference: 'RFC 2326 3.6, 12.29',
    requirement: 'every form of normal play time is understood where one can seek',
    expected: `200, with a Range that begins at the point or up to ${gopSeconds} s before`,
    needs: ['seekable'],
    seconds: 10,
    run: async (trial) => {
      const { uri } = trial.target('seekable')
      for (const [range, start] of [
        ['npt=5-', 5],
        ['npt=5-7.5', 5],
        ['npt=0:00:05.5-', 5.5],
        ['npt=-7', 0],
        ['npt=0.000-', 0],
      ] as const) {
        const answer = await playWith(trial, `Range: ${range}`, 200, uri)
        const got = nptOf(answer)
        const isNear = got !== undefined && got <= start + 0.2 && got >= start - gopSeconds
        check(isNear, `a begin near ${start} to ${range}`, answer.header('Range') ?? 'no Range')
      }
      return undefined
    },
  },
  {
    id: 'A-RNG-2',
    level: 'must',
    reference: 'RFC 2326 3.7, 12.29',
    requirement: 'a range in clock time plays, or gets 501',
    expected: '200 or 501 (457 where the time is not there)',
    run: async (trial) => {
      const range = 'clock=20260101T120000.25Z-'
      return (await playWith(trial, `Range: ${range}`, [200, 501, 457])).toString()
    },
  },
  {
    id: 'A-RNG-3',
    level: 'must',
    reference: 'RFC 2326 3.5, 12.29',
    requirement: 'a range in SMPTE time plays, or gets 501',
    expected: '200 or 501 (457 where the time is not there)',
    run: async (trial) => {
      for (const range of ['smpte=00:00:01:20-', 'smpte-25=00:00:01-']) {
        await playWith(trial, `Range: ${range}`, [200, 501, 457, 456])
      }
      return undefined
    },
  },
  {
    id: 'A-RNG-4',
    level: 'must',
    reference: 'RFC 2326 12.29',
    requirement: 'the Range of the answer has the unit of the request',
    expected: 'npt',
    run: async (trial) => {
      const answer = await playWith(trial, 'Range: npt=0.000-', 200)
      const range = answer.header('Range') ?? 'no Range'
      check(/^npt\s*=/.test(range), 'npt', range)
      return undefined
    },
  },
  {
    id: 'A-RNG-5',
    level: 'must',
    reference: 'RFC 2326 11.3.8',
    requirement: 'a begin behind the end of the media gets 457',
    expected: '457 to npt=99999-',
    needs: ['seekable'],
    run: async (trial) => {
      const { uri } = trial.target('seekable')
      await playWith(trial, 'Range: npt=99999-', 457, uri)
      return undefined
    },
  },
  {
    id: 'A-RNG-5b',
    level: 'house',
    reference: 'RFC 2326 11.3.8, 12.29; own decision',
    requirement: 'a range that ends before it begins gets 457, an unknown unit 501, nonsense 400',
    expected: '457 to npt=7-5, 501 to bytes=0-, 400 to npt=x-',
    run: async (trial) => {
      for (const [range, status] of [
        ['npt=7-5', 457],
        ['bytes=0-', 501],
        ['npt=x-', 400],
      ] as const) {
        await playWith(trial, `Range: ${range}`, status)
      }
      return undefined
    },
  },
  {
    id: 'A-RNG-6',
    level: 'must',
    reference: 'RFC 2326 12.29; FFmpeg 5.1',
    requirement: 'whoever asks for the begin, or for now, gets it: live media too',
    expected: '200 to npt=0.000- and npt=now-',
    run: async (trial) => {
      for (const range of ['npt=0.000-', 'npt=now-']) {
        await playWith(trial, `Range: ${range}`, 200)
      }
      return undefined
    },
  },
  {
    id: 'A-RNG-7',
    level: 'should',
    reference: 'RFC 2326 12.29',
    requirement: 'a time parameter in Range is understood or ignored',
    expected: '200',
    run: async (trial) => {
      await playWith(trial, 'Range: npt=now-;time=19970123T143720Z', 200)
      return undefined
    },
  },
  {
    id: 'A-SCL-1',
    level: 'must',
    reference: 'RFC 2326 12.34',
    requirement: 'the answer to a Scale says the scale that is played',
    expected: '200 with Scale',
    run: async (trial) => {
      const answer = await playWith(trial, 'Scale: 2', 200)
      const scale = answer.header('Scale') ?? 'no Scale'
      check(/^-?\d+(\.\d+)?$/.test(scale), 'a Scale header', scale)
      return `Scale: ${scale}`
    },
  },
  {
    id: 'A-SCL-2',
    level: 'should',
    reference: 'RFC 2326 12.34, 12.35; GStreamer 1.22',
    requirement: 'a scale or speed that is no rate gets 400',
    expected: '400 to each',
    run: async (trial) => {
      for (const header of ['Scale: x', 'Scale: 0', 'Speed: -2'] as const) {
        await playWith(trial, header, 400)
      }
      return undefined
    },
  },
  {
    id: 'A-SCL-3',
    level: 'must',
    reference: 'RFC 2326 12.35',
    requirement: 'Speed is optional: it is honoured or not, and is no error',
    expected: '200',
    run: async (trial) => {
      const answer = await playWith(trial, 'Speed: 1.5', 200)
      return answer.header('Speed') ? `Speed: ${answer.header('Speed')}` : 'no Speed'
    },
  },
]
