import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfiguredCommand } from './support/configured-command.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms, Program } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'

const main = fileURLToPath(new URL('../../packages/rtspool-server/lib/main.js', import.meta.url))
const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const pem = (name: string) => readFileSync(new URL(name, certificates), 'utf8')

const players = [
  { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg },
  { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer },
]

/** Runs `rtspool user add` for a file, with the password on the standard input. */
async function addUser(file: string, name: string, password: string, ...args: string[]) {
  const command = [main, 'user', 'add', name, '--file', file, ...args]
  const program = new Program(process.execPath, command, { hasInput: true })
  program.endInput(`${password}\n`)
  const status = await program.ended(10_000)
  if (status !== 0) throw new Error(`rtspool user add: ${status} ${program.stderr}`)
}

describe('users of a file with hashes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-users-'))
  const file = join(folder, 'users.yml')
  const files = () => ({
    'users.yml': readFileSync(file, 'utf8'),
    'key.pem': pem('first.key.pem'),
    'cert.pem': pem('first.cert.pem'),
  })
  const tls = 'tls: { port: 0, keyFile: key.pem, certFile: cert.pem }'
  const rtsp = 'rtsp: { host: 127.0.0.1, port: 0 }'
  const rules = 'rules: [{ path: /*, read: [role:family] }]'
  let digest: ConfiguredCommand
  let basic: ConfiguredCommand

  beforeAll(async () => {
    await addUser(file, 'ann', 's3cret', '--role', 'family')
    await addUser(file, 'bob', 'other')
    await addUser(file, 'tim', 't1s', '--role', 'family', '--tls-only')
    const auth = `usersFile: users.yml, ${rules}`
    digest = await ConfiguredCommand.start(`${rtsp}\n${tls}\nauth: { ${auth} }\n`, [], {}, files())
    const alone = `${rtsp}\n${tls}\nauth: { ${auth}, algorithms: [] }\n`
    basic = await ConfiguredCommand.start(alone, [], {}, files())
  })
  afterAll(async () => {
    await digest?.stop()
    await basic?.stop()
    await endPrograms()
    rmSync(folder, { recursive: true })
  })

  const tlsUrl = ({ program }: ConfiguredCommand): string =>
    /with TLS on (rtsps:\/\/[^\s,]*)/.exec(program.stdout)?.[1] ?? ''
  const as = (login: string, url: string): string => `${url.replace('://', `://${login}@`)}/test`

  test.for(players)('$player logs in by Digest in clear', async ({ needs, play }, context) => {
    requirePrograms(context, ...needs)
    const result = await play({ url: as('ann:s3cret', digest.url), transport: 'tcp', seconds: 1 })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(20)
  })

  test.for(
    players.flatMap((each) => ['ann:s3cret', 'tim:t1s'].map((login) => ({ ...each, login }))),
  )('$player logs in as $login by Basic over TLS', async ({ needs, play, login }, context) => {
    requirePrograms(context, ...needs)
    const result = await play({ url: as(login, tlsUrl(basic)), transport: 'tcp', seconds: 1 })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(20)
  })

  test('ffmpeg without the role gets 403, with a wrong password 401', {
    tags: 'B-AUTH0',
  }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const errorsAs = async (login: string) => {
      const url = as(login, digest.url)
      return (await playWithFfmpeg({ url, transport: 'tcp', seconds: 1 })).errors.join('\n')
    }
    expect(await errorsAs('bob:other')).toContain('403 Forbidden')
    expect(await errorsAs('ann:wrong')).toContain('401 Unauthorized')
  })

  test('a user who is added while the server runs can log in', async (context) => {
    requirePrograms(context, 'ffmpeg')
    await addUser(join(digest.folder, 'users.yml'), 'eve', 'new', '--role', 'family')
    const { changed } = await digest.line('configuration reloaded')
    expect(changed).toEqual(['users and rights'])
    const url = as('eve:new', digest.url)
    const result = await playWithFfmpeg({ url, transport: 'tcp', seconds: 1 })
    expect(result.errors).toEqual([])
  })
})
