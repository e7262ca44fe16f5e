import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endPrograms, Program } from './support/process.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const temp = mkdtempSync(join(tmpdir(), 'rtspool-packing-'))
/** The repository, as far as the documents of the packages need it: other tests pack the real one meanwhile. */
const copy = join(temp, 'repository')
const names = ['rtspool', 'rtspool-server'] as const
afterAll(async () => {
  await endPrograms()
  rmSync(temp, { recursive: true })
})

/** Settings of the npm that runs the tests, and a proxy, are left out. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|_proxy$/i.test(name)),
)

function npm(cwd: string, ...args: string[]): string {
  const options = { cwd, env: environment, encoding: 'utf8', timeout: 50_000 } as const
  const { status, stdout, stderr } = spawnSync('npm', args, options)
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** Pages of the repository, but for explanations, evidence, and what is made of declarations: options and errors. */
function documents(): string[] {
  const forRepository = /^(evidence|explanation)\/|^reference\/([a-z]+-options|errors)\.md$/
  return readdirSync(join(copy, 'docs'), { recursive: true })
    .map((name) => String(name).replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md') && !forRepository.test(name))
    .sort()
}

/** Documents among the files of packages. */
const documentsIn = (files: readonly string[]): string[] =>
  files
    .filter((name) => name.startsWith('docs/'))
    .map((name) => name.slice('docs/'.length))
    .sort()

/** Documents that `npm pack --json` lists, of both packages. */
function documentsListed(json: string): string[] {
  const packed: { files: { path: string }[] }[] = Object.values(JSON.parse(json))
  return documentsIn(packed.flatMap(({ files }) => files.map(({ path }) => path)))
}

/** Names of the files in a packed package: each has a header of 512 bytes in front, and is padded to as many. */
function filesIn(packed: Buffer): string[] {
  const archive = gunzipSync(packed)
  const found: string[] = []
  for (let at = 0; archive[at]; ) {
    const field = (from: number, length: number) =>
      archive.toString('latin1', at + from, at + from + length).replace(/\0.*/s, '')
    const path = [field(345, 155), field(0, 100)].filter((part) => part !== '').join('/')
    found.push(path.replace(/^package\//, ''))
    at += 512 + Math.ceil(Number.parseInt(field(124, 12), 8) / 512) * 512
  }
  return found
}

const addDocuments = () => spawnSync(process.execPath, [join(copy, 'scripts/package-docs.mjs')])

beforeAll(() => {
  for (const name of ['docs', 'package.json', '.npmrc']) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  mkdirSync(join(copy, 'scripts'))
  cpSync(join(root, 'scripts/package-docs.mjs'), join(copy, 'scripts/package-docs.mjs'))
  for (const name of names) {
    mkdirSync(join(copy, 'packages', name), { recursive: true })
    const file = `packages/${name}/package.json`
    cpSync(join(root, file), join(copy, file))
  }
})

describe('after a build, which runs no scripts of npm', { tags: 'U-15', timeout: 120_000 }, () => {
  beforeEach(addDocuments)
  const folders = names.map((name) => join(copy, 'packages', name))

  it('all packages of the repository are packed with their documents', () => {
    const listed = npm(copy, 'pack', '--dry-run', '--json', '--workspaces')
    expect(documentsListed(listed)).toEqual(documents())
  })

  it('so are folders that npm is told from elsewhere, where its settings are others', () => {
    const listed = npm(temp, 'pack', '--dry-run', '--json', '--ignore-scripts', ...folders)
    expect(documentsListed(listed)).toEqual(documents())
  })

  it('a registry gets packages with their documents', async () => {
    const got: string[] = []
    const registry = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.once('end', () => {
        if (request.method === 'PUT') {
          const published = JSON.parse(Buffer.concat(parts).toString())
          for (const { data } of Object.values<{ data: string }>(published._attachments)) {
            got.push(...filesIn(Buffer.from(data, 'base64')))
          }
        }
        response.writeHead(request.method === 'PUT' ? 201 : 404, { Connection: 'close' })
        response.end('{}')
      })
    })
    registry.listen(0, '127.0.0.1')
    await once(registry, 'listening')
    const host = `//127.0.0.1:${(registry.address() as AddressInfo).port}/`
    const publishing = new Program(
      'npm',
      [
        ...['publish', `--registry=http:${host}`, `--${host}:_authToken=none`],
        ...names.flatMap((name) => ['-w', `packages/${name}`]),
      ],
      { cwd: copy },
    )
    const status = await publishing.exited
    registry.close()
    expect([status, publishing.stderr]).toEqual([0, expect.not.stringContaining('npm error')])
    expect(documentsIn(got)).toEqual(documents())
  })

  it('a program that installs the folder of the library has its documents', () => {
    const program = join(temp, 'program')
    mkdirSync(program)
    writeFileSync(join(program, 'package.json'), '{ "private": true }')
    const quiet = ['--offline', '--omit=optional', '--no-audit', '--no-fund', '--ignore-scripts']
    npm(program, 'install', '--install-links', ...quiet, join(copy, 'packages/rtspool'))
    const installed = join(program, 'node_modules/rtspool/docs')
    const pages = readdirSync(installed, { recursive: true }).map(String)
    expect(pages).toEqual(readdirSync(join(copy, 'packages/rtspool/docs'), { recursive: true }))
    expect(readFileSync(join(installed, 'README.md'), 'utf8')).toContain('# ')
  })
})

describe('where npm runs scripts', { tags: 'U-15', timeout: 120_000 }, () => {
  const pack = () =>
    documentsListed(
      npm(
        copy,
        ...['pack', '--dry-run', '--json', '--ignore-scripts=false', '--foreground-scripts=false'],
        ...names.flatMap((name) => ['-w', `packages/${name}`]),
      ),
    )

  it('packages that nobody has built are packed with their documents', () => {
    for (const name of names)
      rmSync(join(copy, 'packages', name, 'docs'), { recursive: true, force: true })
    expect(pack()).toEqual(documents())
  })

  it('a page that has another name since the build is packed under that name only', () => {
    addDocuments()
    renameSync(join(copy, 'docs/guides/record.md'), join(copy, 'docs/guides/record-again.md'))
    expect(existsSync(join(copy, 'packages/rtspool-server/docs/guides/record.md'))).toBe(true)
    expect(pack()).toEqual(documents())
    expect(documents()).toContain('guides/record-again.md')
  })
})
