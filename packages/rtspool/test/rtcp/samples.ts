import type { ReceptionReport, RtcpPacket } from '../../src/rtcp/index.js'

export const report: ReceptionReport = {
  ssrc: 0xcafebabe,
  fractionLost: 64, // a quarter
  cumulativeLost: -2,
  extendedHighestSequenceNumber: 0x0001fff0,
  interarrivalJitter: 450,
  lsr: 0x12345678,
  dlsr: 65536, // one second
}

/** Packets and their bytes; each is parsed, serialised and used as a seed of mutations. */
export const rtcpSamples: readonly {
  readonly name: string
  readonly wire: string
  readonly packets: readonly RtcpPacket[]
}[] = [
  {
    name: 'SR with a report',
    wire: [
      '81 c8 000c', // V=2 RC=1, SR, 13 words
      'deadbeef', // ssrc
      'e8a7a58e 80000000', // NTP time, half a second past
      '00015f90', // RTP time
      '00000064 00002710', // 100 packets, 10,000 octets
      'cafebabe 40 fffffe 0001fff0 000001c2 12345678 00010000',
    ].join(' '),
    packets: [
      {
        type: 'senderReport',
        ssrc: 0xdeadbeef,
        ntpTime: { seconds: 0xe8a7a58e, fraction: 0x80000000 },
        rtpTime: 90000,
        packetCount: 100,
        octetCount: 10000,
        reports: [report],
      },
    ],
  },
  {
    name: 'empty RR and SDES, as a client keeps alive',
    wire: [
      '80 c9 0001 00000001', // RR of source 1
      '81 ca 0003 00000001', // SDES, one chunk
      '01 04 61406263', // CNAME "a@bc"
      '0000', // end and filling
    ].join(' '),
    packets: [
      { type: 'receiverReport', ssrc: 1, reports: [] },
      {
        type: 'sourceDescription',
        chunks: [{ ssrc: 1, items: [{ itemType: 1, value: 'a@bc' }] }],
      },
    ],
  },
  {
    name: 'SDES whose items end on a word, and one without items',
    wire: [
      '82 ca 0006',
      '00000001 01 02 6869 06 02 6f6b 00000000', // CNAME "hi", TOOL "ok", a word of end
      '00000002 00000000',
    ].join(' '),
    packets: [
      {
        type: 'sourceDescription',
        chunks: [
          {
            ssrc: 1,
            items: [
              { itemType: 1, value: 'hi' },
              { itemType: 6, value: 'ok' },
            ],
          },
          { ssrc: 2, items: [] },
        ],
      },
    ],
  },
  {
    name: 'RR with two reports and BYE with a reason',
    wire: [
      '82 c9 000d 00000001',
      'cafebabe 40 fffffe 0001fff0 000001c2 12345678 00010000',
      '00000003 00 000000 00000000 00000000 00000000 00000000',
      '82 cb 0004 00000001 00000002', // BYE of 1 and 2
      '04 676f6e65 000000', // "gone"
    ].join(' '),
    packets: [
      {
        type: 'receiverReport',
        ssrc: 1,
        reports: [
          report,
          {
            ssrc: 3,
            fractionLost: 0,
            cumulativeLost: 0,
            extendedHighestSequenceNumber: 0,
            interarrivalJitter: 0,
            lsr: 0,
            dlsr: 0,
          },
        ],
      },
      { type: 'bye', ssrcs: [1, 2], reason: 'gone' },
    ],
  },
  {
    name: 'APP and feedback, passed on unread',
    wire: [
      '80 c9 0001 00000001',
      '85 cc 0003 00000001 41424344 01020304', // APP, subtype 5, "ABCD"
      '81 ce 0002 00000001 00000002', // PSFB, PLI
    ].join(' '),
    packets: [
      { type: 'receiverReport', ssrc: 1, reports: [] },
      {
        type: 'unknown',
        packetType: 204,
        count: 5,
        body: Buffer.from('000000014142434401020304', 'hex'),
      },
      { type: 'unknown', packetType: 206, count: 1, body: Buffer.from('0000000100000002', 'hex') },
    ],
  },
]
