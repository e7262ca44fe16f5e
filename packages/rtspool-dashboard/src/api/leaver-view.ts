import type { ReceptionView, SessionFigures, SessionView } from './session-view.js'

/** A session that has left, as far as the page shows it. */
export interface LeaverView
  extends Pick<
    SessionView,
    'publicId' | 'state' | 'paths' | 'address' | 'user' | 'userAgent' | 'transport' | 'createdTime'
  > {
  readonly endedTime: string
  readonly durationSeconds: number
  readonly reason: string
  readonly note?: string
  readonly stats: SessionFigures
  readonly receptions: readonly (ReceptionView & { readonly track: number })[]
}
