import { describe, expect, test } from 'vitest'
import { h265FileTrack } from '../../../../src/media/file/tracks/nal-file-track.js'
import { depacketizeH265 } from '../../../rtp/payloader/depacketizers.js'
import { bytesOf } from '../../../support/bytes-of.js'
import { linesOf, readTrackOf, unitsOf } from './read-track.js'

const sets = ['40010c01ffff', '420101016001', '4401c172']
const [vps, sps, pps] = sets
const slice = '2601af15'
const fixed = '01 01 60000000 900000000000 3c f000 fc fd f8 f8 0000 0f'
const hvcC = bytesOf(`${fixed} 03 20 0001 0006${vps} 21 0001 0006${sps} 22 0001 0004${pps}`)
const fmtp = 'sprop-vps=QAEMAf//;sprop-sps=QgEBAWAB;sprop-pps=RAHBcg=='

async function sentOf(bytes: Buffer, record?: Buffer): Promise<string[]> {
  const track = h265FileTrack(readTrackOf([{ bytes, seconds: 0 }]), record)
  const [unit] = await unitsOf(track)
  if (!unit) throw new Error('expected an access unit')
  const packets = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })(unit, 0)
  return depacketizeH265(packets).map((nal) => nal.toString('hex'))
}

describe('an H.265 track', { tags: 'A-PAY-2' }, () => {
  test('is described with its parameter sets', () => {
    const track = h265FileTrack(readTrackOf([]), hvcC)
    expect(linesOf(track)).toEqual(['rtpmap:96 H265/90000', `fmtp:96 ${fmtp}`])
  })

  test('puts its parameter sets before each key frame', async () => {
    expect(await sentOf(bytesOf(`00000004 ${slice}`), hvcC)).toEqual([...sets, slice])
  })

  test('keeps the access unit delimiter first', async () => {
    const bytes = bytesOf(`00000003 460150 00000004 ${slice}`)
    expect(await sentOf(bytes, hvcC)).toEqual(['460150', ...sets, slice])
  })

  test('contains them once if the file repeats them', async () => {
    const bytes = bytesOf(`00000006 ${vps} 00000006 ${sps} 00000004 ${pps} 00000004 ${slice}`)
    expect(await sentOf(bytes, hvcC)).toEqual([...sets, slice])
  })

  test('may have start codes, and its parameter sets in the stream only', async () => {
    const bytes = bytesOf(`00000001 ${vps} 000001 ${sps} 000001 ${pps} 000001 ${slice}`)
    const track = h265FileTrack(readTrackOf([{ bytes, seconds: 0 }]), undefined)
    expect(linesOf(track)[1]).toBe(`fmtp:96 ${fmtp}`)
    expect(await sentOf(bytes)).toEqual([...sets, slice])
  })

  test('without parameter sets anywhere is refused', () => {
    const track = readTrackOf([{ bytes: bytesOf(`000001 ${slice}`), seconds: 0 }])
    expect(() => h265FileTrack(track, undefined)).toThrow(/expected an SPS/)
  })
})
