/**
 * Makes each server append a line to a file when it closes, unless it has no send threads: RTP packets to unicast
 * viewers, those that threads have sent, packets to viewers that have not read, and the name. Call it once for each
 * class.
 *
 * @param folder - Gets a file for each process, named by its id: a process may be limited to short files.
 * @param nameOf - Returns a name for the line, such as the test file.
 */
export function countPackets(
  classes: { readonly RtspServer: object; readonly InterleavedGroup: object },
  folder: string,
  nameOf: () => string,
): void
