/** Parses bytes in hexadecimal, with optional spaces. */
export function bytesOf(wire: string): Buffer {
  return Buffer.from(wire.replaceAll(' ', ''), 'hex')
}
