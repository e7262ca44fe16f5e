import type { BanView } from '../api/ban-view.js'

/** Explanations for the user why a ban was added, such as `failed logins`, by the names of the causes in the API. */
export const causeTexts: Readonly<Record<string, string>> = {
  added: 'added by hand',
  kicked: 'with the end of a session',
  failedLogins: 'failed logins',
  flapping: 'too many sessions',
}

/** Formats the subject of a ban: `user ann, path /cam`. */
export const subjectText = ({ user, address, path }: Pick<BanView, 'user' | 'address' | 'path'>) =>
  [user && `user ${user}`, address && `address ${address}`, path && `path ${path}`]
    .filter(Boolean)
    .join(', ')
