import { SeededRandom } from '../rtsp/mutate.js'
import { fuzzSeed } from './fuzz-runs.js'
import { HostileServer, otherHost, ownHost } from './hostile-server.js'

/** Password of the client, which no other host may receive. */
export const password = 'secret-42'
/** The credentials of the client by Basic authentication. */
export const basicCredentials = Buffer.from(`user:${password}`).toString('base64')

/** The server that a client trusts, and another one to which the first redirects, with the random numbers of both. */
export interface HostilePair {
  readonly own: HostileServer
  readonly other: HostileServer
  readonly random: SeededRandom
  close(): Promise<void>
}

export async function startHostilePair(): Promise<HostilePair> {
  const random = new SeededRandom(fuzzSeed)
  const own = await HostileServer.start(ownHost, random)
  const other = await HostileServer.start(otherHost, random)
  own.otherPort = other.port
  other.otherPort = own.port
  return {
    ...{ own, other, random },
    close: async () => {
      await own.close()
      await other.close()
    },
  }
}
