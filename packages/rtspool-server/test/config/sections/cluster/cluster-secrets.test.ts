import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { loadConfig } from '../../../../src/config/load-config.js'
import { ConfigError, type ConfigLayer } from '../../../../src/config/problems.js'
import { withClusterSecrets } from '../../../../src/config/sections/cluster/cluster-secrets.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-cluster-'))
afterAll(() => rmSync(folder, { recursive: true }))

const fileOf = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const load = (cluster: Record<string, unknown>) => {
  const flags: ConfigLayer = {
    kind: 'flags',
    tree: { cluster },
    sourceOf: (path) => path.join('.'),
  }
  return loadConfig({ ...{ file: undefined, environment: {}, flags }, users: [] })
}

it('reads the secrets of the cluster from files', () => {
  const loaded = load({
    urlFile: fileOf('url', 'redis://:secret@127.0.0.1:6379\n'),
    keyFile: fileOf('key', '  a secret of all servers\r\n'),
    idKeysFile: fileOf('ids', 'a secret for new ids\n\n  a secret for old ids\n'),
    ...{ sessionsElsewhere: 'relay', address: 'rtsp://192.0.2.1' },
  })
  expect(withClusterSecrets(loaded)).toMatchObject({
    ...{ rtsp: loaded.config.rtsp, limits: loaded.config.limits },
    cluster: {
      ...{ url: 'redis://:secret@127.0.0.1:6379', key: 'a secret of all servers' },
      idKeys: ['a secret for new ids', 'a secret for old ids'],
    },
  })
})

it('keeps secrets that are in the configuration itself', () => {
  const { config, ...loaded } = load({ url: 'redis://127.0.0.1', key: 'a secret of all servers' })
  expect(withClusterSecrets({ config, ...loaded })).toEqual(config)
})

it.each([
  ['urlFile', 'http://secret', /^cluster\.urlFile \S+ must have an address such as redis:/],
  ['urlFile', 'redis://secret\nredis://secret', /must have an address such as redis:/],
  ['keyFile', 'secret', /^cluster\.keyFile \S+ must have one line of 16 and more characters$/],
  ['keyFile', 'a secret of all servers\nanother secret of all', /must have one line of 16/],
  ['idKeysFile', 'a secret for new ids\nsecret', /^cluster\.idKeysFile \S+ must have lines of 16/],
  ['keyFile', '\n', /^cluster\.keyFile \S+ must have a key, got an empty file$/],
])('refuses the %s with the text %j, and does not show it', (name, text, message) => {
  const loaded = load({ [name]: fileOf('wrong', text) })
  expect(() => withClusterSecrets(loaded)).toThrow(message)
  expect(() => withClusterSecrets(loaded)).not.toThrow(/secret/)
})

it('names a file that does not exist', () => {
  const loaded = load({ keyFile: '/nowhere/key' })
  expect(() => withClusterSecrets(loaded)).toThrow(
    /^cluster\.keyFile \/nowhere\/key cannot be read: E/,
  )
})

it.each([
  ['url', 'redis://127.0.0.1'],
  ['key', 'a secret of all servers'],
  ['idKeys', ['a secret for ids']],
])('refuses %s beside its file', (name, value) => {
  expect(() => load({ [name]: value, [`${name}File`]: 'secret' })).toThrow(ConfigError)
  expect(() => load({ [name]: value, [`${name}File`]: 'secret' })).toThrow(
    `cluster.${name}File and cluster.${name} exclude each other`,
  )
})

it('refuses a file with the URL beside several processes', () => {
  expect(() => load({ processes: 2, urlFile: 'url' })).toThrow('cluster.urlFile exclude each other')
})
