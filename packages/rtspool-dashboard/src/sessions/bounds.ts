/** Limits on the life of one session that the user can change: timeout in seconds, and end. */
export interface Bounds {
  readonly timeoutSeconds: number
  /** End of the session, in seconds since 1970; `null` = never. */
  readonly expiresAt: number | null
}

/** Texts of the form's fields for the limits of a session. */
export interface BoundsText {
  readonly timeoutSeconds: string
  /** Local time in the format of `<input type="datetime-local">`; empty = never. */
  readonly expiresAt: string
}

/** Returns the limits of a session whose fields the user has changed, as the API needs them. */
export function changedBounds(before: BoundsText, after: BoundsText): Partial<Bounds> {
  return {
    ...(after.timeoutSeconds !== before.timeoutSeconds && {
      timeoutSeconds: Number(after.timeoutSeconds),
    }),
    ...(after.expiresAt !== before.expiresAt && {
      expiresAt: after.expiresAt === '' ? null : Date.parse(after.expiresAt) / 1000,
    }),
  }
}

/** Returns the texts of the form's fields for the present limits of a session. */
export const boundsText = (session: {
  readonly timeoutSeconds: number
  readonly expiresAt?: number
}): BoundsText => ({
  timeoutSeconds: String(session.timeoutSeconds),
  expiresAt: session.expiresAt === undefined ? '' : localTime(1000 * session.expiresAt),
})

/**
 * Formats a time (milliseconds since 1970) as the value of `<input type="datetime-local">`, in local time to the
 * second.
 */
function localTime(milliseconds: number): string {
  const offsetMs = new Date(milliseconds).getTimezoneOffset() * 60_000
  return new Date(milliseconds - offsetMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)
}
