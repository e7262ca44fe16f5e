/** One `type=value` line, without its line end. */
export interface SdpLine {
  /** One letter: `v`, `o`, `s`, `a`, … or a letter that no standard knows. */
  readonly type: string
  /** Everything after the first `=`, unchanged. */
  readonly value: string
}

/** RFC 8866 section 5 and 9: the session's order and the media's are both parts of this one. */
const legalOrder = 'vosmiuepcbtrzka'

/**
 * The lines of the session level, or of one media below its `m=` line, in the order they came.
 *
 * Lines that mean nothing to the library stay where they are, so that a relayed description keeps
 * what the publisher wrote.
 */
export class SdpSection {
  /** Every line; free to be edited. */
  readonly lines: SdpLine[]

  constructor(lines: readonly SdpLine[] = []) {
    this.lines = [...lines]
  }

  /** Value of the first line of a type, e.g. `value('s')` for the session's name. */
  value(type: string): string | undefined {
    return this.lines.find((line) => line.type === type)?.value
  }

  /** Replaces the first line of a type in place, or adds one where RFC 8866 section 5 wants it. */
  setValue(type: string, value: string): void {
    const index = this.lines.findIndex((line) => line.type === type)
    if (index === -1) this.#insert({ type, value })
    else this.lines[index] = { type, value }
  }

  /** Removes every line of a type. */
  removeValues(type: string): void {
    this.#removeWhere((line) => line.type === type)
  }

  /** Value of the first `a=name:value`; `''` for a bare `a=name`; `undefined` when there is none. */
  attribute(name: string): string | undefined {
    for (const line of this.lines) {
      const value = attributeValue(line, name)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** Values of every `a=name…` line, in order. */
  attributes(name: string): string[] {
    const values: string[] = []
    for (const line of this.lines) {
      const value = attributeValue(line, name)
      if (value !== undefined) values.push(value)
    }
    return values
  }

  hasAttribute(name: string): boolean {
    return this.attribute(name) !== undefined
  }

  /**
   * Replaces the first `a=name…` line in place, or adds one at the end; others of the name stay.
   *
   * @param value - Leave out for a bare `a=name`, e.g. `a=recvonly`.
   */
  setAttribute(name: string, value?: string): void {
    const index = this.lines.findIndex((line) => attributeValue(line, name) !== undefined)
    if (index === -1) this.addAttribute(name, value)
    else this.lines[index] = attributeLine(name, value)
  }

  /** Adds an `a=name…` line after those that are there. */
  addAttribute(name: string, value?: string): void {
    this.#insert(attributeLine(name, value))
  }

  /** Removes every `a=name…` line. */
  removeAttributes(name: string): void {
    this.#removeWhere((line) => attributeValue(line, name) !== undefined)
  }

  /** A copy that can be edited without touching this one. */
  clone(): SdpSection {
    return new SdpSection(this.lines)
  }

  /** After the last line whose type comes no later than the new one's. */
  #insert(line: SdpLine): void {
    const rank = legalOrder.indexOf(line.type)
    const before =
      rank === -1
        ? this.lines.length - 1
        : this.lines.findLastIndex(({ type }) => {
            const otherRank = legalOrder.indexOf(type)
            return otherRank !== -1 && otherRank <= rank
          })
    this.lines.splice(before + 1, 0, line)
  }

  #removeWhere(isUnwanted: (line: SdpLine) => boolean): void {
    let kept = 0
    for (const line of this.lines) if (!isUnwanted(line)) this.lines[kept++] = line
    this.lines.length = kept
  }
}

function attributeLine(name: string, value: string | undefined): SdpLine {
  return { type: 'a', value: value === undefined ? name : `${name}:${value}` }
}

function attributeValue(line: SdpLine, name: string): string | undefined {
  if (line.type !== 'a' || !line.value.startsWith(name)) return undefined
  if (line.value.length === name.length) return ''
  return line.value[name.length] === ':' ? line.value.slice(name.length + 1) : undefined
}
