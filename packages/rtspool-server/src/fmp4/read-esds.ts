/**
 * Descriptors of a box `esds`, each inside the one before: its tag, and the number of bytes before the inner
 * descriptor.
 */
const descriptorPath = [
  { tag: 3, fixedBytes: 3 },
  { tag: 4, fixedBytes: 13 },
  { tag: 5, fixedBytes: 0 },
] as const

/** Returns a view of the AudioSpecificConfig in a box `esds`. @throws {RangeError} A descriptor is missing. */
export function configInEsds(esds: Buffer): Buffer {
  let at = 4
  let sizeBytes = 0
  for (const { tag, fixedBytes } of descriptorPath) {
    if (esds[at] !== tag) throw new RangeError(`esds: expected descriptor ${tag}, got ${esds[at]}`)
    sizeBytes = 0
    let byte = 0x80
    while (byte & 0x80) {
      byte = esds[++at] ?? 0
      sizeBytes = sizeBytes * 128 + (byte & 0x7f)
    }
    at += 1 + fixedBytes
  }
  return esds.subarray(at, at + sizeBytes)
}
