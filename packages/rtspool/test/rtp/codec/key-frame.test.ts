import { describe, expect, it, test } from 'vitest'
import { payloadKinds, payloadTestOf } from '../../../src/rtp/index.js'
import { bytesOf } from '../../support/bytes-of.js'

const { picture, keyFrame, prefix, recovery, gradual, rest } = payloadKinds

/** Returns the bits of a payload in the middle of a packet. */
function kindOf(encoding: string, payload: string): number | undefined {
  const bytes = bytesOf(payload)
  const packet = Buffer.concat([Buffer.alloc(12, 0x65), bytes, Buffer.alloc(3, 0x65)])
  return payloadTestOf(encoding)?.(packet, 12, 12 + bytes.length)
}

const sps = '6764000caccd40'
const pps = '68ebe3cb22c0'

describe('the slice makes a key frame of H.264', { tags: ['M-D', 'A-PAY-1'] }, () => {
  test.each([
    ['IDR slice', '65 88', keyFrame],
    ['other slice', '41 9a', picture],
    ['data partition A', '22 9a', picture],
    ['SPS', sps, prefix],
    ['PPS', pps, prefix],
    ['access unit delimiter', '09 f0', prefix],
    ['SEI without a recovery point', '06 01 01 00 80', prefix],
    ['prefix unit of a layer', '6e 40', prefix],
    ['filler', '0c ff 80', 0],
    ['end of sequence', '0a', 0],
    ['slice of another layer', '74 80', 0],
    ['STAP-A of SPS and PPS', `78 0007${sps} 0006${pps}`, prefix],
    ['STAP-A of SPS, PPS and IDR slice', `78 0007${sps} 0006${pps} 0002 6588`, keyFrame],
    ['STAP-A of SPS, PPS and slice', `78 0007${sps} 0006${pps} 0002 419a`, picture],
    ['STAP-A of slice, SPS and PPS', `78 0002 419a 0007${sps} 0006${pps}`, picture | prefix],
    ['STAP-A of SEI and IDR slice', '78 0002 0605 0002 6588', keyFrame],
    ['STAP-A of SEI and slice', '78 0002 0605 0002 419a', picture],
    ['STAP-A that is cut off', '78 0002 0605 00', prefix],
    ['STAP-A of an empty unit and an IDR slice', '78 0000 0001 65', keyFrame],
    ['STAP-A of an empty unit and a slice', '78 0000 0005 41', picture],
    ['STAP-A of two empty units', '78 0000 0500', 0],
    ['STAP-B of SPS and IDR slice', `79 0000 0007${sps} 0002 6588`, keyFrame],
    ['STAP-B of SPS and slice', `79 0000 0007${sps} 0002 419a`, picture],
    ['MTAP16 of SPS and IDR slice', `7a 0000 0007 00 0000 ${sps} 0002 01 0000 6588`, keyFrame],
    ['MTAP24 of SPS and slice', `7b 0000 0007 00 000000 ${sps} 0002 01 000000 419a`, picture],
    ['first FU-A of an IDR slice', '7c 85 88', keyFrame],
    ['later FU-A of an IDR slice', '7c 05 88', rest],
    ['last FU-A of an IDR slice', '7c 45 88', rest],
    ['first FU-A of another slice', '7c 81 88', picture],
    ['later FU-A of another slice', '7c 01 88', picture],
    ['first FU-A of an SPS', '7c 87 64', prefix],
    ['later FU-A of an SPS', '7c 07 64', prefix],
    [
      'first FU-A of an SPS with an IDR slice behind it',
      `7c 87 64 000001 68ce 000001 6588`,
      keyFrame,
    ],
    ['first FU-A of an SEI with a slice behind it', `7c 86 0501 00000001 419a`, picture],
    ['later FU-A of an SPS with an IDR slice behind it', `7c 07 64 000001 6588`, keyFrame],
    ['last FU-A of an SPS with a start code at its end', `7c 47 64 000001`, prefix],
    ['FU-A of an IDR slice with the bytes of a start code', `7c 05 000001 419a`, rest],
    ['first FU-B of an IDR slice', '7d 85 0000 88', keyFrame],
    ['FU-A that is cut off', '7c', 0],
    ['nothing', '', 0],
  ])('%s', (_, payload, kind) => expect(kindOf('H264', payload)).toBe(kind))
})

describe('recovery points of H.264', { tags: 'M-B' }, () => {
  const emulated = '06 05 05 000003 000003 01 06 01 c4 80'
  test.each([
    ['at once', '06 06 01 c4 80', prefix | recovery],
    ['after frames', '06 06 01 28 80', prefix | gradual],
    ['behind the picture timing', '06 01 02 aabb 06 01 c4 80', prefix | recovery],
    ['behind a long signature', `06 05 ff2d ${'41'.repeat(300)} 06 01 28 80`, prefix | gradual],
    ['behind bytes that prevent a start code', emulated, prefix | recovery],
    [
      'in a STAP-A with SPS, PPS',
      `78 0004 67640000 0003 68ce38 0005 060601c480`,
      prefix | recovery,
    ],
    ['in a STAP-A with its slice', '78 0005 060601c480 0002 419a', picture | recovery],
    ['in the first fragment', '7c 86 06 01 28 80', prefix | gradual],
    ['cut off behind its size', '06 06 01', prefix | gradual],
    ['that is the size of another message', '06 05 06 060101010101 80', prefix],
    ['inside another message', '06 05 03 0601c4 80', prefix],
    ['cut off', '06 06', prefix],
    ['of a type above 255', '06 ff06 01 c4 80', prefix],
  ])('%s', (_, payload, kind) => expect(kindOf('H264', payload)).toBe(kind))
})

/** Returns two bytes of an H.265 payload header of layer 0. */
const unit = (type: number) => `${(type << 1).toString(16).padStart(2, '0')}01`
const aggregate = (...units: string[]) =>
  unit(48) +
  units.map((each) => `${(each.length / 2).toString(16).padStart(4, '0')}${each}`).join('')

describe('the slice makes a key frame of H.265', { tags: ['M-D', 'A-PAY-2'] }, () => {
  const slice = `${unit(1)}d0`
  const idr = `${unit(19)}af`
  const sets = [`${unit(32)}0c`, `${unit(33)}01`, `${unit(34)}c1`] as const
  test.each([
    ['an IDR picture', idr, keyFrame],
    ['a CRA picture', `${unit(21)}af`, keyFrame],
    ['a BLA picture', `${unit(16)}af`, keyFrame],
    ['a trailing picture', slice, picture],
    ['a RASL picture', `${unit(9)}d0`, picture],
    ['a VPS', sets[0], prefix],
    ['an SPS', sets[1], prefix],
    ['a PPS', sets[2], prefix],
    ['a delimiter', `${unit(35)}50`, prefix],
    ['an SEI behind the picture', `${unit(40)}0100`, 0],
    ['filler', `${unit(38)}ff`, 0],
    ['a slice of another layer', '0309d0', 0],
    ['an IDR picture of another layer', '2609af', 0],
    ['an aggregate of parameter sets', aggregate(...sets), prefix],
    ['an aggregate of parameter sets and IDR picture', aggregate(...sets, idr), keyFrame],
    ['an aggregate of parameter sets and slice', aggregate(...sets, slice), picture],
    ['an aggregate of slice and parameter sets', aggregate(slice, ...sets), picture | prefix],
    ['a cut aggregate', `${unit(48)}00`, 0],
    ['the start of an IDR fragment', `${unit(49)}9300`, keyFrame],
    ['the middle of an IDR fragment', `${unit(49)}1300`, rest],
    ['the start of another fragment', `${unit(49)}8100`, picture],
    ['the start of a VPS fragment', `${unit(49)}a000`, prefix],
    // cType 19 and 1, 2 bytes of extra information.
    ['an IDR picture behind extra information', `${unit(50)}2620 aabb 00`, keyFrame],
    ['a slice behind extra information', `${unit(50)}0220 aabb 00`, picture],
    ['extra information alone', `${unit(50)}2620`, 0],
    ['nothing', '', 0],
    ['a header alone', unit(19), 0],
  ])('%s', (_, payload, kind) => expect(kindOf('H265', payload)).toBe(kind))

  test.each([
    ['at once', `${unit(39)} 06 01 d0 80`, prefix | recovery],
    ['after pictures', `${unit(39)} 06 01 28 80`, prefix | gradual],
    ['in an aggregate with its slice', aggregate(`${unit(39)}0601d080`, slice), picture | recovery],
    ['none, behind the picture', `${unit(40)} 06 01 d0 80`, 0],
  ])('a recovery point %s', { tags: 'M-B' }, (_, payload, kind) => {
    expect(kindOf('H265', payload)).toBe(kind)
  })
})

describe('key frames of other encodings', { tags: 'M-D' }, () => {
  test.each([
    ['VP8', 'the first packet of a key frame', '10 50', keyFrame],
    ['VP8', 'the first packet behind an extension of all fields', '90 f0 8001 00 20 50', keyFrame],
    ['VP8', 'the first packet of another frame', '10 51', picture],
    ['VP8', 'a later packet of a key frame', '00 50', picture],
    ['VP8', 'the start of another partition', '11 50', picture],
    ['VP8', 'a descriptor alone', '10', picture],
    ['VP9', 'the beginning of a key frame', '8c 8001 82 49', keyFrame],
    ['VP9', 'the end of a key frame', '84 8001 82 49', picture],
    ['VP9', 'the beginning of another frame', 'cc 8001 86 00', picture],
    ['VP9', 'another frame without its bit P (ffmpeg 5.1)', '08 86 00', picture],
    ['VP9', 'a key frame without a picture id', '08 82 49', keyFrame],
    ['VP9', 'a frame shown again', '08 88 00', picture],
    ['VP9', 'a key frame of profile 3', '08 b0 24', keyFrame],
    ['VP9', 'the lowest layer of a key frame', 'ac 01 10 00 82 49', keyFrame],
    ['VP9', 'the lowest layer of a key frame, flexible', 'bc 01 10 82 49', keyFrame],
    ['VP9', 'another layer of a key frame', 'ac 01 13 00 82 49', picture],
    [
      'VP9',
      'a key frame behind its structure',
      '0a 38 01400168 02800168 02 04aa 00 82 49',
      keyFrame,
    ],
    ['VP9', 'another frame behind a structure', '0a 18 01400168 01 00 86 00', picture],
    ['VP9', 'a descriptor alone', '08', picture],
    ['AV1', 'the first packet of a sequence', '18 0a', keyFrame],
    ['AV1', 'another packet', '10 32', picture],
    ['JPEG', 'the first packet of a picture', '00 000000 01 50 28 1e ff', keyFrame],
    ['JPEG', 'a later packet', '00 000500 01 50 28 1e ff', picture],
    ['JPEG', 'a later packet far behind', '00 010000 01 50 28 1e ff', picture],
    ['MPV', 'a sequence header and an intra picture', '0000 39 00 000001b3', keyFrame],
    ['MPV', 'an intra picture without', '0000 19 00 00000100', picture],
    ['MPV', 'another picture', '0000 1a 00 00000100', picture],
    ['MP4V-ES', 'an intra VOP', '000001b6 10', keyFrame],
    ['MP4V-ES', 'a predicted VOP', '000001b6 50', picture],
    [
      'MP4V-ES',
      'headers and an intra VOP',
      '000001b0f5 000001b509 000001b300 000001b6 10',
      keyFrame,
    ],
    ['MP4V-ES', 'a GOV and a predicted VOP', '000001b3 00 000001b6 50', picture],
    ['MP4V-ES', 'headers alone', '000001b0f5 00000120 00', prefix],
    ['MP4V-ES', 'a later packet', 'a5 000001b6 10', picture],
  ])('%s: %s', (encoding, _, payload, kind) => expect(kindOf(encoding, payload)).toBe(kind))

  it('do not exist in empty payloads', () => {
    const encodings = ['H264', 'H265', 'VP8', 'VP9', 'AV1', 'JPEG', 'MPV', 'MP4V-ES']
    expect(encodings.map((encoding) => kindOf(encoding, ''))).toEqual(encodings.map(() => 0))
  })

  it('are recognised for each known encoding, in any spelling', () => {
    expect(
      ['h264', 'H265', 'vp8', 'mp4v-es', 'H263', 'opus', 'toString'].map(
        (name) => !!payloadTestOf(name),
      ),
    ).toEqual([true, true, true, true, false, false, false])
  })
})
