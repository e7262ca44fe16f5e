/**
 * First byte of a WebSocket frame with a whole text message (RFC 6455 section 5.2). The next
 * constant is for a binary message.
 */
const finalText = 0x81
const finalBinary = 0x82
const length16 = 126
const length64 = 127

/** A WebSocket frame whose contents are still to be written, and the offset at which they begin. */
export interface OpenFrame {
  readonly frame: Buffer
  readonly contentOffset: number
}

/**
 * Creates the WebSocket frame of a binary message with the number of a track and room for MP4
 * boxes. All browsers receive the same bytes, because a server does not mask its frames.
 *
 * ```text
 * header (2 to 10 bytes) | track (1 byte) | boxes
 * ```
 */
export function openFrame(track: number, contentBytes: number): OpenFrame {
  const { frame, contentOffset } = emptyFrame(finalBinary, contentBytes + 1)
  frame[contentOffset] = track
  return { frame, contentOffset: contentOffset + 1 }
}

/** Returns the WebSocket frame of a binary message: the number of a track, and MP4 boxes of this track. */
export function boxFrame(track: number, boxes: Uint8Array): Buffer {
  const { frame, contentOffset } = openFrame(track, boxes.length)
  frame.set(boxes, contentOffset)
  return frame
}

/** Returns the WebSocket frame of a text message. */
export function textFrame(text: string): Buffer {
  const { frame, contentOffset } = emptyFrame(finalText, Buffer.byteLength(text))
  frame.write(text, contentOffset)
  return frame
}

function emptyFrame(first: number, payloadBytes: number): OpenFrame {
  const headerBytes = payloadBytes < length16 ? 2 : payloadBytes <= 0xffff ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + payloadBytes)
  frame[0] = first
  if (headerBytes === 2) frame[1] = payloadBytes
  else if (headerBytes === 4) {
    frame[1] = length16
    frame.writeUInt16BE(payloadBytes, 2)
  } else {
    frame[1] = length64
    frame.writeBigUInt64BE(BigInt(payloadBytes), 2)
  }
  return { frame, contentOffset: headerBytes }
}
