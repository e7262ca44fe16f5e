/** A session, as far as the page shows it. */
export interface SessionView {
  readonly publicId: string
  readonly state: string
  readonly action?: 'read' | 'publish'
  readonly paths: readonly string[]
  readonly address?: string
  readonly user?: string
  readonly userAgent?: string
  readonly transport?: string
  readonly createdTime: string
  readonly stats: {
    readonly bytesIn: number
    readonly bytesOut: number
    readonly packetsDropped: number
  }
}

/** A page of the list of sessions. */
export interface SessionPage {
  readonly sessions: readonly SessionView[]
  /** Absent on the last page. */
  readonly cursor?: string
}
