import { createHash } from 'node:crypto'

/**
 * Returns one object for equal options, as long as the object is in use anywhere. A reload with
 * unchanged options thus finds the object unchanged.
 */
export class Interned<Value extends object> {
  /** Created objects by the hash of their options, because the options may contain secrets. */
  readonly #values = new Map<string, WeakRef<Value>>()

  /**
   * Returns the object for some options, or creates it.
   *
   * @param options - Options as text.
   */
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
