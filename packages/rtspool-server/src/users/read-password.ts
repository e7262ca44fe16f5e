import type { Readable, Writable } from 'node:stream'

/** Maximum number of characters of a password. */
const maxLength = 1024

/** Terminal or pipe from which a command reads a new password, and the output for its questions. */
export interface PasswordSource {
  readonly input: Readable & {
    readonly isTTY?: boolean
    setRawMode?(raw: boolean): unknown
  }
  /**
   * Output on which the command asks for the password. The standard output stays free for results.
   */
  readonly output: Pick<Writable, 'write'>
  /** Cost of the scrypt hash under which the password is stored, as log2 of N. @default 15 */
  readonly logN?: number
}

/** Error for a password that cannot be used, or was not entered. */
export class PasswordError extends Error {
  override readonly name = 'PasswordError'
}

/**
 * Reads a new password: twice from a terminal, without echo, else the first line of the input.
 *
 * @throws {PasswordError} The message gives the reason, and never shows a password.
 */
export async function readNewPassword({ input, output }: PasswordSource): Promise<string> {
  if (!input.isTTY) return checked(await firstLine(input))
  const password = checked(await typedLine(input, output, 'Password: '))
  const again = await typedLine(input, output, 'Password again: ')
  if (again !== password) throw new PasswordError('the two passwords differ')
  return password
}

function checked(password: string): string {
  if (password === '') throw new PasswordError('the password is empty')
  if (password.length > maxLength) {
    throw new PasswordError(`the password is longer than ${maxLength} characters`)
  }
  if (/\p{Cc}/u.test(password)) throw new PasswordError('the password has a control character')
  return password
}

async function firstLine(input: Readable): Promise<string> {
  input.setEncoding('utf8')
  let text = ''
  for await (const chunk of input) {
    text += String(chunk)
    if (text.includes('\n') || text.length > maxLength + 2) break
  }
  return text.split(/\r?\n/, 1)[0] ?? ''
}

const enter = /^[\r\n]$/
const interrupt = '\u0003'
const endOfInput = '\u0004'
const erase = /^[\u007f\b]$/
const eraseAll = '\u0015'

/** Reads a line from a terminal without showing the typed characters. */
function typedLine(
  input: PasswordSource['input'],
  output: PasswordSource['output'],
  question: string,
): Promise<string> {
  output.write(question)
  input.setRawMode?.(true)
  input.setEncoding('utf8')
  return new Promise<string>((resolve, reject) => {
    let typed: readonly string[] = []
    const end = (error?: PasswordError): void => {
      input.off('data', read).off('end', given)
      input.pause()
      input.setRawMode?.(false)
      output.write('\n')
      if (error) reject(error)
      else resolve(typed.join(''))
    }
    const given = (): void => end(new PasswordError('no password was given'))
    const read = (text: string): void => {
      const keys = [...text]
      for (const [index, key] of keys.entries()) {
        if (key === interrupt || key === endOfInput || enter.test(key)) {
          if (enter.test(key)) end()
          else given()
          // Pasted text may contain the next line already.
          const rest = keys.slice(index + 1).join('')
          if (rest !== '') input.unshift(rest)
          return
        }
        if (erase.test(key)) typed = typed.slice(0, -1)
        else if (key === eraseAll) typed = []
        else typed = [...typed, key]
      }
    }
    input.on('data', read).on('end', given)
    input.resume()
  })
}
