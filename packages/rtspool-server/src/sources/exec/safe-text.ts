/** Maximum number of characters of a line of a program that is logged. */
const maxLineLength = 500
/** Minimum length of a secret that is searched in texts. Shorter ones occur by chance. */
const minSecretLength = 4

/** Matches control characters, line separators, and characters that change the direction of text. */
const unsafe = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const word = /\S+/g

/**
 * Returns a text that is safe to log: control characters become escape sequences, credentials in URLs become `…`. Cuts
 * the text after 500 characters.
 *
 * @param secrets - Further texts to replace by `…`; those below 4 characters stay.
 */
export function safeText(text: string, secrets: readonly string[] = []): string {
  const hidden = secrets
    .filter((secret) => secret.length >= minSecretLength)
    // One may be the beginning of another.
    .sort((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text.replace(word, withoutUserinfo))
  const escaped = hidden.replace(unsafe, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return escaped.length > maxLineLength ? `${escaped.slice(0, maxLineLength - 1)}…` : escaped
}

/** Hides what may be credentials in a word with a URL: all up to the last `@`, because some passwords have `/` or `@`. */
function withoutUserinfo(text: string): string {
  const [start, end] = [text.indexOf('://'), text.lastIndexOf('@')]
  return start < 0 || end < start ? text : `${text.slice(0, start + 3)}…${text.slice(end)}`
}

/** Maximum bytes of a line without an end, above which the line is cut. */
const maxPendingBytes = 4096

/** Splits the error output of a program into lines. A carriage return ends a line too. */
export class LineReader {
  readonly #onLine: (line: string) => void
  #pending = ''
  readonly #decoder = new TextDecoder()

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#pending + this.#decoder.decode(chunk, { stream: true })).split(/[\r\n]+/)
    this.#pending = lines.pop() ?? ''
    for (const line of lines) this.#send(line)
    if (this.#pending.length > maxPendingBytes) this.flush()
  }

  flush(): void {
    this.#send(this.#pending)
    this.#pending = ''
  }

  #send(line: string): void {
    if (line.trim() !== '') this.#onLine(line.trimEnd())
  }
}
