import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consumerNames, declarationProblems } from '../../scripts/check-declarations.mjs'
import { moveIntoPlace } from '../../scripts/newer-players.mjs'
import { optionsKeptByNpm } from '../../scripts/npm-options.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const temp = mkdtempSync(join(tmpdir(), 'rtspool-scripts-'))
afterAll(() => rmSync(temp, { recursive: true }))

function npm(...args: string[]) {
  // npm of a test run passes its own settings on.
  const environment = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  return spawnSync('npm', args, {
    cwd: root,
    env: Object.fromEntries(environment),
    encoding: 'utf8',
    timeout: 30_000,
  })
}

describe('npm test', () => {
  it.each([
    [['--project', 'unit'], '--project'],
    [['--project=unit', '--testNamePattern', 'name'], '--project, --testNamePattern'],
    [['-t', 'name'], '-t'],
  ])('refuses %j, which npm has kept, and says what to type', (args, names) => {
    const { status, stderr, stdout } = npm('test', ...args)
    expect(status).toBe(1)
    expect(stderr).toContain(`error: npm keeps ${names} for itself; put -- in front of the options`)
    expect(stderr).toContain(`npm test -- ${args[0]?.split('=')[0]} …`)
    expect(stdout).not.toContain('running the tests')
  })
})

describe('npm start', () => {
  it.each([
    [['--port', '9000'], '--port'],
    [['--port=9000'], '--port'],
    [['--no-publish'], '--no-publish'],
    [['--max-sessions', '5', '--host', '127.0.0.1'], '--host, --max-sessions'],
    [['--users-file', '/nowhere'], '--users-file'],
    [['conform', 'rtsp://127.0.0.1:9/test', '--strict'], '--strict'],
  ])('refuses %j, which npm has kept, and says what to type', (args, names) => {
    const { status, stderr, stdout } = npm('start', ...args)
    expect(status).toBe(1)
    expect(stderr).toContain(`error: npm keeps ${names} for itself; put -- in front of the options`)
    expect(stdout).not.toContain('listens on')
  })

  it('says nothing of the values: they may be passwords', () => {
    const { status, stderr } = npm('start', '--user=ann:canary')
    expect([status, stderr.includes('canary')]).toEqual([1, false])
  })

  it('takes what stands behind --', () => {
    const { status, stdout } = npm('start', '--', '--version')
    expect(stdout).toMatch(/\d+\.\d+\.\d+\n$/)
    expect(status).toBe(0)
  })

  it('minds no settings of npm outside of npm start', () => {
    expect(optionsKeptByNpm('start', { npm_config_port: '9000' }, ['--port'])).toEqual([])
  })
})

describe('newer players', () => {
  const folderWith = (name: string) => {
    const folder = mkdtempSync(join(temp, 'players-'))
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin', name), name)
    return folder
  }

  it('of two runs at a time are those of the faster one, and both have them', () => {
    const place = join(temp, 'place')
    const [first, second] = [folderWith('first'), folderWith('second')]
    moveIntoPlace(first, place)
    moveIntoPlace(second, place)
    expect(readdirSync(join(place, 'bin'))).toEqual(['first'])
    expect(existsSync(second)).toBe(true)
  })

  it('of which there are none are an error', () => {
    expect(() => moveIntoPlace(join(temp, 'nothing'), join(temp, 'nowhere'))).toThrow('ENOENT')
    writeFileSync(join(temp, 'file'), '')
    expect(() => moveIntoPlace(folderWith('x'), join(temp, 'file'))).toThrow('ENOTDIR')
  })
})

describe('npm pack', { tags: 'U-15' }, () => {
  const packedWith = (name: string, ...flags: string[]): string[] => {
    const args = ['pack', '--dry-run', '--json', '--foreground-scripts=false', ...flags]
    const cwd = join(root, 'packages', name)
    const { stdout } = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: 50_000 })
    const parsed = JSON.parse(stdout)
    const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed)
    return packed.files.map(({ path }: { path: string }) => path)
  }

  // The build puts the documents into the packages.
  beforeAll(() => {
    spawnSync(process.execPath, [join(root, 'scripts/build.mjs')])
  }, 300_000)

  it('brings them for several packages at once, from the root', () => {
    const names = ['rtspool', 'rtspool-server']
    const folders = names.flatMap((name) => ['-w', `packages/${name}`])
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', ...folders]
    const { stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', timeout: 50_000 })
    const packages: { name: string; files: { path: string }[] }[] = Object.values(
      JSON.parse(stdout),
    )
    expect(packages.map(({ name }) => name).sort()).toEqual(names)
    for (const { files } of packages) {
      const paths = files.map(({ path }) => path)
      for (const part of ['start/', 'guides/', 'reference/']) {
        expect(paths.some((path) => path.startsWith(`docs/${part}`))).toBe(true)
      }
    }
  })

  it('brings the documents after a build, with scripts and without', () => {
    const forRepository = /^(evidence|explanation)|^reference.([a-z]+-options|errors)\.md$/
    const documents = readdirSync(join(root, 'docs'), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.md') && !forRepository.test(name))
    const expected = documents.map((name) => `docs/${name}`)
    // The first one leaves nothing behind that the second one misses.
    for (const flags of [['--ignore-scripts=false'], []]) {
      const files = ['rtspool', 'rtspool-server'].flatMap((name) => packedWith(name, ...flags))
      const missing = expected.filter((name) => !files.includes(name))
      expect([flags, missing]).toEqual([flags, []])
    }
  })
})

describe('declarations', { tags: 'U-7', timeout: 300_000 }, () => {
  let found: readonly string[]
  beforeAll(async () => {
    const programs = mkdtempSync(join(temp, 'consumers-'))
    found = await declarationProblems(join(root, 'packages/rtspool'), programs)
  }, 300_000)

  it.each(consumerNames)(
    'compile for whoever installs the library, without the types of Node and with all checks: %s',
    (name) => expect(found.filter((line) => line.includes(` ${name}: `))).toEqual([]),
  )

  it('compile without any other complaint', () => expect(found).toEqual([]))

  it('are refused where they name what they do not bring', async () => {
    const library = mkdtempSync(join(temp, 'library-'))
    const programs = mkdtempSync(join(temp, 'consumers-'))
    writeFileSync(
      join(library, 'package.json'),
      JSON.stringify({
        name: 'rtspool',
        type: 'module',
        exports: { './*': './index.js', '.': './index.js' },
      }),
    )
    writeFileSync(
      join(library, 'index.d.ts'),
      'export declare function fileMedia(file: Buffer): void\n',
    )
    const problems = await declarationProblems(library, programs)
    expect(problems.some((line) => line.includes("Cannot find name 'Buffer'"))).toBe(true)
  })
})
