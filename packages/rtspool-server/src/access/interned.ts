import { createHash } from 'node:crypto'

/**
 * Pool with one object for equal options, as long as the object is in use anywhere. A reload of the configuration with
 * unchanged options thus finds the object unchanged.
 */
export class Interned<Value extends object> {
  /** Created objects by the hash of their options, because the options may contain secrets. */
  readonly #values = new Map<string, WeakRef<Value>>()

  /**
   * Returns the object that was created for equal options, or creates one.
   *
   * @param options - Options as text, such as JSON; equal texts are equal options.
   * @param create - Called only if no object for the options is in use.
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
