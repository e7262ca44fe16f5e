import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort()
const found = (text: string, pattern: RegExp): string[] =>
  sorted([...text.matchAll(pattern)].map(([, name = '']) => name))

const sources = readdirSync(join(root, 'packages/rtspool/src'), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join('packages/rtspool/src', name)))
  .join('\n')
const page = read('docs/reference/events.md')
const section = (title: string): string => page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

const firstColumn = /^\| `([\w:-]+)`/gm
const allNames = /`([\w:-]+)`/g

/** Names of the members of an interface whose values are tuples. */
const eventsOf = (text: string, name: string): string[] => {
  const [, body = ''] =
    text.match(new RegExp(`export interface ${name}\\b[^{]*\\{(.*?)\n\\}`, 's')) ?? []
  return found(body, /^ {2}(\w+): \[/gm)
}

describe('docs/reference/events.md', { tags: 'U-16' }, () => {
  const channels = found(sources, /'(rtspool:[a-z-]+)'/g)

  it('has every diagnostics channel, and no other', () => {
    expect(channels.length).toBeGreaterThan(5)
    expect(found(section('Diagnostics channels'), firstColumn)).toEqual(channels)
  })

  it('has one row for each channel', () => {
    const rows = [...section('Diagnostics channels').matchAll(firstColumn)]
    expect(rows.map(([, name]) => name).sort()).toEqual(channels)
  })

  it('documents every channel that the log has', () => {
    const logged = found(
      read('packages/rtspool-server/src/log/diagnostics-log.ts'),
      /'(rtspool:[a-z-]+)'/g,
    )
    expect(logged).toEqual(channels)
  })

  it.each([
    ['RtspServerEvents', 'Events of the server'],
    ['SessionPoolEvents', 'Events of the pool'],
  ])('has every event of %s', (name, title) => {
    const rows = section(title)
      .split('\n')
      .map((row) => row.split(' | ')[0] ?? '')
      .join('\n')
    expect(found(rows, allNames)).toEqual(expect.arrayContaining(eventsOf(sources, name)))
    expect(eventsOf(sources, name).length).toBeGreaterThan(2)
  })
})

describe('docs/guides/users-and-rights.md', { tags: 'U-16' }, () => {
  it('has every option of the users, with its default', () => {
    const table =
      read('docs/guides/users-and-rights.md').split('## Options\n')[1]?.split('\n## ')[0] ?? ''
    const body = sources.split('export interface AuthOptions {')[1]?.split('\n}')[0] ?? ''
    expect(found(table, firstColumn)).toEqual(found(body, /^ {2}readonly (\w+)\??:/gm))
    expect(table).toMatch(/`realm` \| `rtspool`/)
  })
})
