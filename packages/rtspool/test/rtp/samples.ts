import { bytesOf } from '../support/bytes-of.js'

const header = '1234 89abcdef fedcba98' // sequence number, timestamp, ssrc

/** Packets with the offsets of their payloads. */
export const validPackets = [
  { name: 'a header alone', wire: `80 60 ${header}`, start: 12, end: 12 },
  { name: 'a payload', wire: `80 e0 ${header} 010203`, start: 12, end: 15 },
  { name: 'two CSRCs', wire: `82 60 ${header} 00000001 00000002 01`, start: 20, end: 21 },
  { name: 'an empty extension', wire: `90 60 ${header} bede0000 01`, start: 16, end: 17 },
  {
    name: 'a CSRC and an extension of two words',
    wire: `91 60 ${header} 00000001 bede0002 0102030405060708 01`,
    start: 28,
    end: 29,
  },
  { name: 'padding', wire: `a0 60 ${header} 0102 000003`, start: 12, end: 14 },
  { name: 'nothing but padding', wire: `a0 60 ${header} 0002`, start: 12, end: 12 },
  { name: 'payload type 71', wire: `80 47 ${header}`, start: 12, end: 12 },
  { name: 'payload type 77', wire: `80 4d ${header}`, start: 12, end: 12 },
]

export const invalidPackets = [
  { name: 'nothing', wire: '' },
  { name: 'eleven bytes', wire: `80 60 ${header}`.slice(0, -2) },
  { name: 'version 1', wire: `40 60 ${header}` },
  { name: 'version 3', wire: `c0 60 ${header}` },
  { name: 'an RTCP sender report', wire: `80 c8 ${header}` },
  { name: 'payload type 72', wire: `80 48 ${header}` },
  { name: 'payload type 76 with marker', wire: `80 cc ${header}` },
  { name: 'a CSRC that is missing', wire: `81 60 ${header} 000000` },
  { name: 'an extension without its header', wire: `90 60 ${header} bede00` },
  { name: 'an extension beyond the end', wire: `90 60 ${header} bede0001 000000` },
  { name: 'padding of no bytes', wire: `a0 60 ${header} 0100` },
  { name: 'padding longer than the payload', wire: `a0 60 ${header} 0103` },
  { name: 'padding that is the header', wire: `a0 60 ${header.slice(0, -2)} 01` },
  { name: 'padding within the CSRCs', wire: `a1 60 ${header} 00000004` },
]

/** Parameter sets of H.265 in hexadecimal, like all constants below. */
export const vps = '40010c01ffff'
export const sps = '420101016000'
export const pps = '4401c172'

/** Configuration of an H.265 file up to its arrays: main profile, level 2, lengths of 4 bytes. */
export const hevcStart = '01 01 60000000 900000000000 3c f000 fc fd f8 f8 0000 0f'

/** The whole configuration, with an SEI after the parameter sets. */
export const hevcConfiguration = bytesOf(
  `${hevcStart} 04 20 0001 0006${vps} 21 0001 0006${sps} 22 0001 0004${pps} 27 0001 0003 4e0105`,
)
