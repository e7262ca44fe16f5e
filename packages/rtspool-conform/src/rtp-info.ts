import type { Answer } from './answer.js'

/** Entry of an RTP-Info header about one stream: URL, and the first sequence number and RTP timestamp. */
export interface RtpInfoStream {
  readonly url: string
  readonly seq: number | undefined
  readonly rtptime: number | undefined
}

/** Parses the entries of the RTP-Info header; empty without the header (RFC 2326 section 12.33). */
export function readRtpInfo(answer: Answer): RtpInfoStream[] {
  const value = answer.all('RTP-Info').join(',')
  // URLs may contain commas: a new stream begins after a comma that "url=" follows.
  return value
    .split(/,(?=\s*url=)/i)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => ({
      url: (/^url=("?)(.*?)\1(?:;|$)/i.exec(part)?.[2] ?? '').trim(),
      seq: numberAfter(part, 'seq'),
      rtptime: numberAfter(part, 'rtptime'),
    }))
}

function numberAfter(part: string, name: string): number | undefined {
  const text = new RegExp(`;\\s*${name}=(\\d+)`, 'i').exec(part)?.[1]
  return text === undefined ? undefined : Number(text)
}
