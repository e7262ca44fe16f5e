import { createHash } from 'node:crypto'

/**
 * Objects by the options that they were made from. The same options give the same object while
 * somebody uses it, so that checking other options in between changes nothing.
 */
export class Interned<Value extends object> {
  /** Objects by the hash of their options, which may contain secrets. */
  readonly #values = new Map<string, WeakRef<Value>>()

  /** @param options - Options as text. */
  get(options: string, create: () => Value): Value {
    const key = createHash('sha256').update(options).digest('base64')
    const known = this.#values.get(key)?.deref()
    if (known) return known
    for (const [other, value] of this.#values) {
      if (value.deref() === undefined) this.#values.delete(other)
    }
    const created = create()
    this.#values.set(key, new WeakRef(created))
    return created
  }
}
