import type { PublicList } from './public-list.js'

/** Keeps live objects by public id, and lists them. */
export class PublicMap<T extends { readonly publicId: string }> implements PublicList<T> {
  readonly #things = new Map<string, T>()

  get size(): number {
    return this.#things.size
  }

  get(publicId: string): T | undefined {
    return this.#things.get(publicId)
  }

  has({ publicId }: T): boolean {
    return this.#things.has(publicId)
  }

  add(thing: T): void {
    this.#things.set(thing.publicId, thing)
  }

  delete({ publicId }: T): void {
    this.#things.delete(publicId)
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#things.values()
  }
}
