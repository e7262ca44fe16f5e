import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createCommand } from '../../src/options.js'

const textOf = (name: string): string =>
  readFileSync(new URL(`../../packaging/${name}`, import.meta.url), 'utf8')

/** Settings of a unit by name; a setting that stands twice has both values. */
function settingsOf(unit: string): Map<string, string[]> {
  const settings = new Map<string, string[]>()
  for (const line of unit.split('\n')) {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined) settings.set(name, [...(settings.get(name) ?? []), value ?? ''])
  }
  return settings
}

describe('the unit of systemd', () => {
  const settings = settingsOf(textOf('rtspool.service'))

  it('starts the command with options that exist', () => {
    const [program, ...args] = settings.get('ExecStart')?.[0]?.split(' ') ?? []
    // Without a folder, because npm installs to /usr/bin or to /usr/local/bin.
    expect(program).toBe('rtspool')
    const command = createCommand('1.2.3').exitOverride().parse(args, { from: 'user' })
    expect(command.opts()).toMatchObject({ config: '/etc/rtspool/rtspool.yml' })
  })

  it('signals the server first, because a failed check ends the reload', () => {
    const [start = ''] = settings.get('ExecStart') ?? []
    expect(settings.get('ExecReload')).toEqual([
      'kill -HUP $MAINPID',
      start.replace('--config', 'config check'),
    ])
  })

  it('starts again after a crash, and not with a configuration that is refused', () => {
    expect(settings.get('Restart')).toEqual(['on-failure'])
    expect(settings.get('RestartPreventExitStatus')).toEqual(['2'])
  })

  it('leaves the command no right but that of low ports', () => {
    expect(settings.get('CapabilityBoundingSet')).toEqual(['CAP_NET_BIND_SERVICE'])
    for (const name of ['NoNewPrivileges', 'ProtectHome', 'PrivateDevices', 'RestrictSUIDSGID']) {
      expect([name, settings.get(name)]).toEqual([name, ['yes']])
    }
    expect(settings.get('ProtectSystem')).toEqual(['strict'])
    expect(settings.get('User')).toEqual(['rtspool'])
  })

  it('allows what V8 needs: memory that is written and then executed', () => {
    expect(settings.has('MemoryDenyWriteExecute')).toBe(false)
  })
})

describe('the container file', () => {
  it('runs as a user without rights, and asks for the health', () => {
    const file = textOf('Dockerfile')
    expect(file).toMatch(/^USER node$/m)
    expect(file).toMatch(/^HEALTHCHECK .* CMD \["rtspool", "healthcheck"\]$/m)
    // Otherwise bans and tokens would end with the container.
    expect(file).toMatch(/^ENV STATE_DIRECTORY=\/var\/lib\/rtspool$/m)
    expect(file).toMatch(/^VOLUME \/var\/lib\/rtspool$/m)
    expect(file).toMatch(/^ENTRYPOINT \["rtspool"\]$/m)
  })
})
