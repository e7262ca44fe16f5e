import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bashScript } from '../../src/completion/bash.js'
import { completionCommand } from '../../src/completion/completion-command.js'
import { completions } from '../../src/completion/completions.js'
import { keysOf } from '../../src/config/key-schema.js'
import { keySchema } from '../../src/config/schema.js'
import { createCommand } from '../../src/options.js'
import { CollectedOutput } from '../collected-output.js'

const all = completions()
const folder = mkdtempSync(join(tmpdir(), 'rtspool-completion-'))
afterAll(() => rmSync(folder, { recursive: true }))

const script = join(folder, 'completion.bash')
writeFileSync(script, bashScript(all))

/** Returns the offers of bash for the last of the words behind `rtspool`; bash splits words at `=`. */
function offers(...words: string[]): string[] {
  const command = `source ${script}
    COMP_WORDS=(rtspool "$@") COMP_CWORD=$#
    _rtspool
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const text = execFileSync('bash', ['--norc', '-c', command, 'bash', ...words], {
    encoding: 'utf8',
  })
  return text.split('\n').filter((line) => line !== '')
}

describe('the completion of bash', () => {
  it('offers the commands after the name of the program', () => {
    expect(offers('')).toEqual([
      ...['init', 'config', 'user', 'camera', 'control', 'healthcheck', 'conform', 'completion'],
    ])
  })

  it.each([
    ['an option of the server', ['--log-l'], ['--log-level']],
    ['the values of an option', ['--log-level', 'de'], ['debug']],
    ['a command inside a command', ['config', 's'], ['schema']],
    ['an option of a command', ['healthcheck', '--t'], ['--timeout']],
    ['an option behind an argument', ['user', 'add', 'ann', '--r'], ['--role']],
    ['the values of an option of a command', ['conform', '--tunnel', ''], ['http', 'ws']],
    ['shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['keys', ['--set', 'limits.maxSessionsPerU'], ['limits.maxSessionsPerUser=']],
    ['all values of a key', ['--set', 'tls.minVersion', '='], ['TLSv1.2', 'TLSv1.3']],
    ['a value of a key', ['--set', 'testPicture', '=', 't'], ['true']],
    ['nothing for the value of a number', ['--set', 'limits.maxSessions', '=', ''], []],
    ['nothing for the value of an option with any text', ['--host', ''], []],
  ])('offers %s', (_what, words, expected) => {
    expect(offers(...words)).toEqual(expected)
  })

  it.each([
    ['an option', (start: string) => ['--users-file', start]],
    ['an argument', (start: string) => ['config', 'check', start]],
  ])('offers files for %s that names one', (_what, wordsOf) => {
    const start = join(folder, 'compl')
    expect(offers(...wordsOf(start))).toEqual([script])
  })
})

describe('rtspool completion', () => {
  it.each(['bash', 'zsh', 'fish'])(
    'prints a script for %s with every key and option',
    async (shell) => {
      const output = new CollectedOutput()
      expect(completionCommand([shell], output)).toBe(0)
      const { stdout } = output.text
      for (const { name } of keysOf(keySchema())) expect(stdout).toContain(name)
      for (const { long = '' } of createCommand('1.2.3').options) {
        expect(stdout).toContain(shell === 'fish' ? ` -l ${long.slice(2)} ` : long)
      }
    },
  )

  it('ends with 2 for another shell', () => {
    const output = new CollectedOutput()
    expect(completionCommand(['tcsh'], output)).toBe(2)
    expect(output.text.stderr).toMatch(/bash, zsh, fish/)
  })

  it('knows every command that the help names', () => {
    let help = ''
    const command = createCommand('1.2.3').configureOutput({
      writeOut: (text) => {
        help += text
      },
    })
    command.outputHelp()
    const named = [...help.matchAll(/^rtspool ([a-z]+) /gm)].map(([, name]) => name)
    const known = all.commands.map(({ name }) => name)
    expect(named.length).toBeGreaterThan(4)
    expect(known).toEqual(expect.arrayContaining(named))
  })
})
