import type { ClusterAnswer } from './node/cluster-answers.js'
import type { ClusterSessions } from './node/cluster-sessions.js'
import type { MailRoom } from './node/mail-room.js'
import type { ClusterNodeName } from './node/session-pages.js'

/** Facts that a node of a cluster tells of itself. @experimental */
export interface ClusterReport extends ClusterNodeName {
  /** Value of the node's {@link ClusterReports.provide}, after a way through JSON; `null` = the node tells nothing. */
  readonly facts: unknown
}

/** Answer of {@link ClusterReports.list}: the own report first. @experimental */
export interface ClusterReportList extends ClusterAnswer {
  readonly reports: readonly ClusterReport[]
}

const request = 'reports.list'

/**
 * Facts that the nodes of a cluster tell of themselves, such as their versions. The application chooses the facts.
 *
 * @experimental
 */
export class ClusterReports {
  readonly #sessions: ClusterSessions
  #facts: () => unknown = () => null
  #listing: Promise<ClusterReportList> | undefined

  /** Answers the requests of other nodes from now on. @internal */
  constructor(sessions: ClusterSessions, mail: MailRoom) {
    this.#sessions = sessions
    mail.handle(request, () => this.#facts())
  }

  /**
   * Sets the function that returns the facts about this node.
   *
   * @param facts - Returns a value that JSON can express. Called for each request.
   */
  provide(facts: () => unknown): void {
    this.#facts = facts
  }

  /**
   * Asks all nodes for their facts, and waits for them as {@link ClusterSessions} does. Callers at the same time share
   * one answer. Facts of another node may come from another version of the program.
   */
  list(): Promise<ClusterReportList> {
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined
    })
    return this.#listing
  }

  async #list(): Promise<ClusterReportList> {
    const sessions = this.#sessions
    const own = { ...sessions.here, facts: this.#facts() }
    const { heard, unheard } = await sessions.ask(
      request,
      () => null,
      (facts, { tag, name }) => ({ tag, name, facts }),
    )
    return { reports: [own, ...heard], unheard }
  }
}
