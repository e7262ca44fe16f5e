/**
 * Makes each server append a line to a file when it closes, unless it has no send threads: RTP packets to unicast
 * viewers, those that threads have sent, packets to viewers that have not read, and the name. Call it once for each
 * class.
 *
 * @param nameOf - Returns a name for the line, such as the test file.
 */
export function countPackets(
  classes: { readonly RtspServer: object; readonly InterleavedGroup: object },
  file: string,
  nameOf: () => string,
): void
