/** Bytes that are written in hexadecimal, with spaces where they help. */
export function bytesOf(wire: string): Buffer {
  return Buffer.from(wire.replaceAll(' ', ''), 'hex')
}
