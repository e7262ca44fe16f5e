import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readNewPassword } from '../../src/users/read-password.js'

/** A terminal with somebody who types. */
class Terminal {
  readonly raw: boolean[] = []
  shown = ''
  readonly input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => this.raw.push(raw),
  })
  readonly output = {
    write: (text: string) => {
      this.shown += text
      return true
    },
  }
}

async function typed(...keys: string[]) {
  const terminal = new Terminal()
  for (const each of keys) terminal.input.write(each)
  try {
    return { terminal, password: await readNewPassword(terminal) }
  } catch (error) {
    return { terminal, message: (error as Error).message }
  }
}

describe('a password from a terminal', () => {
  it('is typed twice and never shown', { tags: 'B-SECR' }, async () => {
    const { terminal, password } = await typed('s3', 'cret\r', 's3cret\r')
    expect(password).toBe('s3cret')
    expect(terminal.shown).toBe('Password: \nPassword again: \n')
    expect(terminal.raw).toEqual([true, false, true, false])
  })

  it.each([
    ['both lines at once', ['secret\nsecret\n']],
    ['erased characters', ['sex\u007fcc\bret\r', 'secret\r']],
    ['an erased line', ['other\u0015secret\r', 'secret\r']],
  ])('may have %s', async (_, keys) => {
    expect((await typed(...keys)).password).toBe('secret')
  })

  it('keeps letters of any alphabet whole', async () => {
    const bytes = Buffer.from('пароль🔑\r')
    const terminal = new Terminal()
    for (const byte of [...bytes, ...bytes]) terminal.input.write(Buffer.of(byte))
    expect(await readNewPassword(terminal)).toBe('пароль🔑')
  })

  it.each([
    ['differ', ['one\r', 'two\r'], 'the two passwords differ'],
    ['are left with Ctrl-C', ['one\u0003'], 'no password was given'],
    ['are left with Ctrl-D', ['one\r', '\u0004'], 'no password was given'],
    ['are empty', ['\r'], 'the password is empty'],
  ])('is refused where the two %s', async (_, keys, message) => {
    const outcome = await typed(...keys)
    expect(outcome.message).toBe(message)
    expect(outcome.terminal.raw.at(-1)).toBe(false)
  })
})

describe('a password from a pipe', () => {
  it.each([
    ['secret\n', 'secret'],
    ['secret', 'secret'],
    [' with spaces \r\nand more', ' with spaces '],
  ])('is the first line of %j', async (text, password) => {
    const input = new PassThrough()
    input.end(text)
    expect(await readNewPassword({ input, output: new PassThrough() })).toBe(password)
  })
})
