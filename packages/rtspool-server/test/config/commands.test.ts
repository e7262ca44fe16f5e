import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { configCommand } from '../../src/config/commands/config-command.js'
import { initCommand } from '../../src/config/commands/init-command.js'
import { parseConfigFile } from '../../src/config/config-file.js'
import { exampleConfig } from '../../src/config/example-config.js'
import { keysOf, nameOf } from '../../src/config/key-schema.js'
import { checkConfigFile } from '../../src/config/load-config.js'
import { configSchema, keySchema } from '../../src/config/schema.js'
import { loadSettings } from '../../src/config/settings.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-commands-'))
afterAll(() => rmSync(folder, { recursive: true }))

function outcomeOf(run: typeof configCommand, ...args: string[]) {
  let [stdout, stderr] = ['', '']
  const output = {
    stdout: (text: string) => {
      stdout += text
    },
    stderr: (text: string) => {
      stderr += text
    },
  }
  return { code: run(args, output), stdout, stderr }
}

describe('rtspool config', () => {
  it('check finds no mistake in a good file', () => {
    const file = join(folder, 'good.yml')
    writeFileSync(file, 'limits: { maxSessions: 5 }\n')
    expect(outcomeOf(configCommand, 'check', file)).toEqual({
      code: 0,
      stdout: `${file} has no mistakes\n`,
      stderr: '',
    })
  })

  it('check names each mistake on a line of its own, and ends with 1', () => {
    const file = join(folder, 'bad.yml')
    writeFileSync(file, 'limits: { maxSesions: 5 }\nlog: { level: loud }\n')
    const { code, stderr } = outcomeOf(configCommand, 'check', file)
    expect(code).toBe(1)
    expect(stderr.split('\n')).toEqual([
      `${file}:1:11: limits.maxSesions is unknown; did you mean maxSessions?`,
      expect.stringMatching(/bad\.yml:2:15: log\.level must be one of/),
      '',
    ])
  })

  it('check names each file of the configuration that cannot be read, with its place', () => {
    const file = join(folder, 'files.yml')
    writeFileSync(file, 'auth: { usersFile: none }\ntls: { keyFile: a.key, certFile: a.crt }\n')
    const { code, stderr } = outcomeOf(configCommand, 'check', file)
    expect(code).toBe(1)
    const missing = (place: string, name: string) =>
      expect.stringContaining(`${file}:${place} ${join(folder, name)} cannot be read: ENOENT`)
    expect(stderr.split('\n')).toEqual([
      missing('1:20: auth.usersFile', 'none'),
      missing('2:17: tls.keyFile', 'a.key'),
      missing('2:34: tls.certFile', 'a.crt'),
      '',
    ])
  })

  it('check warns of a media file that cannot be read, as a start does, and ends with 0', () => {
    const file = join(folder, 'media.yml')
    writeFileSync(file, 'paths:\n  /a: { file: a.mp4 }\n')
    const { code, stdout, stderr } = outcomeOf(configCommand, 'check', file)
    expect([code, stdout]).toEqual([0, `${file} has no mistakes\n`])
    const place = `${file}:2:15: paths./a.file ${join(folder, 'a.mp4')}`
    expect(stderr).toContain(`warning: ${place} cannot be read: ENOENT`)
  })

  it('check refuses a users file with a line that is no pair, and does not show the line', () => {
    const file = join(folder, 'users.yml')
    writeFileSync(join(folder, 'users'), 'ann:secret\nsecret-without-name\n')
    writeFileSync(file, 'auth: { usersFile: users }\n')
    const { code, stderr } = outcomeOf(configCommand, 'check', file)
    expect(code).toBe(1)
    expect(stderr).toContain(`${join(folder, 'users')} must be name:password`)
    expect(stderr).not.toContain('secret')
  })

  it('check refuses a rule that names a user who does not exist', () => {
    const file = join(folder, 'rules.yml')
    writeFileSync(join(folder, 'people'), 'ann:secret\n')
    writeFileSync(file, 'auth:\n  usersFile: people\n  rules: [{ path: /*, read: [bob] }]\n')
    const { code, stderr } = outcomeOf(configCommand, 'check', file)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^\S+rules\.yml:3:\d+: .*'?bob/)])
  })

  it('a start with a missing media file warns of it, with its place', () => {
    const file = join(folder, 'start.yml')
    writeFileSync(file, 'paths:\n  /a: { file: a.mp4 }\n')
    const flags = { kind: 'flags', tree: {}, sourceOf: nameOf } as const
    const { warnings } = loadSettings({ file, environment: {}, flags, users: [] })
    expect(warnings).toEqual([
      expect.stringContaining(
        `${file}:2:15: paths./a.file ${join(folder, 'a.mp4')} cannot be read: ENOENT`,
      ),
    ])
  })

  describe('check, with variables', () => {
    afterEach(() => vi.unstubAllEnvs())

    it('finds the secrets there that keys of the file need', () => {
      const file = join(folder, 'relay.yml')
      writeFileSync(file, 'cluster: { sessionsElsewhere: relay }\n')
      const place = `${file}:1:31: cluster.sessionsElsewhere`
      vi.stubEnv('RTSPOOL_CLUSTER_URL', 'redis+sentinel://10.0.1.1,10.0.1.2/mymaster')
      vi.stubEnv('RTSPOOL_CLUSTER_ADDRESS', 'rtsp://10.0.0.11:8554')
      vi.stubEnv('RTSPOOL_CLUSTER_KEY', 'a-long-text-for-the-key')
      const { code, stderr } = outcomeOf(configCommand, 'check', file)
      expect([code, stderr]).toEqual([1, `${place} can be relay only with cluster.idKeys\n`])
      vi.stubEnv('RTSPOOL_CLUSTER_ID_KEYS', 'another-long-text-for-ids')
      expect(outcomeOf(configCommand, 'check', file)).toMatchObject({ code: 0, stderr: '' })
    })

    it('names a mistake in a variable, and does not show a secret', () => {
      const file = join(folder, 'variable.yml')
      writeFileSync(file, 'limits: { maxSessions: 5 }\n')
      vi.stubEnv('RTSPOOL_CLUSTER_KEY', 'secret')
      const { code, stderr } = outcomeOf(configCommand, 'check', file)
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^RTSPOOL_CLUSTER_KEY must /)])
      expect(stderr).not.toContain('secret')
    })
  })

  it('check of a missing file ends with 1', () => {
    const { code, stderr } = outcomeOf(configCommand, 'check', '/nowhere/a.yml')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^\/nowhere\/a\.yml cannot be read: E/),
    ])
  })

  it('schema prints a JSON Schema with the range of each number, without facts of the command', () => {
    const { code, stdout } = outcomeOf(configCommand, 'schema')
    const schema = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
    })
    expect(schema.properties.limits.properties.maxSessions).toMatchObject({
      ...{ type: 'integer', minimum: 0, maximum: 4294967295, default: 1000 },
      description: 'limit on sessions; 0 = unlimited',
    })
    expect(stdout).not.toContain('--max-sessions <n>')
  })

  it.each([[], ['chekc'], ['check', 'a', 'b']])('%s is refused with 2', (...args) => {
    expect(outcomeOf(configCommand, ...args).code).toBe(2)
  })
})

describe('rtspool init', () => {
  it('writes an example that has no mistake and changes nothing', () => {
    const file = join(folder, 'rtspool.yml')
    expect(outcomeOf(initCommand, file)).toMatchObject({ code: 0, stderr: '' })
    const { config } = checkConfigFile(parseConfigFile(file, readFileSync(file, 'utf8')))
    expect(config).toEqual(configSchema.parse({}))
  })

  it('never replaces a file', () => {
    const file = join(folder, 'mine.yml')
    writeFileSync(file, 'mine')
    const { code, stderr } = outcomeOf(initCommand, file)
    expect([code, stderr]).toEqual([1, `error: ${file} exists already, and stays\n`])
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  it.each(keysOf(keySchema()))('$name is good once it is no comment any more', ({ path }) => {
    const [name = ''] = path.slice(-1)
    const lines = exampleConfig().split('\n')
    const section = path.length === 1 ? -1 : lines.indexOf(`${path[0]}:`)
    const inner = path.length === 3 ? lines.indexOf(`  ${path[1]}:`, section) : section
    const at = lines.findIndex(
      (line, index) =>
        index > inner && line.startsWith(`${'  '.repeat(path.length - 1)}# ${name}: `),
    )
    lines[at] = (lines[at] ?? '').replace('# ', '')
    const { tree } = parseConfigFile('a.yml', lines.join('\n'))
    const { error } = configSchema.safeParse(tree)
    expect(error?.issues).toBeUndefined()
    expect(
      path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], tree),
    ).toBeDefined()
  })
})
