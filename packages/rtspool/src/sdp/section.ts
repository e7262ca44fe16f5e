/** Line `type=value` of a session description, without its line end. */
export interface SdpLine {
  /** Type of the line, one letter: `v`, `o`, `s`, `a`, …, or a letter outside the standards. */
  readonly type: string
  /** Text of the line after its first `=`, unchanged. */
  readonly value: string
}

/**
 * Order of the types of lines in a session description (RFC 8866 sections 5 and 9), for the session level and for
 * media.
 */
const legalOrder = 'vosmiuepcbtrzka'

/**
 * Lines of the session level, or of one media below its `m=` line, in the received order.
 *
 * Lines that the library does not use stay in place, so that a relayed description keeps all lines
 * of the publisher.
 */
export class SdpSection {
  /** Lines of the section, which may be edited. */
  readonly lines: SdpLine[]

  constructor(lines: readonly SdpLine[] = []) {
    this.lines = [...lines]
  }

  /**
   * Returns the value of the first line of a type, e.g. `value('s')` for the session's name; `undefined` without one.
   */
  value(type: string): string | undefined {
    return this.lines.find((line) => line.type === type)?.value
  }

  /**
   * Replaces the first line of a type in place, or inserts one at its position in RFC 8866 section
   * 5.
   */
  setValue(type: string, value: string): void {
    const index = this.lines.findIndex((line) => line.type === type)
    if (index === -1) this.#insert({ type, value })
    else this.lines[index] = { type, value }
  }

  /** Removes every line of a type, such as `b`. */
  removeValues(type: string): void {
    this.#removeWhere((line) => line.type === type)
  }

  /**
   * Returns the value of the first `a=name:value`; `''` for a bare `a=name`; `undefined` without
   * one.
   */
  attribute(name: string): string | undefined {
    for (const line of this.lines) {
      const value = attributeValue(line, name)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** Returns the values of all `a=name…` lines, in order; `''` for a bare `a=name`. */
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
   * Replaces the first `a=name…` line in place, or adds one at the end; other lines of the name
   * stay.
   *
   * @param value - Leave it out for a bare `a=name`, e.g. `a=recvonly`.
   */
  setAttribute(name: string, value?: string): void {
    const index = this.lines.findIndex((line) => attributeValue(line, name) !== undefined)
    if (index === -1) this.addAttribute(name, value)
    else this.lines[index] = attributeLine(name, value)
  }

  /** Adds an `a=name…` line to the section, after the existing attribute lines. */
  addAttribute(name: string, value?: string): void {
    this.#insert(attributeLine(name, value))
  }

  /** Removes every `a=name…` line. */
  removeAttributes(name: string): void {
    this.#removeWhere((line) => attributeValue(line, name) !== undefined)
  }

  /** Returns a copy of this section. Changes of the copy do not change the original. */
  clone(): SdpSection {
    return new SdpSection(this.lines)
  }

  /**
   * Inserts a line at its place in the order of types: after all lines that come before it. A line
   * of unknown type is added at the end.
   */
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
