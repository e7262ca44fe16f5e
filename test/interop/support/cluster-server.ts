import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiClient } from '../../../packages/rtspool-server/test/api/api-client.js'
import { connectToApi } from './api-command.js'
import { ConfiguredCommand } from './configured-command.js'
import { Viewer } from './viewer.js'

/** The command as one server of a cluster, with the users `ann` and `bob`. */
export class ClusterServer {
  readonly name: string
  readonly command: ConfiguredCommand
  readonly api: ApiClient

  private constructor(name: string, command: ConfiguredCommand, api: ApiClient) {
    this.name = name
    this.command = command
    this.api = api
  }

  /**
   * @param redis - Path of the socket of Redis.
   * @param folder - Folder for the state of the servers, where no earlier run has left tokens.
   */
  static async start(name: string, redis: string, folder: string): Promise<ClusterServer> {
    const config = [
      'rtsp: { host: 127.0.0.1, port: 0 }',
      'api: { port: 0 }',
      'bans: { exempt: [] }',
      'auth: { usersFile: users, basic: always }',
      `cluster: { url: "unix://${redis}", node: ${name}, leaseSeconds: 3, graceSeconds: 1,`,
      '  key: "a secret of all servers" }',
    ].join('\n')
    const state = join(folder, name)
    mkdirSync(state, { recursive: true })
    const users = { users: 'ann:secret\nbob:secret\n' }
    const command = await ConfiguredCommand.start(config, [], { STATE_DIRECTORY: state }, users)
    return new ClusterServer(name, command, await connectToApi(command.program))
  }

  /** Returns the URL of a path with the login of a user. */
  urlOf(user: string, path: string): string {
    return this.command.url.replace('://', `://${user}:secret@`) + path
  }

  /** Joins as a viewer, by default of the test picture. Rejects when the server refuses. */
  tryWatch(user: string, path = '/test'): Promise<Viewer> {
    return Viewer.join(this.urlOf(user, path), 'tcp')
  }

  /** Tries to join until the cluster grants a place: at first it does not know which ones others hold. */
  async watch(user: string, path?: string): Promise<Viewer> {
    const giveUpAt = performance.now() + 30_000
    for (;;) {
      try {
        return await this.tryWatch(user, path)
      } catch (error) {
        const isFull = /SETUP: RTSP\/1.0 503/.test(String(error))
        if (!isFull || performance.now() > giveUpAt) throw error
      }
    }
  }
}
