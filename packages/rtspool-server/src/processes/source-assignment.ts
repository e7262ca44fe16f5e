/** Maximum number of paths without a source whose last owners are known. */
const maxFormer = 1000

/**
 * Assignment of sources to the child processes: each path of a source has one owner, which alone connects to the camera or
 * runs the program. An owner keeps its paths until its process ends.
 */
export class SourceAssignment {
  readonly #count: number
  readonly #owners = new Map<string, number>()
  /**
   * Last owners of paths that no configuration names any more, the oldest path first. An owner may still be ending the
   * program of a path.
   */
  readonly #former = new Map<string, number>()
  /** Paths that the configuration of each child names, by number of the child. */
  readonly #wanted = new Map<number, ReadonlySet<string>>()
  /** Numbers of children that have ended, and have not named their paths since. */
  readonly #ended = new Set<number>()

  /** @param count - Number of child processes, which are numbered from 1. */
  constructor(count: number) {
    this.#count = count
  }

  /** Numbers of the owners by path. */
  get owners(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#owners)
  }

  /** Notes the paths of all sources in the configuration of a child. A path without an owner gets one. */
  want(child: number, paths: readonly string[]): void {
    this.#ended.delete(child)
    this.#wanted.set(child, new Set(paths))
    this.#assign()
  }

  /** Gives the paths of a child that has ended to the others. */
  end(child: number): void {
    this.#ended.add(child)
    this.#wanted.delete(child)
    for (const [path, owner] of this.#owners) if (owner === child) this.#owners.delete(path)
    this.#assign()
  }

  /**
   * Gives each path without an owner to its former one, or else to the child with the fewest paths. A child that still
   * starts counts, too.
   */
  #assign(): void {
    const paths = new Set([...this.#wanted.values()].flatMap((each) => [...each]))
    for (const [path, owner] of this.#owners) if (!paths.has(path)) this.#forget(path, owner)
    const numbers = Array.from({ length: this.#count }, (_, index) => index + 1)
    const shares = new Map(
      numbers.filter((number) => !this.#ended.has(number)).map((number) => [number, 0]),
    )
    for (const owner of this.#owners.values()) shares.set(owner, (shares.get(owner) ?? 0) + 1)
    for (const path of [...paths].sort()) {
      if (this.#owners.has(path)) continue
      const [least] = [...shares].sort(([, one], [, other]) => one - other)
      if (least === undefined) return
      const former = this.#former.get(path) ?? 0
      const number = shares.has(former) ? former : least[0]
      this.#former.delete(path)
      this.#owners.set(path, number)
      shares.set(number, (shares.get(number) ?? 0) + 1)
    }
  }

  #forget(path: string, owner: number): void {
    this.#owners.delete(path)
    this.#former.set(path, owner)
    const [oldest] = this.#former.keys()
    if (this.#former.size > maxFormer && oldest !== undefined) this.#former.delete(oldest)
  }
}
