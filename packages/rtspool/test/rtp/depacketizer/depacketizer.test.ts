import { describe, expect, it } from 'vitest'
import { createDepacketizer, H264Payloader, type PayloadFormat } from '../../../src/public/rtp.js'
import { rtpPacket } from '../../support/test-server.js'

const h264: PayloadFormat = { encoding: 'H264' }
const [sps, pps, idr, slice] = ['67 01', '68 02', '65 80 03', '41 9a 04'].map((hex) =>
  Buffer.from(hex.replace(/ /g, ''), 'hex'),
) as [Buffer, Buffer, Buffer, Buffer]

let next = 0
const packet = (payload: Buffer | string, timestamp: number, marker = false): Buffer =>
  rtpPacket({
    sequenceNumber: next++,
    timestamp,
    marker,
    payload: typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload,
  })

function run(format: PayloadFormat, packets: readonly Buffer[]) {
  const depacketizer = createDepacketizer(format)
  const units = packets.flatMap((each) => depacketizer.push(each))
  units.push(...depacketizer.flush())
  const shown = units.map(({ parts, timestamp, isKeyFrame, lostPackets }) =>
    [timestamp, parts.map((part) => part.toString('hex')).join(), isKeyFrame, lostPackets].join(
      ' ',
    ),
  )
  const { lostPackets, malformedPackets, droppedUnits } = depacketizer
  return { shown, lostPackets, malformedPackets, droppedUnits }
}

describe('pictures', () => {
  it('end with the marker, or at the next timestamp', () => {
    const packets = [
      ...[packet(sps, 0), packet(pps, 0), packet(idr, 0, true)],
      ...[packet(slice, 3000), packet(slice, 6000, true), packet(slice, 9000)],
    ]
    expect(run(h264, packets).shown).toEqual([
      ...['0 6701,6802,658003 true 0', '3000 419a04 false 0'],
      ...['6000 419a04 false 0', '9000 419a04 false 0'],
    ])
  })

  it('include the parameter sets before them, with any timestamp and marker', () => {
    const packets = [
      ...[packet(slice, 0, true), packet(sps, 0), packet(pps, 0), packet(idr, 3000, true)],
      ...[packet(sps, 6000, true), packet(pps, 6000, true), packet(idr, 6000, true)],
    ]
    expect(run(h264, packets).shown).toEqual([
      ...['0 419a04 false 0', '3000 6701,6802,658003 true 0', '6000 6701,6802,658003 true 0'],
    ])
  })

  it.each<[string, PayloadFormat, string[], string]>([
    [
      'H264 without sets in the stream',
      { encoding: 'H264', parameters: 'packetization-mode=1;sprop-parameter-sets=ZwE=,aAI=' },
      ['658003', '419a04'],
      '6701,6802,658003|419a04',
    ],
    [
      'H264 with a delimiter in front of the slice',
      { encoding: 'h264', parameters: 'sprop-parameter-sets=ZwE=,aAI=; packetization-mode=1' },
      ['78 0002 0930 0003 658003'],
      '0930,6701,6802,658003',
    ],
    [
      'H264 with sets of its own',
      { encoding: 'H264', parameters: 'sprop-parameter-sets=ZwE=,aAI=' },
      ['78 0002 6709 0002 6809 0003 658003'],
      '6709,6809,658003',
    ],
    [
      'H265',
      { encoding: 'H265', parameters: 'sprop-vps=QAE=; sprop-sps=QgE=;sprop-pps=RAE=' },
      ['2601af', '0201d0'],
      '4001,4201,4401,2601af|0201d0',
    ],
    [
      'an empty list',
      { encoding: 'H264', parameters: 'sprop-parameter-sets=' },
      ['658003'],
      '658003',
    ],
    [
      'a list without a sequence parameter set',
      { encoding: 'H264', parameters: 'sprop-parameter-sets=aAI=' },
      ['658003'],
      '658003',
    ],
    [
      'no base64',
      { encoding: 'H264', parameters: 'sprop-parameter-sets=?,!;=;;' },
      ['658003'],
      '658003',
    ],
  ])('begin with the parameter sets of the description: %s', (_, format, payloads, expected) => {
    const packets = payloads.map((each, index) =>
      packet(each.replaceAll(' ', ''), 3000 * index, true),
    )
    const parts = run(format, packets).shown.map((line) => line.split(' ')[1])
    expect(parts.join('|')).toBe(expected)
  })

  it('of H.265 may end with a unit that is a header only, and no other unit is one', () => {
    const h265: PayloadFormat = { encoding: 'H265' }
    const packets = [
      ...[packet('2601af', 0), packet('4801', 0, true)],
      ...[packet('0201d0', 3000), packet('4a01', 3000, true), packet('0201', 6000, true)],
    ]
    expect(run(h265, packets)).toMatchObject({
      shown: ['0 2601af,4801 true 0', '3000 0201d0,4a01 false 0'],
      malformedPackets: 1,
    })
  })

  it('are dropped if a packet is lost; a completely lost picture affects no other one', () => {
    const large = Buffer.concat([Buffer.from('6580', 'hex'), Buffer.alloc(3000, 7)])
    const payloader = new H264Payloader({
      payloadType: 96,
      ssrc: 1,
      sequenceNumber: 0,
      maxPacketBytes: 1000,
    })
    const frames = [0, 3000, 6000, 9000].map((at) => payloader.packetize([large], at))
    const [first = [], second = [], , last = []] = frames
    const kept = [...first, ...second.slice(0, 1), ...second.slice(2), ...last]
    const result = run(h264, kept)
    expect(result.shown.map((line) => line.split(' ')[0])).toEqual(['0', '9000'])
    expect(result.shown.at(-1)?.endsWith(' true 5')).toBe(true)
    expect(result).toMatchObject({ lostPackets: 5, droppedUnits: 1, malformedPackets: 0 })
  })

  it('are dropped if their first packet is lost, which the header of a slice shows', () => {
    const other = Buffer.from('41 1a 04'.replace(/ /g, ''), 'hex')
    const packets = [packet(slice, 0, true), packet(slice, 3000), packet(other, 3000, true)]
    packets.splice(1, 1)
    const result = run(h264, [...packets, packet(slice, 6000, true)])
    expect(result.shown).toEqual(['0 419a04 false 0', '6000 419a04 false 1'])
    expect(result.droppedUnits).toBe(1)
  })

  it('late and repeated packets are left out; another source starts again', () => {
    const [first, second] = [packet(slice, 0, true), packet(slice, 3000, true)]
    const other = rtpPacket({
      sequenceNumber: 9,
      timestamp: 5,
      ssrc: 2,
      marker: true,
      payload: idr,
    })
    const result = run(h264, [first, second, first, second, other])
    expect(result.shown).toEqual([
      ...['0 419a04 false 0', '3000 419a04 false 0', '5 658003 true 0'],
    ])
  })

  it.each([
    ['a fragment without beginning', '7c41aa'],
    ['a fragment of nothing', '7c85'],
    ['an aggregate that is cut off', '78000541'],
    ['an aggregate of nothing', '78'],
    ['the interleaved mode', '7900000002419a'],
    ['a type that does not exist', '1e00'],
  ])('%s makes its picture incomplete, but no other one', (_, payload) => {
    const packets = [packet(payload, 0), packet(slice, 0, true), packet(slice, 3000, true)]
    const result = run(h264, packets)
    expect(result.shown).toEqual(['3000 419a04 false 1'])
    expect(result).toMatchObject({ malformedPackets: 1, droppedUnits: 1 })
  })

  it('of more than 16 MiB are dropped, and their memory is freed', () => {
    const depacketizer = createDepacketizer(h264)
    const payload = Buffer.concat([Buffer.from('4180', 'hex'), Buffer.alloc(65_000)])
    for (let n = 0; n < 300; n++) {
      expect(depacketizer.push(packet(payload, 0, n === 299))).toEqual([])
    }
    expect(depacketizer.droppedUnits).toBe(1)
  })

  it('of an unknown encoding keep their payloads', () => {
    const packets = [packet('aa', 0), packet('bb', 0, true), packet('cc', 9, true)]
    expect(run({ encoding: 'X-foo', kind: 'video' }, packets).shown).toEqual([
      ...['0 aa,bb true 0', '9 cc true 0'],
    ])
  })
})

describe('sound', () => {
  const aac: PayloadFormat = {
    encoding: 'mpeg4-generic',
    parameters: 'mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3',
  }

  it('several access units of AAC in one packet have their own timestamps', () => {
    const packets = [packet('0020 0010 0008 aabb cc'.replace(/ /g, ''), 0xffff_fc00, true)]
    expect(run(aac, packets).shown).toEqual(['4294966272 aabb true 0', '0 cc true 0'])
  })

  it.each([
    ['no AU headers', '00'],
    ['headers that are longer than the packet', 'ffff0010aabb'],
    ['interleaved access units', '00100011aabb'],
    ['access units that are cut off', '002000100010aabbcc'],
    ['a piece with the marker and no end', '00100020aabb'],
  ])('%s: the packet is malformed, and the next one is read', (_, payload) => {
    const result = run(aac, [packet(payload, 0, true), packet('00100008dd', 1024, true)])
    expect(result.shown).toEqual(['1024 dd true 1'])
    expect(result.malformedPackets).toBe(1)
  })

  it('a lost fragment of an access unit drops only this unit', () => {
    const pieces = ['00100020aa', '00100020bb', '00100020cc', '00100020dd'].map((payload, index) =>
      packet(payload, 0, index === 3),
    )
    const whole = packet('00100008ee', 1024, true)
    expect(run(aac, [...pieces, whole]).shown).toEqual(['0 aabbccdd true 0', '1024 ee true 0'])
    const result = run(aac, [...pieces.slice(0, 1), ...pieces.slice(2), whole])
    expect(result.shown).toEqual(['1024 ee true 1'])
  })

  it.each(['opus', 'PCMU', 'PCMA', 'L16', 'G722'])('%s: each payload is a frame', (encoding) => {
    const packets = [packet('aabb', 0), packet('', 5), packet('cc', 160)]
    expect(run({ encoding }, packets).shown).toEqual(['0 aabb true 0', '160 cc true 0'])
  })

  it('access units of LATM stand behind their lengths, in one packet or several', () => {
    const latm = { encoding: 'MP4A-LATM', parameters: 'cpresent=0; config=40002620' }
    const long = 'ee'.repeat(256)
    const packets = [
      ...[packet('02aabb', 0, true), packet('01cc01dd', 1024, true), packet('02ee', 3072, true)],
      ...[packet(`ff01${long.slice(0, 100)}`, 4096), packet(long.slice(100), 4096, true)],
    ]
    expect(run(latm, packets)).toEqual({
      shown: ['0 aabb true 0', '1024 cc true 0', '2048 dd true 0', `4096 ${long} true 1`],
      ...{ lostPackets: 0, malformedPackets: 1, droppedUnits: expect.any(Number) },
    })
    const withConfiguration = { encoding: 'MP4A-LATM', parameters: 'config=40002620' }
    expect(run(withConfiguration, [packet('02aabb', 0, true)]).shown).toEqual(['0 02aabb true 0'])
  })

  it('fragments of MPEG audio are joined by their offset', () => {
    const packets = [
      ...[packet('00000000aabb', 0), packet('00000002cc', 0), packet('00000000dd', 2)],
      ...[packet('00000005ee', 2), packet('00000000ff', 4)],
    ]
    const result = run({ encoding: 'MPA' }, packets)
    expect(result.shown).toEqual(['0 aabbcc true 0', '4 ff true 1'])
    expect(result.droppedUnits).toBe(1)
  })

  it('fragments of AC-3 are joined by their number', () => {
    const packets = [
      ...[packet('0202aabb', 0), packet('0302cc', 0, true), packet('0001dd', 1536, true)],
      ...[packet('0203ee', 3072), packet('0001ff', 4608, true), packet('0001ab', 6144, true)],
    ]
    const result = run({ encoding: 'ac3' }, packets)
    expect(result.shown).toEqual(['0 aabbcc true 0', '1536 dd true 0', '6144 ab true 1'])
  })
})

describe('a packet of a cheap camera', () => {
  const [sps, pps, idr] = [
    [0x67, 9, 9],
    [0x68, 8],
    [0x65, 0x88, 1, 2],
  ]
  const bytesOf = (payload: readonly number[]) =>
    Buffer.from([0x80, 0xe0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, ...payload])

  it.each([
    ['long start codes', [...sps, 0, 0, 0, 1, ...pps, 0, 0, 0, 1, ...idr], [sps, pps, idr]],
    ['short start codes', [...sps, 0, 0, 1, ...pps, 0, 0, 1, ...idr], [sps, pps, idr]],
    ['a start code at its end', [...sps, 0, 0, 1], [sps]],
    ['a single unit', idr, [idr]],
  ])('with %s is split into its units', (_, payload, parts) => {
    const depacketizer = createDepacketizer({ encoding: 'H264' })
    const units = [...depacketizer.push(bytesOf(payload)), ...depacketizer.flush()]
    const isPicture = parts.includes(idr)
    expect(units.map(({ isKeyFrame }) => isKeyFrame)).toEqual(isPicture ? [true] : [])
    if (isPicture) expect(units[0]?.parts.map((part) => [...part])).toEqual(parts)
    expect(depacketizer.malformedPackets).toBe(0)
  })

  it('that fragments a parameter set with its picture is split into its units', () => {
    const whole = [...sps, 0, 0, 0, 1, ...pps, 0, 0, 1, ...idr]
    const depacketizer = createDepacketizer({ encoding: 'H264' })
    const fragment = (sequence: number, bits: number, bytes: readonly number[]) => {
      const marker = bits === 0x40 ? 0xe0 : 0x60
      const header = [0x80, marker, 0, sequence, 0, 0, 0, 1, 0, 0, 0, 1]
      return Buffer.from([...header, 0x7c, bits | 7, ...bytes])
    }
    const units = [
      ...depacketizer.push(fragment(1, 0x80, whole.slice(1, 13))),
      ...depacketizer.push(fragment(2, 0, whole.slice(13, 14))),
      ...depacketizer.push(fragment(3, 0x40, whole.slice(14))),
    ]
    expect(units.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true])
    expect(units[0]?.parts.map((part) => [...part])).toEqual([sps, pps, idr])
  })
})
